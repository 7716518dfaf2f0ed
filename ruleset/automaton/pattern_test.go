package automaton

import (
	"slices"
	"strings"
	"testing"
)

func TestRx_choosesTheReaderAsCorazaDoes(t *testing.T) {
	tests := []struct {
		name, expr string
		want       Kind
	}{
		{"plain", `select`, Regexp},
		{"Japanese", `検索|ー`, Regexp},
		{"escape of ASCII", `\x5cu`, Regexp},
		{"byte", `\xbcabc`, BinaryRegexp},
		{"byte in braces", `\x{bc}abc`, BinaryRegexp},
		{"bytes that are UTF-8 together", `\xe3\x81\x82abc`, Regexp},
		{"the first two of six digits count", `\x{01F600}abc`, Regexp},
		{"and may make a byte", `\x{f600}abc`, BinaryRegexp},
		{"escaped backslash before x", `\\xbcabc`, BinaryRegexp},
		{"escape at the very end", `abc\xbc`, BinaryRegexp},
		{"cut escape at the end", `abc\xb`, Regexp},
		{"no digits", `\xzzabc`, Regexp},
		{"one digit in braces", `\x{7}abcd`, Regexp},
		{"class of bytes", `[\x7f-\xff]`, BinaryRegexp},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Rx(test.expr).Kind; got != test.want {
				t.Errorf("got kind %d, want %d", got, test.want)
			}
		})
	}
}

func TestScan_findsLiterals(t *testing.T) {
	tests := []struct {
		name    string
		pattern Pattern
		yes, no []string
	}{
		{
			"phrases in either case of ASCII alone",
			Pattern{Kind: Phrases, Words: []string{"union", "kana", "検索", "uni corn"}},
			[]string{"UnIoN", "xunionx", "検索する", "uni CORN", "reunion"},
			[]string{"", "unio", "\u212aana with a Kelvin sign", "uni", "検 索"},
		},
		{"an empty phrase", Pattern{Kind: Phrases, Words: []string{"a", ""}}, []string{"", "x"}, nil},
		{"no phrases", Pattern{Kind: Phrases}, nil, []string{"", "x"}},
		{"phrases that are no UTF-8", Pattern{Kind: Phrases, Words: []string{"\xbc\xbd", "é"}}, []string{"\xbc\xbd", "x\xbc\xbdy", "É é"}, []string{"\xbc", "É"}},
		{"contains", Pattern{Kind: Contains, Expr: "ー/"}, []string{"サーバー/"}, []string{"ー", "/", "\xbc/"}},
		{"contains a broken byte", Pattern{Kind: Contains, Expr: "\xbc/"}, []string{"ー/", "\xbc/"}, []string{"\xff/", "\ufffd/"}},
		{"contains U+FFFD", Pattern{Kind: Contains, Expr: "\ufffd"}, []string{"a\ufffdb"}, []string{"\xff", "\xef\xbf"}},
		{"contains nothing", Pattern{Kind: Contains}, []string{"", "a"}, nil},
		{"begins with", Pattern{Kind: BeginsWith, Expr: "a.b"}, []string{"a.b", "a.bc"}, []string{"axb", "\na.b", "A.b", ""}},
		{"ends with", Pattern{Kind: EndsWith, Expr: ".php"}, []string{".php", "x.php"}, []string{".php\n", "xphp", ".PHP"}},
		{"equals", Pattern{Kind: Equals, Expr: "GET"}, []string{"GET"}, []string{"GET ", "get", "", "GET\n", "\nGET"}},
		{"equals nothing", Pattern{Kind: Equals}, []string{""}, []string{"a", "\n", "\xff"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// Alone and beside others, the answer is the same.
			for _, patterns := range [][]Pattern{{test.pattern}, {test.pattern, Rx(`(?i)[a-z]+.*x`), Rx(`\xff`), Rx(`^`)}} {
				set := compile(t, patterns, DefaultOptions())
				var hits Hits
				for want, values := range map[bool][]string{true: test.yes, false: test.no} {
					for _, value := range values {
						if !set.Scan(value, &hits) || hits.Has(0) != want {
							t.Errorf("%q: got %v, want %v", value, hits.Has(0), want)
						}
					}
				}
			}
		})
	}
}

func TestCompile_namesThePatternThatItCannotRead(t *testing.T) {
	_, err := Compile([]Pattern{Rx("a"), Rx("b("), Rx("c")}, DefaultOptions())
	if err == nil || !strings.Contains(err.Error(), "pattern 1") {
		t.Errorf("got %v, want an error that names pattern 1", err)
	}
	_, err = Compile([]Pattern{{Kind: 99}}, DefaultOptions())
	if err == nil || !strings.Contains(err.Error(), "pattern 0") {
		t.Errorf("got %v, want an error that names pattern 0", err)
	}
}

func TestCompile_dividesWhatTellsTooManyCharactersApart(t *testing.T) {
	var patterns []Pattern
	var words []string
	for r := '一'; r < '一'+600; r++ {
		patterns = append(patterns, Pattern{Kind: Contains, Expr: string(r)})
		words = append(words, string(r)+"x")
	}
	patterns = append(patterns, Pattern{Kind: Phrases, Words: words})
	set := compile(t, patterns, DefaultOptions())
	var hits Hits
	if !set.Scan("あ\u4e00い\u5057xう", &hits) {
		t.Fatal("not decided")
	}
	var got []int
	for id := range hits.All() {
		got = append(got, id)
	}
	if want := []int{0, 599, 600}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}

	var class strings.Builder
	for r := '一'; r < '一'+600; r++ {
		class.WriteString("[^" + string(r) + "]")
	}
	if _, err := Compile([]Pattern{Rx("a"), Rx(class.String())}, DefaultOptions()); err == nil || !strings.Contains(err.Error(), "pattern 1") {
		t.Errorf("got %v, want an error that names pattern 1", err)
	}
}
