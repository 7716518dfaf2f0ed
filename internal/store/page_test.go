package store

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestCursor_comesBackAsThePlaceItNames(t *testing.T) {
	for _, want := range []place{{0, "E1"}, {-62135596800000000, "x"}, {1 << 62, "06QK3F7N9XVBT2RD"}} {
		got, err := parseCursor(want.cursor())
		if err != nil || got != want {
			t.Errorf("got %v (%v), want %v", got, err, want)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(place{1775044800123456, "06QK3F7N9XVBT2RD"}.cursor())
	f.Add("")
	f.Add("AQ==")
	f.Fuzz(func(t *testing.T, cursor string) {
		got, err := parseCursor(cursor)
		if err != nil {
			if sekisho.KindOf(err) != sekisho.KindInvalid {
				t.Errorf("%q: got %v, want an invalid error", cursor, err)
			}
			return
		}
		if again, err := parseCursor(got.cursor()); err != nil || again != got {
			t.Errorf("%q: got %v (%v) the second time, want %v", cursor, again, err, got)
		}
	})
}
