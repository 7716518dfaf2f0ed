package ruleset

import (
	"testing"

	"golang.org/x/text/encoding"
	ja "golang.org/x/text/encoding/japanese"
)

func TestJapanese_readsWhatUTF8CannotBe(t *testing.T) {
	for name, e := range map[string]encoding.Encoding{"Shift_JIS": ja.ShiftJIS, "EUC-JP": ja.EUCJP, "ISO-2022-JP": ja.ISO2022JP} {
		const want = "表示：ｓｃｒｉｐｔ"
		value, err := e.NewEncoder().String(want)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, got := range japanese(value) {
			found = found || got == want
		}
		if !found || !saysMore(value, want) {
			t.Errorf("%s: got %q, want %q among it", name, japanese(value), want)
		}
	}
	for _, plain := range []string{"", "abc", "サーバー/ネットワーク", "ﾔﾏﾀﾞ", "😀"} {
		if got := japanese(plain); got != nil {
			t.Errorf("%q is UTF-8, got %q", plain, got)
		}
	}
}

// The rule that keeps such requests out of the fast lane and the reader decide by one expression.
func FuzzForeign(f *testing.F) {
	f.Add("\x83T\x81[")
	f.Add("サーバー")
	f.Add("\x1b$B")
	f.Fuzz(func(t *testing.T, value string) {
		if len(japanese(value)) > 0 && !isForeign(value) {
			t.Errorf("%q is decoded but not marked", value)
		}
	})
}
