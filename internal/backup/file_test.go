package backup

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

const passphrase = "a passphrase of the test"

func written(t *testing.T, entries ...Entry) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := Create(&file, Header{Schema: 3}, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.Put(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func read(file []byte, passphrase string) (entries []Entry, err error) {
	r, err := Open(bytes.NewReader(file), passphrase)
	if err != nil {
		return nil, err
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
}

// many are entries that take several parts, also when they are packed.
func many() (entries []Entry) {
	noise := uint32(1)
	for range 30 {
		data := make([]byte, 10_000)
		for i := range data {
			noise = noise*1664525 + 1013904223
			data[i] = byte(noise >> 24)
		}
		entries = append(entries, Entry{File: "f", Data: data})
	}
	return append(entries, Entry{Table: "t", Columns: []string{"a", "b", "c", "d", "e"}, Values: []Value{{int64(1) << 62}, {"関所\x00\""}, {[]byte{0, 255}}, {nil}, {[]byte{}}}})
}

func TestBackup_comesBackAsItWas(t *testing.T) {
	for _, want := range [][]Entry{nil, many()} {
		got, err := read(written(t, want...), passphrase)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %d entries (%v), want %d as they were", len(got), err, len(want))
		}
	}
}

func TestBackup_opensWholeOrNotAtAll(t *testing.T) {
	file := written(t, many()...)
	sealed := bytes.IndexByte(file[len(magic):], '\n') + len(magic) + 1
	flip := func(at int) []byte {
		changed := bytes.Clone(file)
		changed[at] ^= 1
		return changed
	}
	const one = part + 16
	swapped := append(append(bytes.Clone(file[:sealed]), file[sealed+one:sealed+2*one]...), append(bytes.Clone(file[sealed:sealed+one]), file[sealed+2*one:]...)...)
	for _, c := range []struct {
		name, passphrase string
		file             []byte
		want             string
	}{
		{"another passphrase", passphrase + "!", file, "passphrase"},
		{"a short passphrase", "short", file, "at least 16"},
		{"nothing", passphrase, nil, "not a backup"},
		{"another file", passphrase, []byte(strings.Repeat("x", 1000)), "not a backup"},
		{"a changed schema in the header", passphrase, bytes.Replace(file, []byte(`"schema":3`), []byte(`"schema":2`), 1), "damaged"},
		{"a bit of the first part", passphrase, flip(sealed + 5), "damaged"},
		{"a bit in the middle", passphrase, flip(len(file) / 2), "damaged"},
		{"the last bit", passphrase, flip(len(file) - 1), "damaged"},
		{"cut in a part", passphrase, file[:len(file)-100], "damaged"},
		{"cut between parts", passphrase, file[:sealed+2*one], "damaged"},
		{"only a header", passphrase, file[:sealed], "damaged"},
		{"more behind the end", passphrase, append(bytes.Clone(file), 'x'), "damaged"},
		{"two parts swapped", passphrase, swapped, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(c.file, c.passphrase)
			if sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(sekisho.MessageOf(err), c.want) {
				t.Errorf("got %v, want an invalid error with %q", err, c.want)
			}
		})
	}
}

func TestOpen_refusesANewerForm(t *testing.T) {
	file := bytes.Replace(written(t), []byte(`"format":1`), []byte(`"format":9`), 1)
	if _, err := Open(bytes.NewReader(file), passphrase); sekisho.KindOf(err) != sekisho.KindConflict || !strings.Contains(err.Error(), "newer sekisho") {
		t.Errorf("got %v, want a conflict with a newer form", err)
	}
}
