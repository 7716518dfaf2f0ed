package automaton

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"rsc.io/binaryregexp"
)

func FuzzScan_agreesWithRegexp(f *testing.F) {
	for _, expr := range []string{
		`(?i)select.*from`, `\bfoo\B`, `^a*$`, `[^\x{100}]k`, `(?i)[k-s]+ſ`, `(a|b.*c|d)*e`, `\x{bc}[^>\x{be}]*>`, `x{2,5}y?`, `\Aa|b\z`,
		`(?i)\bunion\b[\s\x0b]+(?:all|distinct)`, `[[:^alpha:]]{3}`, `\pL\d`, `a(?:.*b)?c`, `(?:ab.+c|d)+e{3}`, `$^`, `(?-s).x`, `\Q*\E`,
	} {
		f.Add(expr, "select K ſ from", uint64(1))
	}
	f.Fuzz(func(t *testing.T, expr, value string, seed uint64) {
		if len(expr) > 200 || len(value) > 2000 {
			return
		}
		pattern := Rx(expr)
		var matches func(string) bool
		if pattern.Kind == BinaryRegexp {
			re, err := binaryregexp.Compile(pattern.Expr)
			if err != nil {
				return
			}
			matches = re.MatchString
		} else {
			re, err := regexp.Compile(pattern.Expr)
			if err != nil {
				return
			}
			matches = re.MatchString
		}
		// Beside others, so that threads of several patterns live in one state.
		patterns := []Pattern{Rx(`(?i)fro\b`), pattern, Rx(`e.*\x{bc}`), {Kind: Phrases, Words: []string{"sel", "LECT", "k"}}, Rx(`^.*$`)}
		set := compile(t, patterns, Options{MaxMemory: 1 << 20, MaxWork: 1 << 20})
		tree, bytes, err := parse(pattern)
		if err != nil {
			t.Fatalf("regexp understands %q, we do not: %v", expr, err)
		}
		s := &sampler{random: rand.New(rand.NewPCG(seed, 9)), bytes: bytes}
		var hits Hits
		for _, value := range []string{value, s.text(tree), s.text(tree) + value, "", s.trap()} {
			if len(value) < 1<<16 && set.Scan(value, &hits) && hits.Has(1) != matches(value) {
				t.Errorf("%q on %q: got %v, want %v", pattern.Expr, value, hits.Has(1), matches(value))
			}
		}
	})
}
