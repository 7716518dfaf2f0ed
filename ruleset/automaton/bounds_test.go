package automaton

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// attacks are values that ask for as many states as an attacker can think of: noise, and openings of gaps in any order.
func attacks(count, size int, seed uint64) []string {
	random := rand.New(rand.NewPCG(seed, 3))
	openings := strings.Split(`select |union |"|'|(|)|$(|{|<|<!--|http:|=|:|;|on|exec |create |alter |having |data:|&&|||`+"`|\n|\r\n|if (|for |"+
		`call |[|%u|\u00|\x|document[|eval(|a=|style=|insert into |script|/*|--|#|@|?|!|_|.|,|バ|ー|é|ſ|`+"\xbc|\xff", "|")
	values := make([]string, count)
	for i := range values {
		var b strings.Builder
		for b.Len() < size {
			switch random.IntN(3) {
			case 0:
				b.WriteByte(byte(random.IntN(256)))
			case 1:
				b.WriteByte(byte(32 + random.IntN(95)))
			default:
				b.WriteString(openings[random.IntN(len(openings))])
			}
		}
		values[i] = b.String()
	}
	return values
}

func TestScan_staysInItsMemoryWhateverComes(t *testing.T) {
	patterns := rxPatterns(crsExpressions(t, 2, false))
	options := Options{MaxMemory: 1 << 20, MaxWork: 512}
	set := compile(t, patterns, options)
	var hits Hits
	for _, value := range attacks(40, 2048, 1) {
		set.Scan(value, &hits)
		if got := set.Stats().Bytes; got > options.MaxMemory {
			t.Fatalf("tables hold %d bytes, want at most %d", got, options.MaxMemory)
		}
	}
	stats := set.Stats()
	if stats.Resets == 0 || stats.Overflows == 0 {
		t.Errorf("the attack must reach the limits to prove anything: %+v", stats)
	}
	held := 0
	for _, g := range set.budget.groups {
		table := g.table.Load()
		held += table.bytes()
		for i := range table.states[:table.used] {
			held += table.states[i].bytes()
		}
	}
	if held != stats.Bytes {
		t.Errorf("accounted for %d bytes, the tables hold %d", stats.Bytes, held)
	}
}

func TestScan_decidesOrdinaryValuesInTheMiddleOfAnAttack(t *testing.T) {
	set := compile(t, rxPatterns(crsExpressions(t, 1, true)), Options{MaxMemory: 2 << 20, MaxWork: 512})
	for range 3 { // a value may need more than one attempt to learn
		set.Warm(browserValues)
	}
	var hits Hits
	for _, value := range attacks(60, 2048, 2) {
		set.Scan(value, &hits)
		for _, ordinary := range browserValues {
			hits.Allow(40) // pinned states need no work; the transitions between them and others may
			if !set.Scan(ordinary, &hits) {
				t.Fatalf("not decided: %q, %+v", ordinary, set.Stats())
			}
			hits = Hits{}
		}
	}
	if set.Stats().Resets == 0 {
		t.Error("the attack must reach the limits to prove anything")
	}
}

func TestHits_AllowBoundsAWholeRequest(t *testing.T) {
	set := compile(t, rxPatterns(crsExpressions(t, 1, true)), DefaultOptions())
	var hits Hits
	hits.Allow(300)
	undecided := 0
	for _, value := range attacks(50, 100, 4) {
		if !set.Scan(value, &hits) {
			undecided++
		}
	}
	if undecided == 0 {
		t.Error("300 transitions were enough for 5,000 bytes of noise")
	}
	if states := set.Stats().States; states > 300+set.Stats().Groups {
		t.Errorf("got %d states, want at most one for each transition that was allowed", states)
	}
}

func TestScan_isSafeForConcurrentUse(t *testing.T) {
	patterns := rxPatterns(crsExpressions(t, 1, true))
	set := compile(t, patterns, Options{MaxMemory: 400 << 10, MaxWork: 1 << 20})
	values := append(attacks(20, 200, 5), browserValues...)
	want := make([][]uint64, len(values))
	for i, value := range values {
		var hits Hits
		if !set.Scan(value, &hits) {
			t.Fatalf("not decided: %q", value)
		}
		want[i] = append([]uint64(nil), hits.words...)
	}
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			var hits Hits
			for round := range 5 {
				for i := range values {
					at := (i*7 + worker*13 + round) % len(values)
					if !set.Scan(values[at], &hits) {
						t.Errorf("not decided: %q", values[at])
						return
					}
					for w, word := range hits.words {
						if word != want[at][w] {
							t.Errorf("%q: got %x, alone %x", values[at], hits.words, want[at])
							return
						}
					}
				}
			}
		})
	}
	group.Wait()
	if set.Stats().Resets == 0 {
		t.Error("no reset while others scanned: the test proves less than it should")
	}
}

func TestScan_doesNotAllocateOnceItKnowsTheWay(t *testing.T) {
	set := compile(t, rxPatterns(crsExpressions(t, 1, true)), DefaultOptions())
	var hits Hits
	scan := func() {
		for _, value := range browserValues {
			set.Scan(value, &hits)
		}
	}
	scan()
	if got := testing.AllocsPerRun(20, scan); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}
