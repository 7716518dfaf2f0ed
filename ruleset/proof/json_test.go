package proof

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestJSON_givesUpOnWhatReadersReadDifferently(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"object", `{"a":[1,-2.5e+3,true,false,null,"x\u00e9\n"],"b":{}}`, true},
		{"white space", " [ ] \r\n", true},
		{"nothing", "", false},
		{"a number", "1", false},
		{"text behind", "{} x", false},
		{"comma at the end", "[1,]", false},
		{"no comma", "[1 2]", false},
		{"no colon", `{"a" 1}`, false},
		{"name without quotes", `{a:1}`, false},
		{"not closed", `{"a":"b`, false},
		{"leading zero", "[01]", false},
		{"NaN", "[NaN]", false},
		{"control character", "[\"a\nb\"]", false},
		{"unknown escape", `["\x41"]`, false},
		{"half a pair", `["\ud83d"]`, false},
		{"broken UTF-8", "[\"\xbc\"]", false},
		{"too deep", strings.Repeat("[", 9) + strings.Repeat("]", 9), false},
		{"too many values", "[" + strings.Repeat("1,", 20) + "1]", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScan()
			s.begin(&side{}, 0)
			if got := s.json(tt.text, 20, 8); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestPlainUntil_stopsAtWhatItShould(t *testing.T) {
	pieces := []string{"a", "日", "\"", "\\", "\x1f", " ", "!", "#", "[", "]", "\x00", "\xff", "\x80", "\xa2", "\xdc", "abcdefgh"}
	random := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		var b strings.Builder
		for range random.IntN(14) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		text := b.String()
		from := random.IntN(len(text) + 1)
		want := len(text)
		if at := strings.IndexFunc(text[from:], func(r rune) bool { return r == '"' || r == '\\' || r < ' ' }); at >= 0 {
			want = from + at
		}
		if got := plainUntil(text, from); got != want {
			t.Fatalf("%q from %d: got %d, want %d", text, from, got, want)
		}
	}
}
