package sensorbridge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

const (
	lookEvery = time.Second
	headBytes = 256 // a file is known by its first bytes, whatever its name becomes
	maxFiles  = 2000
	chunk     = 4 << 20
)

// readFiles follows the sensor's file, or the files of its directory: what is appended, what takes the place of a file that
// was rotated away, and what is new. Where it stopped is remembered, and a record that is read again after a crash has the
// same id, so that it is stored once.
func (in *intake) readFiles(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	warned := false
	for {
		err := in.look(ctx)
		if err != nil && ctx.Err() == nil && !warned {
			in.bridge.log.WarnContext(ctx, "file of a sensor not read", slog.String("sensor", in.sensor.Name), obs.Tenant(in.sensor.Tenant), obs.Err(err))
		}
		warned = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look reads what is new in every file.
func (in *intake) look(ctx context.Context) error {
	known := in.snapshot().Files
	paths, err := in.paths(known)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		if err := in.follow(ctx, path, known); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// paths are the files to read: the sensor's own, and before it those of its name that a rotation moved aside and that were not
// read to their end; or all of a directory.
func (in *intake) paths(known map[string]sekisho.FilePosition) ([]string, error) {
	info, err := os.Stat(in.sensor.Path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return append(rotated(in.sensor.Path, known), in.sensor.Path), nil
	}
	entries, err := os.ReadDir(in.sensor.Path)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), ".") && len(paths) < maxFiles {
			paths = append(paths, filepath.Join(in.sensor.Path, entry.Name()))
		}
	}
	return paths, nil
}

func rotated(path string, known map[string]sekisho.FilePosition) (unread []string) {
	if known[path].Length < 64 {
		return nil // nothing to recognise it by
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		other := filepath.Join(filepath.Dir(path), entry.Name())
		if other == path || !strings.HasPrefix(entry.Name(), filepath.Base(path)) || !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if err != nil || info.Size() <= known[path].Offset || known[other].Offset >= info.Size() {
			continue
		}
		if at, found := headMatches(other, known); found && at.Offset < info.Size() {
			unread = append(unread, other)
		}
	}
	return unread
}

func headMatches(path string, known map[string]sekisho.FilePosition) (sekisho.FilePosition, bool) {
	file, err := os.Open(path)
	if err != nil {
		return sekisho.FilePosition{}, false
	}
	defer file.Close()
	head := make([]byte, headBytes)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return sekisho.FilePosition{}, false
	}
	return positionOf(path, head[:n], known)
}

// follow reads a file from where it was left. known is the state before this look, so that a file that was renamed is found
// under its old name.
func (in *intake) follow(ctx context.Context, path string, known map[string]sekisho.FilePosition) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	head := make([]byte, headBytes)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	at, found := positionOf(path, head, known)
	if found && at.Offset > info.Size() { // emptied and written anew
		at, found = sekisho.FilePosition{}, false
	}
	if !found || at.Length < len(head) {
		at.Head, at.Length = sum(head), len(head)
	}
	if at.Offset < info.Size() {
		if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
			err = in.readPacked(ctx, file, &at, info)
		} else {
			err = in.readOn(ctx, file, &at)
		}
	}
	in.remember(path, at)
	return err
}

// positionOf finds a file that was read before: under its name, or, moved away by a rotation, under another.
func positionOf(path string, head []byte, known map[string]sekisho.FilePosition) (sekisho.FilePosition, bool) {
	matches := func(at sekisho.FilePosition) bool {
		return at.Length > 0 && at.Length <= len(head) && sum(head[:at.Length]) == at.Head
	}
	if at, ok := known[path]; ok && matches(at) {
		return at, true
	}
	for other, at := range known {
		if filepath.Dir(other) == filepath.Dir(path) && at.Length >= 64 && matches(at) {
			return at, true
		}
	}
	return sekisho.FilePosition{}, false
}

func sum(head []byte) string {
	hash := sha256.Sum256(head)
	return hex.EncodeToString(hash[:])
}

// readOn reads whole lines from the offset on, in chunks; a line that is still being written waits for the next look.
func (in *intake) readOn(ctx context.Context, file *os.File, at *sekisho.FilePosition) error {
	columns, err := columnsOf(file, at.Offset)
	if err != nil {
		return err
	}
	buffer := make([]byte, chunk)
	for ctx.Err() == nil {
		n, err := file.ReadAt(buffer, at.Offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		end := bytes.LastIndexByte(buffer[:n], '\n') + 1
		if end == 0 && n < line.MaxLength {
			return nil
		}
		if end == 0 { // a line longer than any record is taken as it is
			end = n
		}
		if columns, err = in.readChunk(ctx, buffer[:end], columns, at); err != nil {
			return err
		}
		at.Offset += int64(end)
	}
	return ctx.Err()
}

// columnsOf finds the names of columns at the head of a file that is read on from further down.
func columnsOf(file *os.File, offset int64) ([]string, error) {
	if offset == 0 {
		return nil, nil
	}
	document, err := frame.NewDocument(io.NewSectionReader(file, 0, 64<<10))
	if err != nil {
		return nil, err
	}
	if _, err := document.Next(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return document.Columns(), nil
}

func (in *intake) readChunk(ctx context.Context, content []byte, columns []string, at *sekisho.FilePosition) ([]string, error) {
	document, err := frame.NewDocument(bytes.NewReader(content))
	if err != nil {
		return columns, err
	}
	if at.Offset > 0 {
		document.Continue(columns)
	}
	s := in.stream()
	for n := 0; ; n++ {
		record, err := document.Next()
		if errors.Is(err, io.EOF) {
			return document.Columns(), nil
		}
		if err != nil {
			return columns, err
		}
		place := fmt.Sprintf("%s %s %d %d", in.sensor.ID, at.Head, at.Offset, n)
		if err := in.record(ctx, s, record, document.Columns(), place, true); err != nil {
			return columns, err
		}
	}
}

// readPacked reads a compressed file once it is no longer written to.
func (in *intake) readPacked(ctx context.Context, file *os.File, at *sekisho.FilePosition, info fs.FileInfo) error {
	if in.bridge.now().Sub(info.ModTime()) < 2*lookEvery {
		return nil
	}
	document, err := frame.NewDocument(file)
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", file.Name(), err)
	}
	s := in.stream()
	for n := 0; ; n++ {
		record, err := document.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", file.Name(), err)
		}
		if err := in.record(ctx, s, record, document.Columns(), fmt.Sprintf("%s %s packed %d", in.sensor.ID, at.Head, n), true); err != nil {
			return err
		}
	}
	at.Offset = info.Size()
	return nil
}

// remember keeps a position, and forgets those of the longest-gone files beyond a bound.
func (in *intake) remember(path string, at sekisho.FilePosition) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.state.Files[path] == at {
		return
	}
	if in.state.Files == nil {
		in.state.Files = map[string]sekisho.FilePosition{}
	}
	in.state.Files[path] = at
	in.dirty = true
	if len(in.state.Files) <= maxFiles {
		return
	}
	var gone []string
	for other := range in.state.Files {
		if _, err := os.Stat(other); errors.Is(err, fs.ErrNotExist) {
			gone = append(gone, other)
		}
	}
	slices.Sort(gone)
	for _, other := range gone {
		delete(in.state.Files, other)
	}
}
