package automaton

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// A union that is too small for noise leaves few patterns to their own automata: what they find must be the same.
func TestScanFor_agreesWithRegexpOnceTheUnionIsWorn(t *testing.T) {
	expressions := []string{
		`<[^>]{0,80}x[^>]{0,40}=`, `[;|&][\s\x00]*(?:i|l)[ds]\b`, `['"]\W{0,12}(?:or|and)\W{0,3}\d`, `\{[^}]{0,60}[*]`, `^\W+.\d`, `[a-f]\x{80}?[^\w]{2}$`,
	}
	var patterns []Pattern
	var oracles []func(string) bool
	for _, e := range expressions {
		patterns = append(patterns, Rx(e))
		oracles = append(oracles, oracle(t, Rx(e)))
	}
	s, err := Compile(patterns, Options{MaxMemory: 256 << 10, MaxWork: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 1))
	pieces := []string{"<", "x", "=", ";", "| id", "'", "or 1", "{", "*", "}", ">", "あ", "\xff", "\x00", " ", "a", "f", "9", "\u0080", "\n"}
	noise := func() string {
		var text strings.Builder
		for text.Len() < longValue+random.IntN(200) {
			if random.IntN(12) == 0 {
				text.WriteString(pieces[random.IntN(len(pieces))])
			} else {
				text.WriteRune(rune(random.IntN(256)))
			}
		}
		return text.String()
	}
	var hits Hits
	alone, matched := 0, 0
	for range 1000 {
		value, wanted := noise(), NewSelection(len(patterns))
		for id := range patterns {
			if random.IntN(2) == 0 {
				wanted.Add(id)
			}
		}
		if !s.ScanFor(value, wanted, &hits) {
			t.Fatal("the budget does not suffice")
		}
		for _, word := range hits.alone {
			alone += min(1, int(word))
		}
		for id, p := range patterns {
			want := oracles[id](value)
			if wanted.has(id) && hits.Has(id) != want {
				t.Fatalf("%s of %q: got %v, want %v", p.Expr, value, hits.Has(id), want)
			}
			if want {
				matched++
			}
		}
	}
	if alone == 0 || matched == 0 {
		t.Errorf("asked %d values alone, %d matches: this tests nothing", alone, matched)
	}
}
