package transform_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// fragments are what transformations look for. Put together at random they meet in ways that single bytes seldom do.
var fragments = []string{
	"%", "%u", "%U00", "4", "1", "f", "ff", "F0", "+", " ", "  ", "\t", "\n", "\r", "\v", "\x00", "&", "#", "x", "X", ";", "lt", "amp", "notin", "nGt",
	`\`, "u", "{", "}", "0", "7", "8", "n", "'", `"`, "^", ",", "(", "/", "*", "/*", "*/", "<!--", "-->", "--", "-", "<", "!", ">", ".", "..", "/../", "./",
	":", "c:", "$DATA", "A", "Z", "a", "z", "é", "İ", "あ", "　", "ー", "漢", "Ａ", "＜", "😀", "\x80", "\x85", "\xa0", "\xc2", "\xe3", "\xe3\x81", "\xf0\x9f", "\xff", "=", "_", "YWJj",
	// As long as what is passed over at once, so that what follows stands right behind it.
	"あいうえおかきく", "日本語の文", "ただだだただだだ", "\u00a0\u00a0あい\u0085うえ", "\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0", "\U0010ffff", "\U000f4240", "ǅⅧＡＢＣＤ",
}

func randomValue(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(14) {
		b.WriteString(fragments[r.IntN(len(fragments))])
	}
	return b.String()
}

func TestApply_isCorazaForFragmentsInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same values each time
	each := alone()
	single, many, more := newOracle(t, each), newOracle(t, levelOne), newOracle(t, awkward)
	defer single.close()
	defer many.close()
	defer more.close()
	v := transform.AcquireValues()
	defer v.Release()
	for range 2000 {
		value := randomValue(r)
		checkAlone(t, single, each, value)
		checkTree(t, many, levelOne, v, value)
		checkTree(t, more, awkward, v, value)
		if t.Failed() {
			return
		}
	}
}
