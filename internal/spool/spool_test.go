package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t *testing.T, dir string, change ...func(*Config)) *Spool {
	t.Helper()
	cfg := DefaultConfig(dir)
	for _, f := range change {
		f(&cfg)
	}
	s, err := Open(cfg, quiet())
	if err != nil {
		t.Fatalf("Open(%s): %v", dir, err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func event(i int) sekisho.Event {
	return sekisho.Event{ID: sekisho.EventID(fmt.Sprintf("%016d", i)), Tenant: "yamada", Count: 1, URL: "/?q=' or 1=1 --"}
}

func appendAll(t *testing.T, s *Spool, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := s.Append(event(i)); err != nil {
			t.Fatalf("Append(%d): %v", i, err)
		}
	}
}

// drain reads everything that is there and checks the promises of Next on the way.
func drain(t *testing.T, s *Spool, most int) (ids []string, last uint64) {
	t.Helper()
	for {
		events, seq := s.read(most)
		if len(events) == 0 {
			return ids, last
		}
		if first := seq - uint64(len(events)) + 1; first <= last {
			t.Fatalf("batch %d..%d comes behind %d: numbers must rise", first, seq, last)
		}
		last = seq
		for _, e := range events {
			ids = append(ids, string(e.ID))
		}
	}
}

func ids(ranges ...int) (want []string) {
	for i := 0; i < len(ranges); i += 2 {
		for n := ranges[i]; n < ranges[i+1]; n++ {
			want = append(want, string(event(n).ID))
		}
	}
	return want
}

func wantIDs(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %d events %v, want %d %v", len(got), got, len(want), want)
	}
}

func TestNext_handsOutWhatWasAppendedInOrder(t *testing.T) {
	s := open(t, t.TempDir(), func(c *Config) { c.SegmentBytes = 700 }) // several segments
	appendAll(t, s, 0, 50)
	got, _ := drain(t, s, 7)
	wantIDs(t, got, ids(0, 50))
}

func TestNext_blocksUntilAnEventComesOrTheContextEnds(t *testing.T) {
	s := open(t, t.TempDir())
	got := make(chan sekisho.EventID)
	go func() {
		events, _, err := s.Next(t.Context(), 10)
		if err != nil || len(events) == 0 {
			got <- ""
			return
		}
		got <- events[0].ID
	}()
	appendAll(t, s, 1, 2)
	if id := <-got; id != event(1).ID {
		t.Errorf("got %q, want %q", id, event(1).ID)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Next(ctx, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestNext_returnsWhenTheSpoolIsClosed(t *testing.T) {
	s := open(t, t.TempDir())
	got := make(chan error)
	go func() {
		_, _, err := s.Next(t.Context(), 1)
		got <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := s.Append(event(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Append after Close: got %v, want ErrClosed", err)
	}
}

func TestOpen_handsOutAgainWhatWasNotDoneUnderTheSameNumbers(t *testing.T) {
	dir := t.TempDir()
	small := func(c *Config) { c.SegmentBytes = 700 }
	s := open(t, dir, small)
	stream := s.Stream()
	appendAll(t, s, 0, 20)
	events, last := s.read(20)
	if err := s.Done(last - 10); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, dir, small)
	if s.Stream() != stream {
		t.Errorf("stream %q, want it kept: %q", s.Stream(), stream)
	}
	again, lastAgain := s.read(20)
	if len(again) < 10 || len(again) == 20 {
		t.Errorf("%d events again, want at least the 10 that were not done, without finished segments", len(again))
	}
	if lastAgain != last || again[len(again)-1].ID != events[len(events)-1].ID {
		t.Errorf("last is number %d, want %d as before", lastAgain, last)
	}
	appendAll(t, s, 20, 21)
	if _, next := s.read(1); next <= last {
		t.Errorf("a new event has number %d, want above %d", next, last)
	}
}

func TestOpen_startsAnotherStreamInADeletedDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, dir)
	before := s.Stream()
	_ = s.Close()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if after := open(t, dir).Stream(); after == before || after == "" {
		t.Errorf("stream %q after deletion, want another than %q", after, before)
	}
}

func TestOpen_neverReusesNumbersThatAPowerLossTook(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	appendAll(t, s, 0, 5)
	_, committed := s.read(5)
	_ = s.Close()
	segments, err := findSegments(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(segments[0].path, 0); err != nil { // what was not synced is gone
		t.Fatal(err)
	}
	s = open(t, dir)
	appendAll(t, s, 5, 6)
	if _, next := s.read(1); next <= committed {
		t.Errorf("number %d, want above %d, which a consumer has committed", next, committed)
	}
}

func TestOpen_refusesASecondProcess(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	_, err := Open(DefaultConfig(dir), quiet())
	if sekisho.KindOf(err) != sekisho.KindConflict {
		t.Errorf("got %v, want KindConflict", err)
	}
}

func TestDone_deletesFinishedSegments(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, func(c *Config) { c.SegmentBytes = 700 })
	appendAll(t, s, 0, 50)
	_, last := drain(t, s, 100)
	if err := s.Done(last); err != nil {
		t.Fatal(err)
	}
	segments, err := findSegments(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(segments) != 1 {
		t.Errorf("%d segments left, want only the open one", len(segments))
	}
}

func TestAppend_dropsAndCountsBeyondTheSize(t *testing.T) {
	s := open(t, t.TempDir(), func(c *Config) { c.SegmentBytes, c.MaxBytes = 1000, 3000 })
	kept, dropped := 0, 0
	for i := range 40 {
		switch err := s.Append(event(i)); {
		case err == nil:
			kept++
		case errors.Is(err, ErrDropped):
			dropped++
		default:
			t.Fatal(err)
		}
	}
	h := s.Health()
	if dropped == 0 || int(h.Dropped) != dropped || h.Reason != ReasonSize || h.Bytes > 3000 {
		t.Errorf("dropped %d, health %+v; want the drops counted, reason size, at most 3000 bytes", dropped, h)
	}
	got, last := drain(t, s, 10)
	wantIDs(t, got, ids(0, kept))
	if err := s.Done(last); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(event(99)); err != nil {
		t.Errorf("Append after the consumer caught up: %v", err)
	}
	s.settle()
	if h := s.Health(); h.Degraded {
		t.Errorf("health %+v, want recovered", h)
	}
}

func TestAppend_refusesWhatIsTooLarge(t *testing.T) {
	s := open(t, t.TempDir())
	e := event(1)
	e.Raw = string(make([]byte, maxPayload))
	if err := s.Append(e); sekisho.KindOf(err) != sekisho.KindInvalid || s.Health().Dropped != 1 {
		t.Errorf("got %v and %+v, want KindInvalid, counted", err, s.Health())
	}
}

func TestAppend_isSafeForConcurrentUse(t *testing.T) {
	s := open(t, t.TempDir(), func(c *Config) { c.SegmentBytes, c.SyncEvery = 4000, time.Millisecond })
	ctx, stop := context.WithCancel(t.Context())
	var run, writers sync.WaitGroup
	run.Go(func() { _ = s.Run(ctx) })
	const each, workers = 200, 8
	for w := range workers {
		writers.Go(func() {
			for i := range each {
				if err := s.Append(event(w*each + i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var got []string
	for len(got) < each*workers {
		events, last, err := s.Next(t.Context(), 64)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			got = append(got, string(e.ID))
		}
		if err := s.Done(last); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
	stop()
	run.Wait()
	slices.Sort(got)
	wantIDs(t, got, ids(0, each*workers))
}

// TestMain turns the test binary into the process that gets killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("SPOOL_TEST_APPEND_TO")
	if dir == "" {
		os.Exit(m.Run())
	}
	cfg := DefaultConfig(dir)
	cfg.SegmentBytes = 20_000
	s, err := Open(cfg, quiet())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		if err := s.Append(event(i)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(event(i).ID) // acknowledged
	}
}

func TestAppend_survivesKill9(t *testing.T) {
	for round := range 3 {
		dir := t.TempDir()
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "SPOOL_TEST_APPEND_TO="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
			if len(acknowledged) == 300*(round+1) {
				if err := child.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait()
		if last := acknowledged[len(acknowledged)-1]; len(last) != 16 {
			acknowledged = acknowledged[:len(acknowledged)-1] // the line itself was torn by the kill
		}
		got, _ := drain(t, open(t, dir), 1000)
		if len(got) < len(acknowledged) || len(got) > len(acknowledged)+1 {
			t.Errorf("round %d: %d events after kill -9, want the %d acknowledged and at most one more", round, len(got), len(acknowledged))
			continue
		}
		wantIDs(t, got[:len(acknowledged)], acknowledged)
	}
}

func BenchmarkAppend(b *testing.B) {
	s, err := Open(DefaultConfig(b.TempDir()), quiet())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	e := event(1)
	for b.Loop() {
		if err := s.Append(e); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrDropped) {
			b.Fatal(err)
		}
	}
}
