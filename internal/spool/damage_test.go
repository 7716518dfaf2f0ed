package spool

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// twoSegments leaves a first segment with events 0 to 4 and a second one with 5 to 7, and returns the first.
func twoSegments(t *testing.T, dir string) string {
	t.Helper()
	s := open(t, dir)
	appendAll(t, s, 0, 5)
	_ = s.Close()
	s = open(t, dir)
	appendAll(t, s, 5, 8)
	_ = s.Close()
	segments, err := findSegments(dir)
	if err != nil || len(segments) != 2 {
		t.Fatalf("got %d segments, %v; want 2", len(segments), err)
	}
	return segments[0].path
}

func TestNext_skipsATailTornAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	path := twoSegments(t, dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _, record, err := parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut <= record; cut++ {
		if err := os.WriteFile(path, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		got, _ := drain(t, s, 100)
		wantIDs(t, got, ids(0, 4, 5, 8))
		want := uint64(1)
		if cut == record {
			want = 0 // the record is gone without a trace
		}
		if damaged := s.Health().Damaged; damaged != want {
			t.Errorf("cut %d bytes: damaged %d, want %d", cut, damaged, want)
		}
		_ = s.Close()
	}
}

func TestNext_skipsOnlyTheRecordWithABrokenByte(t *testing.T) {
	dir := t.TempDir()
	path := twoSegments(t, dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _, record, err := parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	for i := range record { // each byte of the second record, header and payload
		broken := bytes.Clone(whole)
		broken[record+i] ^= 0x41
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		got, _ := drain(t, s, 100)
		wantIDs(t, got, ids(0, 1, 2, 8))
		if damaged := s.Health().Damaged; damaged == 0 {
			t.Errorf("byte %d: damage was not counted", i)
		}
		_ = s.Close()
	}
}

func TestNext_endsABatchBeforeAGap(t *testing.T) {
	dir := t.TempDir()
	path := twoSegments(t, dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _, record, _ := parse(whole)
	whole[record+headerSize] ^= 0xFF
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	first, a := s.read(100)
	second, b := s.read(100)
	if len(first) != 1 || len(second) != 3 || b != a+4 {
		t.Errorf("got %d events to %d, then %d to %d; want 1, then 3 whose last number is 4 higher", len(first), a, len(second), b)
	}
}

// failing is a disk that takes only the first bytes of what is written, for a while.
type failing struct {
	segmentFile
	err      *error
	takes    int
	truncate error
}

func (f failing) Write(p []byte) (int, error) {
	if *f.err == nil {
		return f.segmentFile.Write(p)
	}
	n, _ := f.segmentFile.Write(p[:min(f.takes, len(p))])
	return n, *f.err
}

func (f failing) Truncate(size int64) error {
	if f.truncate != nil && *f.err != nil {
		return f.truncate
	}
	return f.segmentFile.Truncate(size)
}

func (f failing) Sync() error {
	if *f.err != nil {
		return *f.err
	}
	return f.segmentFile.Sync()
}

func TestAppend_keepsEventsInMemoryWhileTheDiskRefuses(t *testing.T) {
	tests := []struct {
		name     string
		err      error
		truncate error
		want     Reason
	}{
		{"disk full", syscall.ENOSPC, nil, ReasonDiskFull},
		{"disk error", syscall.EIO, nil, ReasonDiskError},
		{"disk error, and the torn record cannot be cut off", syscall.EIO, syscall.EIO, ReasonDiskError},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, func(c *Config) { c.Backlog = 3 })
			var broken error
			s.create = func(path string) (segmentFile, error) {
				file, err := createFile(path)
				return failing{file, &broken, 9, test.truncate}, err
			}
			appendAll(t, s, 0, 2)
			broken = test.err
			for i := 2; i < 5; i++ {
				if err := s.Append(event(i)); !errors.Is(err, ErrDelayed) {
					t.Fatalf("Append(%d): got %v, want ErrDelayed", i, err)
				}
			}
			if err := s.Append(event(5)); !errors.Is(err, ErrDropped) {
				t.Fatalf("got %v, want ErrDropped: the backlog is full", err)
			}
			h := s.Health()
			if !h.Degraded || h.Reason != test.want || h.Backlog != 3 || h.Dropped != 1 || h.Since.IsZero() || h.Text().JA == "" {
				t.Errorf("health %+v, want degraded by %s with 3 waiting and 1 dropped", h, test.want)
			}
			broken = nil
			s.settle()
			if h := s.Health(); h.Degraded || h.Backlog != 0 {
				t.Errorf("health %+v, want recovered as soon as nothing waits any more", h)
			}
			appendAll(t, s, 6, 7)
			got, _ := drain(t, s, 100)
			wantIDs(t, got, ids(0, 5, 6, 7))
			_ = s.Close()
			got, _ = drain(t, open(t, dir), 100)
			wantIDs(t, got, ids(0, 5, 6, 7))
		})
	}
}

func TestRun_saysWhenSyncingFails(t *testing.T) {
	s := open(t, t.TempDir())
	var broken error
	s.create = func(path string) (segmentFile, error) {
		file, err := createFile(path)
		return failing{file, &broken, 1 << 20, nil}, err
	}
	appendAll(t, s, 0, 1)
	broken = syscall.EIO
	s.settle()
	if h := s.Health(); h.Reason != ReasonSync {
		t.Errorf("health %+v, want sync_failed", h)
	}
	broken = nil
	appendAll(t, s, 1, 2)
	s.settle()
	if h := s.Health(); h.Degraded {
		t.Errorf("health %+v, want recovered with the next good sync", h)
	}
	got, _ := drain(t, s, 10)
	wantIDs(t, got, ids(0, 2))
}

func TestAppend_getsOverAFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a tiny tmpfs needs root; the injected failures above cover the rest")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("mounting a tiny tmpfs: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	s := open(t, filepath.Join(dir, "spool"), func(c *Config) { c.SegmentBytes = 8 << 10 })
	stored := 0
	for ; stored < 10_000; stored++ {
		if err := s.Append(event(stored)); err != nil {
			if !errors.Is(err, ErrDelayed) {
				t.Fatalf("got %v, want ErrDelayed", err)
			}
			break
		}
	}
	if h := s.Health(); h.Reason != ReasonDiskFull {
		t.Fatalf("health %+v, want disk_full", h)
	}
	got, last := drain(t, s, 100)
	wantIDs(t, got, ids(0, stored))
	if err := s.Done(last); err != nil { // the consumer makes room
		t.Fatal(err)
	}
	s.settle()
	if h := s.Health(); h.Degraded {
		t.Errorf("health %+v, want recovered", h)
	}
	got, _ = drain(t, s, 100)
	wantIDs(t, got, ids(stored, stored+1))
	_ = s.Close()
}

func FuzzRead(f *testing.F) {
	good := frame([]byte(`{"id":"0000000000000001"}`))
	number(good, 1<<32+1)
	f.Add(good)
	f.Add(append(bytes.Clone(good), magic...))
	f.Add([]byte{0xFF})
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		// Whatever stands in front, the whole record behind it must be found.
		tail := frame([]byte(`{"id":"0000000000000002"}`))
		number(tail, 1<<40)
		if err := os.WriteFile(segmentPath(dir, 1<<32+1), append(bytes.Clone(data), tail...), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(DefaultConfig(dir), quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		got, _ := drain(t, s, 3)
		found := false
		for _, id := range got {
			found = found || id == "0000000000000002"
		}
		if !found {
			t.Errorf("the record behind %d bytes of damage was not found", len(data))
		}
	})
}
