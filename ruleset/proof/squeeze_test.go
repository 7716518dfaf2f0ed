package proof

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

func TestSqueezed_agreesWithLookingAtTheTransformedText(t *testing.T) {
	const word = "<title>shell</title>"
	link := &seclang.Link{Transformations: []string{"removeWhitespace", "lowercase"}, Operator: &seclang.Operator{Name: "contains", Argument: word}}
	matches := squeezed(link, word)
	if matches == nil {
		t.Fatal("not recognised")
	}
	random := rand.New(rand.NewPCG(5, 6))
	noise := []string{"<", "t", "T", "\u212a", "İ", "ſ", " ", "\u3000", "\u00a0", "\xa0", "\x85", "\xff", "題", "\n", word, "<title>", "SHELL", "</tItLe>", "> "}
	matched := 0
	for range 20000 {
		var text strings.Builder
		for range random.IntN(6) {
			text.WriteString(noise[random.IntN(len(noise))])
		}
		for i := range len(word) { // the word with something between its letters
			if c := word[i : i+1]; random.IntN(2) == 0 {
				text.WriteString(strings.ToUpper(c))
			} else {
				text.WriteString(c)
			}
			if random.IntN(12) == 0 {
				text.WriteString(noise[random.IntN(len(noise))])
			}
		}
		squeezedText, ok := applyAll(link.Transformations, text.String())
		if !ok {
			t.Fatal("a transformation is missing")
		}
		want := strings.Contains(squeezedText, word)
		if got := matches(text.String()); got != want {
			t.Fatalf("%q: got %v, want %v", text.String(), got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 || matched > 19000 {
		t.Errorf("%d of 20000 matched: the test proves less than it should", matched)
	}
}

func TestSqueezed_leavesOtherLinksAlone(t *testing.T) {
	tests := []struct {
		name, word string
		link       seclang.Link
	}{
		{"another step", "<a", seclang.Link{Transformations: []string{"removeWhitespace", "lowercase", "urlDecode"}}},
		{"letters first", "shell", seclang.Link{Transformations: []string{"removeWhitespace", "lowercase"}}},
		{"capitals", "<A", seclang.Link{Transformations: []string{"removeWhitespace", "lowercase"}}},
		{"white space", "<a b", seclang.Link{Transformations: []string{"removeWhitespace", "lowercase"}}},
		{"each step", "<a", seclang.Link{Transformations: []string{"removeWhitespace", "lowercase"}, MultiMatch: true}},
		{"white space stays", "<a", seclang.Link{Transformations: []string{"lowercase"}}},
		{"nothing", "", seclang.Link{Transformations: []string{"removeWhitespace", "lowercase"}}},
	}
	for _, tt := range tests {
		tt.link.Operator = &seclang.Operator{Name: "contains", Argument: tt.word}
		if squeezed(&tt.link, tt.word) != nil {
			t.Errorf("%s: got a function, want none", tt.name)
		}
	}
}
