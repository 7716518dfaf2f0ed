package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/backup"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// BackedUp counts what a backup holds.
type BackedUp struct {
	Header      backup.Header
	Rows, Files int
}

// notInBackup are the entries of a data directory that are of the running process, or are in a backup as records. What
// waits in the spool is on its way to the records; a restored installation begins a new one.
func notInBackup(name string) bool {
	switch name {
	case "serve.lock", "sekisho.sock", "spool", "aside", "sekisho.db", "sekisho.db-wal", "sekisho.db-shm":
		return true
	}
	return strings.HasPrefix(name, beforeRestore) || strings.HasPrefix(name, restoring)
}

const (
	beforeRestore = "before-restore-"
	restoring     = ".restoring-"
)

// Backup writes the records, keys, certificates and state to a new file that opens with the passphrase. It may run beside a
// process that serves: the records are those of one moment, and each file is whole. KindConflict: the file is there already.
func Backup(ctx context.Context, cfg config.Config, file, passphrase string, log *slog.Logger) (done BackedUp, err error) {
	if _, err := os.Stat(cfg.DataDir); err != nil {
		return done, sekisho.Invalid("data_dir " + cfg.DataDir + ": not there; give the directory of `sekisho serve`")
	}
	if _, err := os.Lstat(file); err == nil {
		return done, &sekisho.Error{Kind: sekisho.KindConflict, Msg: file + " is there already: give the backup another name"}
	}
	records, err := openRecords(ctx, cfg, log)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	out, err := os.CreateTemp(filepath.Dir(file), ".sekisho-backup-")
	if err != nil {
		return done, unwritable(file, err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	done.Header = backup.Header{Schema: store.Newest(), Program: Version(), Created: time.Now().UTC().Truncate(time.Second)}
	w, err := backup.Create(out, done.Header, passphrase)
	if err != nil {
		return done, err
	}
	err = records.Dump(ctx, func(row store.Row) error {
		done.Rows++
		values := make([]backup.Value, len(row.Values))
		for i, v := range row.Values {
			values[i].V = v
		}
		return w.Put(backup.Entry{Table: row.Table, Columns: row.Columns, Values: values})
	})
	if err != nil {
		return done, err
	}
	if done.Files, err = putFiles(w, cfg.DataDir); err != nil {
		return done, err
	}
	if err := w.Close(); err != nil {
		return done, err
	}
	if err := errors.Join(out.Sync(), os.Rename(out.Name(), file)); err != nil {
		return done, unwritable(file, err)
	}
	return done, nil
}

func unwritable(file string, err error) error {
	return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: file + " cannot be written: give a file in a directory with room that this user can write", Err: err}
}

// filePiece is how much of a file one entry holds.
const filePiece = 1 << 20

func putFiles(w *backup.Writer, dir string) (files int, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, fmt.Errorf("reading the data directory: %w", err)
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // a temporary file of a running process
			return nil
		case err != nil:
			return err
		case path != "." && !strings.Contains(path, "/") && notInBackup(path):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular() || strings.Contains(entry.Name(), ".tmp-"):
			return nil
		}
		in, err := root.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer in.Close()
		info, err := in.Stat()
		if err != nil {
			return err
		}
		files++
		piece := make([]byte, filePiece)
		for first := true; ; first = false {
			n, err := io.ReadFull(in, piece)
			if n > 0 || first {
				if err := w.Put(backup.Entry{File: path, Mode: uint32(info.Mode().Perm()), Data: piece[:n]}); err != nil {
					return err
				}
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	if err != nil {
		return files, fmt.Errorf("reading the data directory: %w", err)
	}
	return files, nil
}

// Restore brings a backup back: its files into the data directory, its records into the database of cfg, which may be
// another kind than the one they came from. The whole file is read before anything is changed.
//
// KindConflict: the directory is in use, or not empty without replace (with it, what is there moves to a folder beside),
// or the database has records, or the backup is of a newer Sekisho. KindInvalid: the backup is damaged, or the passphrase is
// another one.
func Restore(ctx context.Context, cfg config.Config, file, passphrase string, replace bool, log *slog.Logger) (done BackedUp, err error) {
	if err := eachEntry(file, passphrase, &done.Header, func(backup.Entry) error { return ctx.Err() }); err != nil {
		return done, err
	}
	unlock, err := lockDataDir(cfg.DataDir)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	old, err := oldEntries(cfg.DataDir)
	if err != nil {
		return done, err
	}
	if len(old) > 0 && !replace {
		return done, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("data_dir %s is not empty (%s): give another directory, or --replace to put what is there aside", cfg.DataDir, old[0])}
	}
	aside, err := os.MkdirTemp(cfg.DataDir, restoring)
	if err != nil {
		return done, fmt.Errorf("preparing the restore: %w", err)
	}
	defer os.RemoveAll(aside)
	if err := restoreInto(ctx, cfg, aside, file, passphrase, &done, log); err != nil {
		return done, err
	}
	before := beforeRestore + time.Now().UTC().Format("20060102T150405")
	if len(old) > 0 {
		if err := os.Mkdir(filepath.Join(cfg.DataDir, before), 0o700); err != nil {
			return done, fmt.Errorf("putting the old data aside: %w", err)
		}
	}
	for _, name := range old {
		if err := os.Rename(filepath.Join(cfg.DataDir, name), filepath.Join(cfg.DataDir, before, name)); err != nil {
			return done, fmt.Errorf("putting the old data aside: %w", err)
		}
	}
	entries, err := os.ReadDir(aside)
	if err != nil {
		return done, fmt.Errorf("putting the restored data in place: %w", err)
	}
	for _, entry := range entries {
		if err := os.Rename(filepath.Join(aside, entry.Name()), filepath.Join(cfg.DataDir, entry.Name())); err != nil {
			return done, fmt.Errorf("putting the restored data in place: %w", err)
		}
	}
	return done, nil
}

// oldEntries are those of a data directory that a restore would mix with its own.
func oldEntries(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the data directory: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if name != "serve.lock" && name != "sekisho.sock" && !strings.HasPrefix(name, beforeRestore) && !strings.HasPrefix(name, restoring) {
			names = append(names, name)
		}
	}
	return names, nil
}

