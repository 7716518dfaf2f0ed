package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// A recorded is one request of a corpus.
type recorded struct {
	file   string // below the corpus
	attack bool   // what it is; what a proxy makes of it is another matter
}

const (
	// maxCorpus and maxRecorded bound what is read; one request at a time is held in memory.
	maxCorpus   = 500_000
	maxRecorded = 16 << 20
)

// listCorpus lists the files below dir/benign and dir/attack, at any depth. What it passes over is listed too: names that
// begin with a dot, what is no regular file, and empty files.
func listCorpus(dir string) (found []recorded, skipped []string, err error) {
	for _, kind := range []string{"benign", "attack"} {
		err := filepath.WalkDir(filepath.Join(dir, kind), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			file, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			hidden := strings.HasPrefix(entry.Name(), ".")
			switch {
			case hidden && entry.IsDir():
				skipped = append(skipped, file)
				return filepath.SkipDir
			case entry.IsDir():
				return nil
			case hidden || !entry.Type().IsRegular():
				skipped = append(skipped, file)
				return nil
			}
			if info, err := entry.Info(); err != nil {
				return err
			} else if info.Size() == 0 || info.Size() > maxRecorded {
				skipped = append(skipped, file)
				return nil
			}
			found = append(found, recorded{file, kind == "attack"})
			if len(found) > maxCorpus {
				return sekisho.Invalid(fmt.Sprintf("corpus %s: more than %d files", dir, maxCorpus))
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
	}
	if len(found) == 0 {
		return nil, nil, sekisho.Invalid(fmt.Sprintf("corpus %q: no files in its folders benign and attack", dir))
	}
	slices.SortFunc(found, func(a, b recorded) int { return strings.Compare(a.file, b.file) })
	return found, skipped, nil
}

// read returns the bytes to send so that the request reaches the site host.
func (r recorded) read(dir, host string) ([]byte, error) {
	path := filepath.Join(dir, r.file)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read a recorded request: %w", err)
	}
	if info.Size() > maxRecorded {
		return nil, sekisho.Invalid(fmt.Sprintf("corpus %s: larger than %d bytes", r.file, maxRecorded))
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a recorded request: %w", err)
	}
	return addressTo(raw, host), nil
}
