package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Keep implements [State]. A shelf is a directory, a key a file in it.
func (l *Local) Keep(_ context.Context, shelf, key string, content []byte) error {
	err := validName(shelf, key)
	if err == nil {
		err = l.locked(func() error { return l.keep(shelf, key, content) })
	}
	if err != nil {
		return fmt.Errorf("keeping %s in %s: %w", key, shelf, err)
	}
	return nil
}

func (l *Local) keep(shelf, key string, content []byte) error {
	if err := os.MkdirAll(filepath.Join(l.dir, shelf), 0o700); err != nil {
		return l.unavailable(err)
	}
	return l.write(filepath.Join(shelf, key), content)
}

// Kept implements [State].
func (l *Local) Kept(_ context.Context, shelf, key string) (content []byte, err error) {
	if err = validName(shelf, key); err == nil {
		content, err = l.read(filepath.Join(shelf, key))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = sekisho.NotFound(key)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s of %s: %w", key, shelf, err)
	}
	return content, nil
}

// KeptKeys implements [State].
func (l *Local) KeptKeys(_ context.Context, shelf string) (keys []string, err error) {
	if err := validName(shelf); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(l.dir, shelf))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing %s: %w", shelf, l.unavailable(err))
	}
	for _, entry := range entries {
		if !strings.Contains(entry.Name(), temporaryMark) {
			keys = append(keys, entry.Name())
		}
	}
	return keys, nil
}

// Forget implements [State].
func (l *Local) Forget(_ context.Context, shelf, key string) error {
	err := validName(shelf, key)
	if err == nil {
		err = l.locked(func() error {
			err := os.Remove(filepath.Join(l.dir, shelf, key))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return l.unavailable(err)
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("forgetting %s of %s: %w", key, shelf, err)
	}
	return nil
}

const lockShelf = "locks"

// lease is who has a lock, and until when.
type lease struct {
	Holder string        `json:"holder"`
	Until  time.Time     `json:"until"`
	For    time.Duration `json:"for"`
}

// over reports whether the lease has ended. One that seems to last longer than it was given for was given before the
// clock was set back, and nobody can tell when it ends: it has ended.
func (l lease) over(now time.Time) bool {
	return !now.Before(l.Until) || l.Until.Sub(now) > l.For
}

// Lock implements [State].
func (l *Local) Lock(_ context.Context, name, holder string, duration time.Duration) (held bool, err error) {
	if err = validName(name); err == nil {
		err = l.locked(func() error {
			current, err := l.lease(name)
			if err != nil {
				return err
			}
			now := time.Now()
			if current.Holder != holder && !current.over(now) {
				return nil
			}
			content, err := json.Marshal(lease{Holder: holder, Until: now.Add(duration).Round(0), For: duration})
			if err == nil {
				err = l.keep(lockShelf, name, content)
			}
			held = err == nil
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("locking %s: %w", name, err)
	}
	return held, nil
}

// Unlock implements [State].
func (l *Local) Unlock(_ context.Context, name, holder string) error {
	err := validName(name)
	if err == nil {
		err = l.locked(func() error {
			current, err := l.lease(name)
			if err != nil || current.Holder != holder {
				return err
			}
			return os.Remove(filepath.Join(l.dir, lockShelf, name))
		})
	}
	if err != nil {
		return fmt.Errorf("unlocking %s: %w", name, err)
	}
	return nil
}

// lease reads who has a lock. A damaged file is nobody's lease: at worst two work at the same time for a while.
func (l *Local) lease(name string) (current lease, err error) {
	content, err := l.read(filepath.Join(lockShelf, name))
	if errors.Is(err, fs.ErrNotExist) || sekisho.KindOf(err) == sekisho.KindInvalid {
		return lease{}, nil
	}
	if err == nil && json.Unmarshal(content, &current) != nil {
		current = lease{}
	}
	return current, err
}
