package transform_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// seeds are values in which the transformations have something to do.
var seeds = []string{
	"", " ", ".", "/", "//", "plain", "keep-alive", "A", "z", "\x00", "a\x00b\x00\x00",
	"お問い合わせ: サーバー/ネットワークの件でお願いします。　全角　スペース", "ＡＢＣａｂｃ１２３＜ｓｃｒｉｐｔ＞", "ｶﾀｶﾅ ﾊﾝｶｸ", "İstanbul ẞ K Å ſ ǅ Ⅷ",
	"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", "\xa4\xb3\xa4\xf3", "a\xffb", "\xe3\x81", "\xe3\x81\x82\xe3", "\xed\xa0\x80", "\xe0\x80\xaf", "\xf0\x9f\x98\x80 emoji \xf4\x90\x80\x80",
	"\xc2\xa0nbsp\xc2\x85nel \xa0\xa0 raw \x85", "a  b\t\tc\r\n d", " \t lead and trail \n", "à Å ą 你 \xa0",
	"%41%zz%4", "%u0041%U00e9%uff1c%u", "%u30b5%u30fc%uFF07", "a+b%20c%2B%%41", "%2527%u00", "%ufffd%u00a0%u2018%u",
	"&lt;script&gt; &amp;amp; &#60;&#x3C;&#X3c &#0;&#128;&#x80;&#159 &#xD800;&#x110000;&#99999999999999999999;", "&ltx &notit; &nGt; &ngE; &acE;", "&", "&#", "&#x", "&#x;", "&;", "&a", "&ngE;", "&CounterClockwiseContourIntegral;&CounterClockwiseContourIntegralx", "a=1&b=2&copy=3&para;",
	`\x41\u0041\u{41}\u{0ff01}\uff41\uFF07\101\400\777\8\n\t\"\'\\\?\z\u{}\u{1234567}\u{41`, `\`, `\\`, `a\`, `\x4`, `\u004`, `\0`, `\12`, `\x4g\xzz`,
	`\41 b\000041c\0 \ff1c\ff07 \d800\110000 \` + "\n" + `x\ ` + "\t" + `\g\`, "a\\65\x0cb", "\\",
	"SELECT/**/1", "/* a */ b /* c", "/*/ x */y", "*/", "<!-- a -->b<!--", "--", "a--b", "a#b", "-->", "- - >", "/**//**/x", "/**/", "/*a*/", "<!--x-->", "*/*/*", "/*--*/-->z",
	`C^md  /c "wh"oami; ls , (id) \/bin/'c'at`, " /", " '/", ",;(", "a ^ (b", "   ", "/ (",
	"/a/./b/../c//d/", "../../etc/passwd", "a/../..", "/..", "./", "./.", "a/..", "...", ".../..", "/a/b/../../..", "a/../../b/c/..", "..//..", "/.", "/../", "a/.",
	`C:\Windows\..\sys.ini::$DATA`, `a\b\c.txt. . /d:stream/`, "c:", "c:/", "1:/x:y", "a:b/", " ", " /", "x/ /y", "x/. ./y", ". .", ".. /a", "a./b.", `\\host\share\`, "a:b:c", "/:x/",
	"aGVsbG8=", "aGVs\r\nbG8", "a-_b..c d=e", "YQ", "YWI", "YWJj====", "a", "=", "aG V\x80s.bG8=",
	"48656c6c6f", "4g", "486", "DEADbeef",
	strings.Repeat("日本語 テキスト/", 200), strings.Repeat("a%41", 300), strings.Repeat("x", 600) + "\xff", strings.Repeat("é", 300) + "A",
}

// alone is each transformation as a chain, without and with multiMatch, which shows what it reports.
func alone() (chains []transform.Chain) {
	for _, name := range transform.Names() {
		chains = append(chains, transform.Chain{Steps: []string{name}}, transform.Chain{Steps: []string{name}, MultiMatch: true})
	}
	return chains
}

// checkAlone compares each transformation with Coraza's, and with what its mask promises.
func checkAlone(t *testing.T, o *oracle, chains []transform.Chain, value string) {
	t.Helper()
	for i, want := range o.seen(value, len(chains)) {
		chain := chains[i]
		tr, err := transform.Find(chain.Steps[0])
		if err != nil {
			t.Fatal(err)
		}
		out, changed := tr.Apply([]byte("before"), value)
		got := strings.TrimPrefix(string(out), "before")
		if !strings.HasPrefix(string(out), "before") {
			t.Fatalf("%s(%q) changed what was in dst: %q", tr.Name, value, out)
		}
		switch {
		case !chain.MultiMatch && (len(want) != 1 || got != want[0]):
			t.Errorf("%s(%q): got %q, want %q", tr.Name, value, got, want)
		case chain.MultiMatch && changed != (len(want) == 2):
			t.Errorf("%s(%q) reports %t, want %t", tr.Name, value, changed, len(want) == 2)
		}
		if (got != value || changed) && !tr.Always && !tr.Mask.Meets(value) {
			t.Errorf("%s(%q): got %q, yet no byte of it is in the mask", tr.Name, value, got)
		}
	}
}

func TestFind_knowsEveryTransformationThatCorazaHas(t *testing.T) {
	newOracle(t, alone()).close() // compiles: each of ours is one of Coraza's
	for _, name := range []string{"normalisePath", "normalisePathWin", "URLDECODEUNI"} {
		if _, err := transform.Find(name); err != nil {
			t.Errorf("Find(%q): %v", name, err)
		}
	}
	if got := len(transform.Names()); got != 31 {
		t.Errorf("%d transformations, want the 31 of Coraza 3.8.1 besides none and the two other spellings", got)
	}
	if _, err := transform.Find("none"); err == nil {
		t.Error("none is no transformation, yet it is found")
	}
}

func TestApply_isCorazaByteForByte(t *testing.T) {
	chains := alone()
	o := newOracle(t, chains)
	defer o.close()
	for _, value := range seeds {
		checkAlone(t, o, chains, value)
	}
	for b := range 256 { // and each byte, alone and behind what could make it part of something
		for _, before := range []string{"", `\`, "%4", "%u004", "&#4", "\xe3\x81", "/", "-", " ", "a"} {
			checkAlone(t, o, chains, before+string([]byte{byte(b)}))
		}
	}
}

func TestApply_decodesEachNamedEntityAsABrowserDoes(t *testing.T) {
	tr, err := transform.Find("htmlEntityDecode")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range transform.EntityNames() {
		for _, text := range []string{"&" + name, "&" + name + ";", "&" + name + "x", "&" + name[:len(name)-1], "&x" + name} {
			if out, _ := tr.Apply(nil, text); string(out) != html.UnescapeString(text) {
				t.Errorf("%q: got %q, want %q", text, out, html.UnescapeString(text))
			}
		}
	}
}

func TestApply_decodesEachPercentUAsCoraza(t *testing.T) {
	chains := []transform.Chain{{Steps: []string{"urlDecodeUni"}}}
	o := newOracle(t, chains)
	defer o.close()
	tr, err := transform.Find("urlDecodeUni")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for code := range 0x10000 {
		all.WriteString("%u")
		for shift := 12; shift >= 0; shift -= 4 {
			all.WriteByte("0123456789abcdef"[code>>shift&15])
		}
	}
	got, _ := tr.Apply(nil, all.String())
	if want := o.seen(all.String(), 1)[0][0]; string(got) != want {
		at := slices.IndexFunc(got, func(byte) bool { return true })
		for at < len(want) && got[at] == want[at] {
			at++
		}
		t.Errorf("%%u%04x: got %q, want %q", at, got[at], want[at])
	}
}

func FuzzApply_isCoraza(f *testing.F) {
	chains := alone()
	o := newOracle(f, chains)
	defer o.close()
	for _, value := range seeds {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) { checkAlone(t, o, chains, value) })
}

func TestActiveOn_namesAllThatChangeALongText(t *testing.T) {
	random := rand.New(rand.NewPCG(71, 72))
	pieces := []string{
		"日本語の文章。", "ー", "Ａ", "ａ", "\u3000", "\u00a0", "\u0085", "\xa0", "\xff", "\xe3\x81", "é", "É", "😀", "\u2028", "\u1680", "A", "a", "1", " ",
		"  ", "\n", "/", "\\", "&amp;", "%41", "\x00", "/*", "\ufeff", "Ⅷ", "㌔", "ﾊ", "\xed\xa0\x80", "\xe0\x80\x80",
	}
	calm := 0
	for range 3000 {
		text := strings.Repeat("日本語の文章。", 30)
		for range random.IntN(4) {
			text += pieces[random.IntN(len(pieces))] + strings.Repeat("の", random.IntN(9))
		}
		active := transform.ActiveOn(text)
		left := 0
		for _, name := range transform.Names() {
			step, err := transform.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(active, name) {
				continue
			}
			left++
			if out, changed := step.Apply(nil, text); changed || string(out) != text {
				t.Fatalf("%s changes %q, and was said not to", name, text)
			}
		}
		if left > 20 {
			calm++
		}
	}
	if calm < 300 {
		t.Errorf("%d of 3000 texts were left alone by most: the test proves less than it should", calm)
	}
}
