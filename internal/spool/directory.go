package spool

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// identity is the directory's own file: which stream this is, and how often it was opened.
type identity struct {
	Stream string `json:"stream"`
	Epoch  uint64 `json:"epoch"`
}

// openIdentity reads the directory's identity and counts this opening, durably. With an error the identity returned can
// still be used: a stream name nobody has seen means that events may be handed out twice, never that one is skipped.
func openIdentity(dir string) (identity, error) {
	path := filepath.Join(dir, "stream.json")
	id := identity{}
	content, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(content, &id)
	}
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if id.Stream == "" || err != nil {
		id = identity{Stream: rand.Text()}
	}
	// The file may be lost while the segments are not: never fall behind what they name.
	if segments, found := findSegments(dir); found == nil && len(segments) > 0 {
		id.Epoch = max(id.Epoch, firstNumber(segments[len(segments)-1].path)>>32)
	}
	id.Epoch++
	if keep := writeFile(path, id); keep != nil {
		return identity{Stream: rand.Text(), Epoch: id.Epoch}, fmt.Errorf("keeping the spool's identity: %w", keep)
	}
	if err != nil {
		return id, fmt.Errorf("reading the spool's identity, which was made anew: %w", err)
	}
	return id, nil
}

// writeFile replaces path as a whole and syncs it and its directory.
func writeFile(path string, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	temporary := path + ".new"
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closed := d.Close(); err == nil {
		err = closed
	}
	return err
}

const segmentSuffix = ".events"

// segmentPath names a segment by the number of its first record, so that names sort by number.
func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x%s", first, segmentSuffix))
}

// firstNumber reads the number back from a segment's name; 0 for a name that is not ours.
func firstNumber(path string) uint64 {
	digits, ok := strings.CutSuffix(filepath.Base(path), segmentSuffix)
	if !ok || len(digits) != 16 {
		return 0
	}
	first, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return 0
	}
	return first
}

// findSegments lists the segments of a directory, oldest first.
func findSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segments []*segment
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if firstNumber(path) == 0 {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		segments = append(segments, &segment{path: path, size: info.Size()})
	}
	slices.SortFunc(segments, func(a, b *segment) int { return strings.Compare(a.path, b.path) })
	return segments, nil
}

func busy(dir string) error {
	return &sekisho.Error{
		Kind: sekisho.KindConflict, Op: "opening the event spool",
		Msg: fmt.Sprintf("%s is in use by another process; stop it or name another data directory", dir),
	}
}
