package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/sekisho-waf/sekisho"
)

// lockDataDir makes the data directory where it is missing and takes it for this process alone. The lock is the
// kernel's (flock), so a killed process leaves none behind.
func lockDataDir(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, dataDirError(dir, "cannot be made; use a directory that this user can write", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "serve.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, dataDirError(dir, "cannot be written; check its owner and permissions", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("data_dir %s: another sekisho is using it; stop that one or give another --data-dir", dir)}
		}
		return nil, dataDirError(dir, "cannot be locked; use a local disk", err)
	}
	return file.Close, nil
}

func dataDirError(dir, message string, err error) error {
	return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: fmt.Sprintf("data_dir %s: %s", dir, message), Err: errors.Unwrap(err)}
}
