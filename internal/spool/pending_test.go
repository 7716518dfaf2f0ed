package spool

import (
	"log/slog"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestPending_countsDownToZeroOverRestarts(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		s, err := Open(DefaultConfig(dir), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := s.Append(sekisho.Event{ID: sekisho.NewEventID(time.Now())}); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.Pending(); got != 3 {
			t.Errorf("got %d pending, want 3", got)
		}
		for rounds := 0; s.Pending() > 0; rounds++ { // what the run before left may come first
			_, last, err := s.Next(t.Context(), 10)
			if err != nil || rounds > 2 {
				t.Fatalf("round %d: %v, still %d pending", rounds, err, s.Pending())
			}
			if err := s.Done(last); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
