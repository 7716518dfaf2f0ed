package incident

import (
	"slices"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// TestTake_waitsForWhatWasLostOnTheWay hands events over as streams may: with a gap, repeated, and of two nodes by turns.
func TestTake_waitsForWhatWasLostOnTheWay(t *testing.T) {
	s := newStory(t)
	sent := func(stream string, number, after uint64) sekisho.Sent {
		e := sqli(s.now, "203.0.113.7", sekisho.OutcomePrevented)
		e.Tenant = "yamada"
		e.ID = sekisho.EventID(stream + string(rune('0'+number)))
		return sekisho.Sent{Stream: stream, Number: number, After: after, Event: e}
	}
	for _, step := range []struct {
		name  string
		batch []sekisho.Sent
		want  []sekisho.EventID // stored by this step
	}{
		{"the first", []sekisho.Sent{sent("a", 2, 0)}, []sekisho.EventID{"a2"}},
		{"a gap before the third", []sekisho.Sent{sent("a", 6, 4), sent("a", 8, 6)}, nil},
		{"another node meanwhile", []sekisho.Sent{sent("b", 1, 0)}, []sekisho.EventID{"b1"}},
		{"what was lost, and the rest again", []sekisho.Sent{sent("a", 2, 0), sent("a", 4, 2), sent("b", 1, 0), sent("a", 6, 4)}, []sekisho.EventID{"a4", "a6"}},
		{"the end, twice", []sekisho.Sent{sent("a", 8, 6), sent("a", 8, 6), sent("b", 3, 1)}, []sekisho.EventID{"a8", "b3"}},
	} {
		before := len(s.records.events)
		if err := s.engine.Take(t.Context(), step.batch); err != nil {
			t.Fatal(err)
		}
		var got []sekisho.EventID
		for _, e := range s.records.events[before:] {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: got %v stored, want %v", step.name, got, step.want)
		}
	}
}
