package view

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestShow_makesWhatActsVisible(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"plain", "/search?q=腕時計 1", "/search?q=腕時計 1"},
		{"markup stays as it is", `<script>alert(1)</script>`, `<script>alert(1)</script>`},
		{"escape", "\x1b[31mred", "[U+001B][31mred"},
		{"bidi mark", "\u202egnp.exe", "[U+202E]gnp.exe"},
		{"zero width", "a\u200bb", "a[U+200B]b"},
		{"line separator", "a\u2028b\nc\td", "a[U+2028]b[U+000A]c[U+0009]d"},
		{"invalid UTF-8", "a\xffb", "a[0xFF]b"},
		{"a real replacement character", "a\ufffdb", "a\ufffdb"},
		{"filler that looks empty", "a\u3164b\u00a0c", "a[U+3164]b[U+00A0]c"},
		{"Japanese space", "a\u3000b", "a\u3000b"},
		{"variation selector", "a\U000E0100b", "a[U+E0100]b"},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			for _, segment := range Show(tt.value) {
				if segment.Code {
					got.WriteString("[" + segment.Text + "]")
				} else {
					got.WriteString(segment.Text)
				}
			}
			if got.String() != tt.want {
				t.Errorf("got %q, want %q", got.String(), tt.want)
			}
		})
	}
}

func TestShow_cutsWhatIsTooLong(t *testing.T) {
	if got := utf8.RuneCountInString(Visible(strings.Repeat("長", 100_000))); got != evidenceLimit+1 {
		t.Errorf("%d characters shown, want %d and an ellipsis", got, evidenceLimit)
	}
}

func FuzzShow(f *testing.F) {
	f.Add("\x1b]0;\u202e\xff")
	f.Fuzz(func(t *testing.T, value string) {
		for _, r := range Visible(value) {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%q still holds %U", value, r)
			}
		}
	})
}
