package incident

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Watched is a file of the operator's that comes into force without a restart. A file that cannot be used is refused
// whole, and the last good one stays: in this process, and, by a copy, over a restart.
type Watched struct {
	path  string
	keep  string
	most  int64
	load  func([]byte) error
	log   *slog.Logger
	stamp stamp

	mu      sync.Mutex // guards trouble
	trouble error
}

// stamp tells whether a file has changed since.
type stamp struct {
	size    int64
	changed time.Time
	id      any // of the file itself, so that one moved into place counts as changed
}

// watchEvery is how soon a changed file is seen.
const watchEvery = 2 * time.Second

// Watch reads the file at path and hands its content, of at most so many bytes, to load. When it cannot be used, the
// copy of the last good one in the directory keep is loaded instead; Trouble says why. It never fails: a list that was
// broken overnight must not keep a server from starting.
func Watch(path, keep string, most int64, load func([]byte) error, log *slog.Logger) *Watched {
	w := &Watched{path: path, keep: filepath.Join(keep, fmt.Sprintf("good-%08x-%s", number(filepath.Clean(path)), filepath.Base(path))), most: most, load: load, log: log}
	w.look(true)
	return w
}

// Run looks at the file every few seconds until ctx ends.
func (w *Watched) Run(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.look(false)
		}
	}
}

// Trouble says why the file as it stands is not in force; nil when it is. Safe for concurrent use.
func (w *Watched) Trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble
}

// look reads the file if it is another one than last time.
func (w *Watched) look(first bool) {
	seen, err := stampOf(w.path)
	if !first && seen == w.stamp {
		return
	}
	w.stamp = seen
	var content []byte
	if err == nil {
		if content, err = readUpTo(w.path, w.most); err == nil {
			err = w.load(content)
		}
	}
	w.mu.Lock()
	w.trouble = err
	w.mu.Unlock()
	switch {
	case err == nil:
		if err := writeWhole(w.keep, content); err != nil {
			w.log.Warn("copy of a good file not kept", slog.String("file", w.path), obs.Err(err))
		}
		w.log.Info("file in force", slog.String("file", w.path))
	case first:
		w.log.Error("file not in force", slog.String("file", w.path), obs.Err(err))
		if content, err := readUpTo(w.keep, w.most); err == nil && w.load(content) == nil {
			w.log.Warn("the last good copy is in force", slog.String("file", w.keep))
		}
	default:
		w.log.Error("changed file not in force, the last good one stays", slog.String("file", w.path), obs.Err(err))
	}
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, unreadable(path, err)
	}
	return stamp{size: info.Size(), changed: info.ModTime(), id: fileID(info)}, nil
}

func readUpTo(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > most {
		return nil, sekisho.Invalid(fmt.Sprintf("%s: %d bytes; use at most %d", path, info.Size(), most))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return content, nil
}

func unreadable(path string, err error) error {
	if reason, ok := errors.AsType[*fs.PathError](err); ok {
		err = reason.Err
	}
	return sekisho.Invalid(fmt.Sprintf("%s: cannot be read (%v); check the path and its permissions", path, err))
}

// writeWhole writes a file so that a reader, or a crash, finds the old content or the new, never half of it.
func writeWhole(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
