package incident

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestWatched_keepsTheLastGoodFile(t *testing.T) {
	dir := t.TempDir()
	path, keep := filepath.Join(dir, "weights.yaml"), filepath.Join(dir, "kept")
	quiet := slog.New(slog.DiscardHandler)
	inForce := ""
	load := func(content []byte) error {
		if string(content) == "broken" {
			return errors.New("line 1: broken")
		}
		inForce = string(content)
		return nil
	}
	write := func(content string) {
		t.Helper()
		if err := writeWhole(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(when, content string, trouble bool, w *Watched) {
		t.Helper()
		if inForce != content || (w.Trouble() != nil) != trouble {
			t.Errorf("%s: %q in force with trouble %v, want %q and trouble %v", when, inForce, w.Trouble(), content, trouble)
		}
	}
	write("first")
	w := Watch(path, keep, 100, load, quiet)
	expect("at the start", "first", false, w)
	write("second")
	w.look(false)
	expect("changed", "second", false, w)
	write("broken")
	w.look(false)
	expect("broken", "second", true, w)
	inForce = ""
	expect("started again while broken", "second", true, Watch(path, keep, 100, load, quiet))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.look(false)
	expect("gone", "second", true, w)
	write("third")
	w.look(false)
	expect("repaired", "third", false, w)
	inForce = ""
	w.look(false)
	expect("not changed", "", false, w) // not read again
	write("longer than a hundred bytes: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")
	w.look(false)
	expect("too large", "", true, w)
}
