package automaton

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// randomExpression writes an expression of the constructs that rules use, nested and combined at random.
func randomExpression(random *rand.Rand, depth int) string {
	leaves := []string{
		"a", "k", "s", "select", "on", "foo", `\(`, `["']`, `[^"]`, `[a-z]`, `[^a]`, `\w`, `\W`, `\d`, `\s`, `[\s\x0b]`, ".", "(?-s:.)", "ー", "é",
		`[\x{80}-\x{3000}]`, "\ufffd", `\b`, `\B`, "^", "$", `\A`, `\z`, `\n`, "(?i:k)", "(?i:ſs)", "(?i:µ)", `\$`, "<", "(?i:[i-k])",
	}
	if depth == 0 {
		return leaves[random.IntN(len(leaves))]
	}
	sub := func() string { return randomExpression(random, depth-1-random.IntN(depth)) }
	switch random.IntN(9) {
	case 0, 1, 2:
		return sub() + sub()
	case 3:
		return sub() + sub() + sub() + sub()
	case 4:
		return "(?:" + sub() + "|" + sub() + "|" + sub() + ")"
	case 5:
		return "(" + sub() + ")" + []string{"*", "+", "?", "*?", "+?", "??"}[random.IntN(6)]
	case 6:
		least := random.IntN(3)
		return "(?:" + sub() + "){" + strconv.Itoa(least) + "," + []string{"", strconv.Itoa(least + random.IntN(10))}[random.IntN(2)] + "}"
	case 7:
		return sub() + []string{".*", ".*?", "[^)]+", "[^<>]*", `.{1,20}`}[random.IntN(5)] + sub()
	}
	return "(?i)" + sub()
}

func TestScan_agreesWithRegexpOnRandomExpressions(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	rounds := 400
	if testing.Short() {
		rounds = 60
	}
	matched, cuts := 0, 0
	for range rounds {
		var patterns []Pattern
		var oracles []func(string) bool
		var samplers []func() string
		for range 6 {
			expr := randomExpression(random, 4)
			if random.IntN(6) == 0 {
				expr += `\xbc|[\x80-\xbf]` + strings.Repeat("a", random.IntN(2)) + "b   "
			}
			p := Rx(expr)
			tree, bytes, err := parse(p)
			if err != nil {
				continue // a repetition of too much
			}
			s := &sampler{random: random, bytes: bytes}
			patterns, oracles = append(patterns, p), append(oracles, oracle(t, p))
			samplers = append(samplers, func() string { return s.text(tree) })
		}
		set := compile(t, patterns, Options{MaxMemory: 512 << 10, MaxWork: 1 << 20})
		cuts += set.Stats().Second
		var hits Hits
		for i := range patterns {
			for range 6 {
				value := samplers[i]()
				if random.IntN(2) == 0 {
					value += samplers[random.IntN(len(samplers))]()
				}
				if len(value) > 1<<12 {
					continue
				}
				for which := range patterns {
					checkAgree(t, set, &hits, patterns, oracles, value, which)
				}
				if hits.Has(i) {
					matched++
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	if cuts < rounds/10 || matched < rounds {
		t.Errorf("only %d expressions were cut and %d samples matched: the test proves less than it should", cuts, matched)
	}
}
