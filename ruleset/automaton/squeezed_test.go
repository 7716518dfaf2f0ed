package automaton

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
)

func TestLacksWords_isNeverSaidOfATextThatMatchesWhenSqueezed(t *testing.T) {
	random := rand.New(rand.NewPCG(81, 82))
	patterns := []Pattern{
		Rx(`(?i)<object[\s/]`), Rx(`url\(javascript`), Rx(`implementation`), Rx(`(?i)kiss me`),
		{Kind: Phrases, Words: []string{"document.cookie", "zzzz"}},
		Rx(`(?:union|select)x`), Rx(`a{4}`),
	}
	set := compile(t, patterns, DefaultOptions())
	words := []string{"<object ", "url(javascript", "implementation", "kiss me", "kissme", "document.cookie", "zzzz", "unionx", "selectx", "aaaa"}
	between := []string{" ", "\x00", "\u3000", "\n", "\u00a0", "\u2028", "日", "\xff", "\xe3\x80", "\xa0"}
	forms := strings.NewReplacer("i", "\u0130", "k", "\u212a", "s", "\u017f")
	lacking, matched := 0, 0
	for range 12000 {
		var b strings.Builder
		for range 1 + random.IntN(3) {
			b.WriteString(between[random.IntN(len(between))])
			word := words[random.IntN(len(words))]
			if random.IntN(4) == 0 {
				word = forms.Replace(word)
			}
			for _, r := range word {
				if random.IntN(3) == 0 {
					r = unicode.ToUpper(r)
				}
				if random.IntN(40) > 0 {
					b.WriteRune(r)
				}
				if random.IntN(5) == 0 {
					b.WriteString(between[random.IntN(len(between))])
				}
			}
		}
		text := b.String()
		small := strings.Map(unicode.ToLower, text)
		noZeros := strings.ReplaceAll(text, "\x00", "")
		noSpaces := strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, noZeros)
		var hits Hits
		for _, squeezed := range []string{text, small, noZeros, noSpaces, strings.Map(unicode.ToLower, noSpaces)} {
			if !set.Scan(squeezed, &hits) {
				t.Fatalf("not decided: %q", squeezed)
			}
			for id := range patterns {
				wanted := NewSelection(len(patterns))
				wanted.Add(id)
				lacks := set.LacksWords(text, wanted)
				if hits.Has(id) {
					matched++
					if lacks {
						t.Fatalf("pattern %d matches %q, and %q was said to lack its words", id, squeezed, text)
					}
				}
				if lacks {
					lacking++
				}
			}
		}
	}
	if lacking < 4000 || matched < 4000 {
		t.Errorf("said of %d, %d matched: the test proves less than it should", lacking, matched)
	}
}

func TestLacksWords_isSaidOfPatternsWithWordsAlone(t *testing.T) {
	set := compile(t, []Pattern{Rx(`implementation`), Rx(`[a-z]+x`)}, DefaultOptions())
	for id, want := range []bool{true, false} {
		wanted := NewSelection(2)
		wanted.Add(id)
		if got := set.LacksWords("an ordinary text", wanted); got != want {
			t.Errorf("pattern %d: got %v, want %v", id, got, want)
		}
	}
}