// eachEntry reads a backup to its end.
func eachEntry(file, passphrase string, header *backup.Header, do func(backup.Entry) error) error {
	in, err := os.Open(file)
	if err != nil {
		return sekisho.Invalid(file + " cannot be read: look at its name and its rights")
	}
	defer in.Close()
	r, err := backup.Open(in, passphrase)
	if err != nil {
		return err
	}
	if *header = r.Header; r.Header.Schema > store.Newest() {
		return &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("the backup is of schema %d, and this sekisho knows schemas up to %d: use the newer sekisho that wrote it", r.Header.Schema, store.Newest())}
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(e); err != nil {
			return err
		}
	}
}

// restoreInto writes a backup's files to dir, and its records to the database of cfg, or to one in dir.
func restoreInto(ctx context.Context, cfg config.Config, dir, file, passphrase string, done *BackedUp, log *slog.Logger) (err error) {
	root, err := os.OpenRoot(dir) // a name in a backup leads nowhere else
	if err != nil {
		return err
	}
	defer root.Close()
	records, err := store.OpenEmpty(ctx, dir, string(cfg.DatabaseURL), done.Header.Schema, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()

	rows, ended := make(chan store.Row), make(chan error, 1)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	files := map[string]bool{}
	go func() {
		defer close(rows)
		var header backup.Header
		ended <- eachEntry(file, passphrase, &header, func(e backup.Entry) error {
			if e.File != "" {
				return putFile(root, e, files)
			}
			row := store.Row{Table: e.Table, Columns: e.Columns, Values: make([]any, len(e.Values))}
			for i, v := range e.Values {
				row.Values[i] = v.V
			}
			select {
			case rows <- row:
				return nil
			case <-reading.Done():
				return reading.Err()
			}
		})
	}()
	err = records.Load(ctx, func() (store.Row, error) {
		row, more := <-rows
		if !more {
			return store.Row{}, <-ended
		}
		done.Rows++
		return row, nil
	})
	stop()
	for range rows { // until the reader has ended
	}
	done.Files = len(files)
	return err
}

func putFile(root *os.Root, e backup.Entry, seen map[string]bool) error {
	if i := strings.LastIndexByte(e.File, '/'); i > 0 {
		if err := root.MkdirAll(e.File[:i], 0o700); err != nil {
			return fmt.Errorf("restoring %s: %w", e.File, err)
		}
	}
	flags := os.O_WRONLY | os.O_APPEND
	if !seen[e.File] {
		seen[e.File] = true
		flags |= os.O_CREATE | os.O_EXCL
	}
	out, err := root.OpenFile(e.File, flags, fs.FileMode(e.Mode)&0o700)
	if err != nil {
		return fmt.Errorf("restoring %s: %w", e.File, err)
	}
	_, err = out.Write(e.Data)
	return errors.Join(err, out.Close())
}
