package ruleset

import (
	"net/url"
	"testing"
)

func TestUnescape_decodesWhatIsAnEscape(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"nothing to do", "abc", "abc"},
		{"plus", "a+b", "a b"},
		{"Japanese", "%E3%81%82", "あ"},
		{"both cases", "%3c%3C", "<<"},
		{"no escape", "100%", "100%"},
		{"half an escape", "%3", "%3"},
		{"not hexadecimal", "%zz%4", "%zz%4"},
		{"NUL", "a%00b", "a\x00b"},
	}
	for _, tt := range tests {
		if got := unescape(tt.input); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	for _, seed := range []string{"", "%", "%E3%81%82", "a+b", "%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := url.QueryUnescape(s)
		if got := unescape(s); err == nil && got != want {
			t.Fatalf("unescape(%q) = %q, want %q", s, got, want)
		}
	})
}
