package sample

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho"
)

// Fuzz runs a decoder over mutations of some lines, and of the samples of a vendor's folders where they are present. A
// decoder never panics, writes valid UTF-8 only, knows the class and outcome it gives, and leaves alone what is not its own.
func Fuzz(f *testing.F, decode Decoder, seeds []string, folders ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	for _, folder := range folders {
		files, _ := filepath.Glob(filepath.Join(root(), "data", "sensors", folder, "lines.log"))
		for _, file := range files {
			if content, err := os.ReadFile(file); err == nil {
				f.Add(content[:min(len(content), 2000)])
			}
		}
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		r := Read(string(input))
		var e sekisho.Event
		if !decode(&r, &e) {
			if !reflect.DeepEqual(e, sekisho.Event{}) {
				t.Fatalf("refused %q and yet wrote %+v", input, e)
			}
			return
		}
		if e.Vendor == "" || e.Class == "" || e.Outcome == "" || e.Source == "" {
			t.Fatalf("%q: vendor %q, class %q, outcome %q, source %q: each must be said", input, e.Vendor, e.Class, e.Outcome, e.Source)
		}
		v := reflect.ValueOf(e)
		for i := range v.NumField() {
			if text := v.Field(i); text.Kind() == reflect.String && !utf8.ValidString(text.String()) {
				t.Fatalf("%q: %s is not UTF-8: %q", input, v.Type().Field(i).Name, text.String())
			}
		}
	})
}
