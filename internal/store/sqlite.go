package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	driver "modernc.org/sqlite"
	code "modernc.org/sqlite/lib"

	"github.com/sekisho-waf/sekisho"
)

const sqliteFile = "sekisho.db"

var sqlite = dialect{
	argument: '?',
	types: strings.NewReplacer("@text", "TEXT", "@integer", "INTEGER", "@bytes", "BLOB", "@options", "STRICT",
		"@event_key", "tenant, id", "@event_options", "STRICT"),
	tables: `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`,
	settle: switchToWAL,
	cause:  sqliteCause,
	says: map[cause]string{
		causeFull:        "no room left for %s: free some disk space",
		causeBusy:        "%s is kept busy by another process: try again",
		causeIO:          "%s cannot be read or written: look at the disk",
		causeForbidden:   "%s cannot be written: look at the rights of the file and its directory",
		causeDamaged:     "%s is damaged: stop sekisho and put a backup in its place",
		causeForeignFile: "%s is damaged: stop sekisho and put a backup in its place",
	},
	opening: map[cause]string{
		causeForeignFile: "%s is not a Sekisho database: move that file away, or choose another --data-dir",
		causeDamaged:     "%s is damaged: stop sekisho and put a backup in its place, or choose another --data-dir",
		causeForbidden:   "%s cannot be opened for writing: give the user that runs sekisho the right to write to it and to its directory, or choose another --data-dir",
	},
	elsewhere: "move that file away, or choose another --data-dir",
}

// busyTimeout is how long a writer waits for a writer of another process.
const busyTimeout = 5 * time.Second

// The settings of a connection. The writer syncs at every commit (FULL): a node forgets a spooled event once its commit has returned, so with NORMAL,
// which syncs at checkpoints only, a power cut could take the event from both places. It costs one fsync for a batch.
const (
	settings = "_busy_timeout=5000&_foreign_keys=1&_dqs=0&_defensive=1&_error_rc=1"
	writer   = settings + "&_synchronous=FULL&_txlock=immediate&_pragma=journal_size_limit(67108864)"
	reader   = settings + "&_query_only=1"
)

// switchToWAL lets readers go on while one writes (write-ahead log). The setting stays in the file.
//
// The switch needs the file for itself and, unlike all else, does not wait for it: busy_timeout does not cover it, to avoid
// a deadlock. So we do the waiting, for as long, when several processes begin on a new file at once.
func switchToWAL(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	for {
		_, err := db.ExecContext(ctx, `PRAGMA journal_mode = WAL`)
		if sqliteCause(err) != causeBusy {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// sqliteURL escapes the path, because a data directory may have a question mark or a percent sign in its name.
func sqliteURL(path, settings string) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings}).String()
}

// creating keeps the short life of our own descriptor apart from SQLite's: see createPrivate.
var creating sync.Mutex

// prepareSQLite makes sure of the directory and of a file that only its owner may read, and returns the file's path.
func prepareSQLite(dataDir string) (string, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", unusable(dataDir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unusable(dir, err)
	}
	path := filepath.Join(dir, sqliteFile)
	if err := createPrivate(path); err != nil {
		return "", unusable(dir, err)
	}
	return path, nil
}

// createPrivate creates path with mode 0600 unless it exists; SQLite gives the files beside it the same mode.
//
// An existing file is never opened here: POSIX drops all locks of a process on a file when any descriptor of it is
// closed, so reading the header ourselves could unlock a database that this process holds open.
func createPrivate(path string) error {
	creating.Lock()
	defer creating.Unlock()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func unusable(dir string, err error) error {
	// Only the reason: the path is named already, and a second one would hide the way out.
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return &sekisho.Error{
		Kind: sekisho.KindInvalid, Op: "opening the records",
		Msg: fmt.Sprintf("data directory %s cannot be used (%v): give the user that runs sekisho the right to write there, or choose another --data-dir", dir, err),
	}
}

// sqliteCause sorts by result code (https://www.sqlite.org/rescode.html): the low byte names the class.
func sqliteCause(err error) cause {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return causeOther
	}
	switch e.Code() {
	case code.SQLITE_CONSTRAINT_PRIMARYKEY, code.SQLITE_CONSTRAINT_UNIQUE:
		return causeDuplicate
	case code.SQLITE_CONSTRAINT_FOREIGNKEY:
		return causeNoParent
	}
	switch e.Code() & 0xff {
	case code.SQLITE_FULL:
		return causeFull
	case code.SQLITE_BUSY, code.SQLITE_LOCKED:
		return causeBusy
	case code.SQLITE_IOERR:
		return causeIO
	case code.SQLITE_CANTOPEN, code.SQLITE_READONLY, code.SQLITE_PERM, code.SQLITE_AUTH:
		return causeForbidden
	case code.SQLITE_NOTADB:
		return causeForeignFile
	case code.SQLITE_CORRUPT:
		return causeDamaged
	}
	return causeOther
}
