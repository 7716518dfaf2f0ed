package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/sekisho-waf/sekisho"
)

// Local is the state of one machine: files in a directory, and a bus inside the process.
//
// Several processes may have one directory open. They share overrides and the snapshot at once, because each call goes to
// the files, but not the bus: what one publishes, the other does not hear.
type Local struct {
	dir string

	mu          sync.Mutex
	subscribers map[string]map[*mailbox]bool // by topic
	closed      bool

	running sync.WaitGroup // subscriptions
	stop    chan struct{}  // closed by Close
	dropped atomic.Uint64
}

var _ State = (*Local)(nil)

const (
	overridesFile = "overrides"
	snapshotFile  = "snapshot"
	lockFile      = "lock"

	temporaryMark = ".tmp-"
)

// OpenLocal opens the state in dir and creates the directory if it is missing. KindInvalid: the directory cannot be written
// or a file in it is damaged; the message names it and the way out.
func OpenLocal(dir string) (*Local, error) {
	l := &Local{dir: dir, subscribers: map[string]map[*mailbox]bool{}, stop: make(chan struct{})}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, l.unusable(err)
	}
	err := l.locked(func() error {
		l.sweep()
		_, err := l.Override(context.Background())
		return err
	})
	if err != nil {
		return nil, l.unusable(err)
	}
	return l, nil
}

func (l *Local) unusable(err error) error {
	if _, ok := errors.AsType[*sekisho.Error](err); ok {
		return err
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return &sekisho.Error{Kind: sekisho.KindInvalid, Op: "opening the state", Msg: fmt.Sprintf(
		"state directory %s cannot be used (%v): give the user that runs sekisho the right to write there, or choose another --data-dir", l.dir, err)}
}

// sweep removes what a crash in the middle of write has left.
func (l *Local) sweep() {
	for _, pattern := range []string{"*" + temporaryMark + "*", filepath.Join("*", "*"+temporaryMark+"*")} {
		left, _ := filepath.Glob(filepath.Join(l.dir, pattern)) // the pattern is well-formed
		for _, file := range left {
			_ = os.Remove(file) // next time, then
		}
	}
}

// Override implements [State].
func (l *Local) Override(context.Context) (Overrides, error) {
	var overrides Overrides
	content, err := l.read(overridesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return overrides, nil
	}
	if err == nil {
		if jsonErr := json.Unmarshal(content, &overrides); jsonErr != nil {
			err = l.damaged(overridesFile, jsonErr)
		}
	}
	if err != nil {
		return Overrides{}, fmt.Errorf("reading overrides: %w", err)
	}
	return overrides, nil
}

// SetOverride implements [State].
func (l *Local) SetOverride(ctx context.Context, site sekisho.SiteID, mode *sekisho.Mode) error {
	err := validMode(mode)
	if err == nil {
		err = l.locked(func() error {
			overrides, err := l.Override(ctx)
			if err != nil {
				return err
			}
			overrides.set(site, mode)
			content, err := json.Marshal(overrides)
			if err != nil {
				return err
			}
			return l.write(overridesFile, content)
		})
	}
	if err != nil {
		return fmt.Errorf("setting an override: %w", err)
	}
	return nil
}

// PutSnapshot implements [State].
func (l *Local) PutSnapshot(_ context.Context, snapshot []byte) error {
	if err := l.locked(func() error { return l.write(snapshotFile, snapshot) }); err != nil {
		return fmt.Errorf("storing the snapshot: %w", err)
	}
	return nil
}

// Snapshot implements [State].
func (l *Local) Snapshot(context.Context) ([]byte, error) {
	content, err := l.read(snapshotFile)
	if errors.Is(err, fs.ErrNotExist) {
		err = sekisho.NotFound("snapshot")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the snapshot: %w", err)
	}
	return content, nil
}

// locked lets one caller at a time, of all processes, change the files: an override that is set by one command line must
// not vanish under another's.
func (l *Local) locked(change func() error) error {
	file, err := os.OpenFile(filepath.Join(l.dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer file.Close() // which unlocks
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("locking %s: %w", file.Name(), err)
	}
	return change()
}

func (l *Local) read(name string) ([]byte, error) {
	sealed, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		return nil, err
	}
	content, err := unseal(sealed)
	if err != nil {
		return nil, l.damaged(name, err)
	}
	return content, nil
}

func (l *Local) damaged(name string, err error) error {
	wayOut := "remove that file; sekisho writes it anew"
	if name == overridesFile {
		wayOut = "remove that file and set the overriding modes again"
	}
	return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: filepath.Join(l.dir, name) + " is damaged: " + wayOut}
}

// write replaces a file, so that a crash or a full disk leaves the old content or the new, and never a part.
func (l *Local) write(name string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(filepath.Join(l.dir, name)), filepath.Base(name)+temporaryMark+"*") // with mode 0600
	if err != nil {
		return l.unavailable(err)
	}
	defer os.Remove(file.Name()) // after the rename there is nothing to remove
	_, err = file.Write(seal(content))
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(l.dir, name))
	}
	if err == nil {
		err = l.syncDir(filepath.Dir(name)) // or a power cut could take the rename back
	}
	if err != nil {
		return l.unavailable(err)
	}
	return nil
}

func (l *Local) syncDir(name string) error {
	dir, err := os.Open(filepath.Join(l.dir, name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func (l *Local) unavailable(err error) error {
	return &sekisho.Error{
		Kind: sekisho.KindUnavailable, Err: err,
		Msg: fmt.Sprintf("state directory %s cannot be written: look at the disk and at its rights", l.dir),
	}
}
