package incident

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestEngine_tellsRepeatedEventsFromEqualOnes(t *testing.T) {
	by := func(e sekisho.Event, sensor string) sekisho.Event { e.Sensor = sensor; return e }
	found := edr(noon, sekisho.ClassMalware, sekisho.OutcomeContained) // without ports: only the way it came can tell
	numbered := with(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented), func(e *sekisho.Event) { e.ID = "SAME" })
	later := with(numbered, func(e *sekisho.Event) { e.Time = noon.Add(time.Second) })
	tests := []struct {
		name   string
		events []sekisho.Event
		want   int
	}{
		{"over two relays", []sekisho.Event{by(found, "a"), by(found, "b")}, 1},
		{"over three", []sekisho.Event{by(found, "a"), by(found, "b"), by(found, "c")}, 1},
		{"twice within one second", []sekisho.Event{by(found, "a"), by(found, "a")}, 2},
		{"twice, each over two relays", []sekisho.Event{by(found, "a"), by(found, "a"), by(found, "b"), by(found, "b")}, 2},
		{"twice, each over two relays, mixed", []sekisho.Event{by(found, "a"), by(found, "b"), by(found, "b"), by(found, "a")}, 2},
		{"twice over one relay, once over the other", []sekisho.Event{by(found, "b"), by(found, "a"), by(found, "a")}, 2},
		{"of nobody knows which sensor", []sekisho.Event{found, found}, 2},
		{"with another device time", []sekisho.Event{by(found, "a"), with(by(found, "b"), func(e *sekisho.Event) { e.Time = noon.Add(time.Second) })}, 2},
		{"the same number again", []sekisho.Event{numbered, numbered, later}, 1},
		{"relay b an hour later", []sekisho.Event{by(found, "a"), sqli(noon.Add(time.Hour), "203.0.113.9", sekisho.OutcomePrevented), by(found, "b")}, 3},
	}
	for _, test := range tests {
		for _, restart := range []int{0, 1} {
			s := newStory(t)
			s.batch, s.restart = 1, restart
			s.tell(test.events...)
			count, marked := 0, 0
			for _, i := range s.records.list() {
				count += i.Count
			}
			for _, e := range s.records.events {
				if len(e.Marks) > 0 && e.Incident == "" {
					t.Errorf("%s: %+v is in no incident", test.name, e)
				}
				marked += len(e.Marks)
			}
			if count != test.want || count+marked != len(test.events) {
				t.Errorf("%s (restarts %d): %d counted and %d marked of %d, want %d counted", test.name, restart, count, marked, len(test.events), test.want)
			}
		}
	}
}

func TestRecent_isTheSameAfterARestart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var live recent
	for i := range 3 * maxRecent {
		ids := []identity{{key: uint64(r.IntN(500)), via: uint32(r.IntN(3)), exact: r.IntN(4) == 0}}
		clock := millis(i * 20)
		if _, again := live.take(ids, clock); !again {
			live.joined(ids, sekisho.IncidentID([]string{"A", "B"}[r.IntN(2)]))
		}
		if i%1000 != 0 {
			continue
		}
		packed, err := live.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back recent
		if err := back.UnmarshalBinary(packed); err != nil {
			t.Fatal(err)
		}
		if len(live.entries) > maxRecent || len(back.entries) != len(live.entries) || !reflect.DeepEqual(counts(&back), counts(&live)) {
			t.Fatalf("after %d: got %d entries of %d", i, len(back.entries), len(live.entries))
		}
	}
}

// counts are the ways of each key, whatever their order.
func counts(r *recent) map[uint64]map[uint32]int {
	all := map[uint64]map[uint32]int{}
	for key, k := range r.seen {
		all[key] = map[uint32]int{}
		for _, w := range k.ways {
			all[key][w.via] = w.n
		}
	}
	return all
}

func FuzzRecent_UnmarshalBinary(f *testing.F) {
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, packed []byte) {
		var r recent
		if r.UnmarshalBinary(packed) == nil && len(r.entries) > maxRecent {
			t.Errorf("%d entries", len(r.entries))
		}
	})
}
