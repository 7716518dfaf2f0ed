package body

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func packed(t *testing.T, pack func(io.Writer) io.WriteCloser, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pack(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpacks_tellsBombsFromLargeBodies(t *testing.T) {
	codings := map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"X-GZIP ": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"Deflate": func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 6); return f },
	}
	words := rand.New(rand.NewPCG(1, 1))
	var text strings.Builder
	for text.Len() <= maxUnpacked*5/4 {
		text.WriteString([]string{"name", "value", "検索", "12", "\n", " "}[words.IntN(6)])
	}
	for coding, pack := range codings {
		for _, test := range []struct {
			name, text string
			fault      Fault
			beyond     bool
		}{
			{"a form", "a=b", none, false},
			{"what the rules read", strings.Repeat("a", maxUnpacked), none, false},
			{"a long text", text.String(), none, true},
			{"a bomb", strings.Repeat("a", maxUnpacked*3/2), Swollen, true},
		} {
			body := packed(t, pack, test.text)
			if fault, beyond := Unpacks(coding, body); fault != test.fault || beyond != test.beyond {
				t.Errorf("%s in %s: %q, beyond %v; want %q, %v", test.name, coding, fault, beyond, test.fault, test.beyond)
			}
			if fault, _ := Unpacks(coding, body[:len(body)/2]); fault != none && test.fault == none {
				t.Errorf("half of %s in %s: %q", test.name, coding, fault)
			}
		}
	}
	for _, coding := range []string{"", "identity", "br", "gzip, gzip", "gzip"} {
		if fault, beyond := Unpacks(coding, []byte("no gzip")); fault != none || beyond {
			t.Errorf("%q: %q, %v", coding, fault, beyond)
		}
	}
}

// Whatever stands there, unpacking ends.
func FuzzUnpacks(f *testing.F) {
	f.Add("gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x4a\x04\x04\x00\x00\xff\xff"))
	f.Add("deflate", []byte("\x78\x9c\x4a\x04\x04\x00\x00\xff\xff"))
	f.Fuzz(func(_ *testing.T, coding string, b []byte) { Unpacks(coding, b) })
}
