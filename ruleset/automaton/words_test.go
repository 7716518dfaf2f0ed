package automaton

import (
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

func TestWordsOf_areInWhateverMatches(t *testing.T) {
	tests := []struct {
		name, expr string
		want       []string
	}{
		{"a word", `(?i)Select`, []string{"select"}},
		{"the longer of two", `ab.*longer`, []string{"longer"}},
		{"one of each branch", `(?:union|select)\s`, []string{"select\t", "select\n", "select\f", "select\r", "select ", "union\t", "union\n", "union\f", "union\r", "union "}},
		{"a branch without one", `(?:union|.)`, nil},
		{"a class is spelled out", `ab[cd]e`, []string{"abce", "abde"}},
		{"a repetition stands next to both neighbours", `ab[cd]+ef`, []string{"abc", "abd"}},
		{"a repetition of nothing does not", `abcd*e`, []string{"abc"}},
		{"what may be missing", `foo(?:bar)?x`, []string{"foobarx", "foox"}},
		{"assertions take no room", `\bfoo\b\.bar$`, []string{"foo.bar"}},
		{"letters that fold beyond ASCII", `(?i)kiss`, []string{"kiss"}},
		{"characters beyond ASCII are passed over", `あいうabc`, []string{"abc"}},
		{"three or more dots", `\.{2,3}/`, []string{"../"}},
		{"ordinary words are avoided", `</title>.*webshell`, []string{"webshell"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pattern := Pattern{Kind: Regexp, Expr: "(?s)" + tt.expr}
			tree, bytes, err := parse(pattern)
			if err != nil {
				t.Fatal(err)
			}
			if got := wordsOf(pattern, trim(tree), bytes); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWordsOf_missNoMatchOfRandomExpressions(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	known := 0
	for range 3000 {
		pattern := Pattern{Kind: Regexp, Expr: "(?sm)" + randomExpression(random, 4)}
		tree, bytes, err := parse(pattern)
		if err != nil {
			continue // a repetition of too much
		}
		words := wordsOf(pattern, trim(tree), bytes)
		if shortest(words) == 0 {
			continue
		}
		known++
		matches := oracle(t, pattern)
		s := &sampler{random: random}
		for range 8 {
			value := s.text(tree)
			if len(value) > 1<<12 || !matches(value) {
				continue
			}
			small := strings.Map(smallASCII, strings.NewReplacer("ſ", "s", "\u212a", "k").Replace(value))
			if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(small, word) }) {
				t.Fatalf("%s matches %q, which holds none of %q", pattern.Expr, value, words)
			}
			if need := rareSigns(words); need != 0 && need&signsOf(value) == 0 {
				t.Fatalf("%s matches %q, which holds none of the signs of %q", pattern.Expr, value, words)
			}
			if text := commonSigns(words); !strings.Contains(value, text) {
				t.Fatalf("%s matches %q, which does not hold %q", pattern.Expr, value, text)
			}
		}
	}
	if known < 500 {
		t.Errorf("only %d expressions had words: the test proves less than it should", known)
	}
}

func smallASCII(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func TestFilter_findsItsWordsWhereverTheyStand(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	words := filterWords{}
	list := []string{"select", "union all", "<script", "zzzz", "kiss me", "java.lang", "a1b2c3d4e5", "....", "{{{{"}
	for i, word := range list {
		words.add(i, []string{word})
	}
	words.add(len(list), []string{"select", "kiss me"})
	f := newFilter(words)
	pieces := append([]string{"日本語", "\xff", "a", "sel", "ect", "ſ", "\u212a", " ", "[[[[", "....", "SELECT", "Kiss Me"}, list...)
	for range 20000 {
		var b strings.Builder
		for range random.IntN(7) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		value := b.String()
		may := NewSelection(len(list) + 1)
		f.find(value, may)
		small := strings.Map(smallASCII, strings.NewReplacer("ſ", "s", "\u212a", "k").Replace(value))
		for i, word := range list {
			if got, want := may.has(i), strings.Contains(small, word); got != want {
				t.Fatalf("%q in %q: got %v, want %v", word, value, got, want)
			}
		}
		if got, want := may.has(len(list)), may.has(0) || may.has(4); got != want {
			t.Fatalf("two words in %q: got %v, want %v", value, got, want)
		}
	}
}

func TestSigns_areThoseOfEachByte(t *testing.T) {
	random := rand.New(rand.NewPCG(51, 52))
	for range 5000 {
		value := make([]byte, random.IntN(40))
		var want signs
		for i := range value {
			value[i] = byte(random.IntN(256))
			if random.IntN(2) == 0 {
				value[i] |= 0x80
			}
			want |= signOf[value[i]]
		}
		if got := signsOf(string(value)); got != want {
			t.Fatalf("%q: got %x, want %x", value, got, want)
		}
	}
}

func TestScanFor_answersAboutWhatIsWanted(t *testing.T) {
	random := rand.New(rand.NewPCG(61, 62))
	patterns := rxPatterns(crsExpressions(t, 1, true))
	set := compile(t, patterns, Options{MaxMemory: 8 << 20, MaxWork: 1 << 20})
	var all, some Hits
	for range 400 {
		i := random.IntN(len(patterns))
		tree, bytes, err := parse(patterns[i])
		if err != nil {
			t.Fatal(err)
		}
		value := (&sampler{random: random, bytes: bytes}).text(tree)
		if random.IntN(2) == 0 {
			value += strings.Repeat("日本語の文章。", 40)
		}
		wanted := NewSelection(len(patterns))
		wanted.Add(i)
		for range random.IntN(8) {
			wanted.Add(random.IntN(len(patterns)))
		}
		if !set.Scan(value, &all) || !set.ScanFor(value, wanted, &some) {
			t.Fatalf("not decided: %q", value)
		}
		for id := range patterns {
			if wanted.has(id) && all.Has(id) != some.Has(id) {
				t.Errorf("pattern %d on %q: got %v, among all %v", id, value, some.Has(id), all.Has(id))
			}
		}
	}
}

func TestClasses_ofThreeAgreesWithFind(t *testing.T) {
	p := &program{}
	for id, expr := range []string{`[あ-ん]`, `\x{3000}`, `(?i)ｋ`, `[^\x{100}-\x{2FFF}]`, `\pL`, `\ufffd`} {
		tree, err := syntax.Parse(strings.ReplaceAll(expr, `\ufffd`, "\ufffd"), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.add(tree, id); err != nil {
			t.Fatal(err)
		}
	}
	c, ok := partition(p, false)
	if !ok {
		t.Fatal("too many classes")
	}
	for r := rune(0x80); r < 0x20000; r++ {
		text := string(r) // surrogates become U+FFFD
		want := c.find([]rune(text)[0])
		class := c.ofThree(text, 0)
		if class == noClass {
			class, _ = c.beyond(text, 0)
		}
		if class != want {
			t.Fatalf("%U: got class %d, want %d", r, class, want)
		}
	}
	for _, broken := range []string{"\xed\xa0\x80", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xc0\xaf", "\xc1\xbf", "\xff", "\xe3\x81", "\xf4\x90\x80\x80", "\x80"} {
		class := c.ofThree(broken, 0)
		if class != noClass {
			t.Errorf("%q: got class %d for three bytes, want none", broken, class)
		}
		if class, width := c.beyond(broken, 0); class != c.broken || width != 1 {
			t.Errorf("%q: got class %d and width %d, want %d and 1", broken, class, width, c.broken)
		}
	}
}
