package automaton

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"testing"
)

func TestCut_keepsWhatComesBeforeAGap(t *testing.T) {
	tests := []struct{ name, expr, want string }{
		{"gap after a word", `(?s)select.*from`, `select`},
		{"no gap", `union\s+all`, `union\s+all`},
		{"gap too early", `(?s)a.*b`, `a.*b`},
		{"one branch of several", `(?s)(?:select.*|union )from`, `select|union from`},
		{"in rounds of a repetition", `(?s)x(?:abc.*|d)+e`, `xd*abc|xd+e`},
		{"inside a branch that goes on", `(?s)(?:(?:abc.*|d)e|f)g`, `abc|(?:de|f)g`},
		{"two gaps behind each other", `(?s)(?:(?:abc.*|d)(?:hij.*|k)|f)g`, `abc|dhij|(?:dk|f)g`},
		{"rare signs", `(?s)\$\{.*\}`, `\$\{`},
		{"a class without letters is no gap", `select[\s(]*from`, `select[\s(]*from`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			prefix, _, _ := cut(trim(mustParse(t, test.expr)))
			got, want := mustParse(t, trim(prefix).String()).Simplify(), mustParse(t, "(?s)"+test.want).Simplify()
			if !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestCut_losesNoMatch(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	cuts, matched := 0, 0
	for range 1500 {
		tree, err := syntax.Parse("(?s)"+randomExpression(random, 5), syntax.Perl)
		if err != nil {
			continue // a repetition of too much
		}
		prefix, changed, _ := cut(trim(tree))
		if !changed {
			continue
		}
		cuts++
		whole, before := regexp.MustCompile(tree.String()), regexp.MustCompile(trim(prefix).String())
		s := &sampler{random: random}
		for range 12 {
			value := string(s.walk(nil, tree))
			if !whole.MatchString(value) {
				continue
			}
			matched++
			if !before.MatchString(value) {
				t.Fatalf("%s matches %q, %s does not", whole, value, before)
			}
		}
	}
	if cuts < 50 || matched < 200 {
		t.Errorf("only %d cuts and %d matches: the test proves less than it should", cuts, matched)
	}
	t.Logf("%d cuts, %d matches", cuts, matched)
}

func mustParse(t *testing.T, expr string) *syntax.Regexp {
	t.Helper()
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
