package incident

import (
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func replayed(t *testing.T, events ...sekisho.Event) *Replay {
	t.Helper()
	r, err := NewReplay(DefaultConfig(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := r.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReplay_makesWhatTheEngineMakes(t *testing.T) {
	events := randomEvents(17, 600)
	s := newStory(t)
	s.batch = 10
	s.tell(slices.Clone(events)...)
	got := replayed(t, events...).Incidents()
	if len(got) != len(s.records.incidents) {
		t.Fatalf("got %d incidents, want %d", len(got), len(s.records.incidents))
	}
	for n, i := range got {
		if want := s.records.incidents[i.ID]; !reflect.DeepEqual(copied(i), want) {
			t.Errorf("incident %s: got %+v, want %+v", i.ID, i, want)
		}
		if n > 0 && i.Score > got[n-1].Score {
			t.Errorf("incident %s scores %d behind %d: want the worst first", i.ID, i.Score, got[n-1].Score)
		}
	}
}

func TestReplay_tellsTheTimeByTheEventsAround(t *testing.T) {
	for _, start := range []time.Time{noon, noon.AddDate(-20, 0, 0), noon.AddDate(30, 0, 0)} { // no clock of ours says when
		events := times(30, time.Hour, sqli(start, "203.0.113.9", sekisho.OutcomePrevented))
		for i, wrong := range map[int]time.Time{0: {}, 7: start.AddDate(1, 0, 0), 15: time.Unix(0, 0), 29: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
			events[i].Time = wrong
		}
		r := replayed(t, events...)
		got := r.Incidents()
		if len(got) != 1 || got[0].Count != 30 || got[0].Last.After(start.Add(30*time.Hour)) || got[0].First.Before(start.Add(-time.Hour)) {
			t.Errorf("from %s: got %+v, want one incident of 30 within 30 hours", start, got)
		}
		if r.Stats().Mistimed != 4 {
			t.Errorf("from %s: %+v, want 4 mistimed", start, r.Stats())
		}
	}
}
