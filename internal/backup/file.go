package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/sekisho-waf/sekisho"
)

// Header is what stands in front of a backup, for everybody to read.
type Header struct {
	Format  int       `json:"format"`  // of the file; see [Format]
	Schema  int       `json:"schema"`  // of the records
	Program string    `json:"program"` // that wrote it
	Created time.Time `json:"created"`
	Salt    []byte    `json:"salt"`
}

// Format is the newest form of the file that this program knows.
const Format = 1

// MinPassphrase is how many characters a passphrase needs.
const MinPassphrase = 16

const (
	magic     = "sekisho-backup\n"
	part      = 64 << 10
	maxHeader = 4 << 10
)

// Entry is one thing in a backup: a row of a table, a piece of a file, or the end with what must have come before it.
type Entry struct {
	Table   string   `json:"t,omitempty"`
	Columns []string `json:"c,omitempty"`
	Values  []Value  `json:"v,omitempty"`

	File string `json:"f,omitempty"` // path in the data directory, with slashes
	Mode uint32 `json:"m,omitempty"`
	Data []byte `json:"d,omitempty"`

	End int64 `json:"end,omitempty"` // how many entries came before, plus one
}

// Value is an int64, a string, a []byte or nil.
type Value struct{ V any }

// MarshalJSON writes bytes in an object of their own, so that they are told from text.
func (v Value) MarshalJSON() ([]byte, error) {
	if data, ok := v.V.([]byte); ok {
		return json.Marshal(struct {
			B []byte `json:"b"`
		}{data})
	}
	return json.Marshal(v.V)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (v *Value) UnmarshalJSON(text []byte) error {
	switch {
	case bytes.Equal(text, []byte("null")):
		v.V = nil
		return nil
	case len(text) > 0 && text[0] == '"':
		var s string
		err := json.Unmarshal(text, &s)
		v.V = s
		return err
	case len(text) > 0 && text[0] == '{':
		var b struct {
			B []byte `json:"b"`
		}
		err := json.Unmarshal(text, &b)
		if b.B == nil {
			b.B = []byte{}
		}
		v.V = b.B
		return err
	}
	var n int64
	err := json.Unmarshal(text, &n)
	v.V = n
	return err
}

// sealer returns the cipher of a passphrase and a salt: 64 MiB and a fraction of a second for each guess.
func sealer(passphrase string, salt []byte) (cipher.AEAD, error) {
	if len(passphrase) < MinPassphrase {
		return nil, sekisho.Invalid(fmt.Sprintf("the passphrase of a backup needs at least %d characters, such as the output of: openssl rand -hex 32", MinPassphrase))
	}
	block, err := aes.NewCipher(argon2.IDKey([]byte(passphrase), salt, 3, 64<<10, 1, 32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// nonce numbers the parts and marks the last one.
func nonce(n uint64, last bool) []byte {
	var b [12]byte
	binary.BigEndian.PutUint64(b[3:], n)
	if last {
		b[11] = 1
	}
	return b[:]
}

// Writer writes a backup. Nothing is good before Close has returned nil.
type Writer struct {
	out     io.Writer
	aead    cipher.AEAD
	header  []byte
	pending []byte
	n       uint64
	zip     *gzip.Writer
	entries int64
}

// Create writes the header to out, with a salt of its own. KindInvalid: the passphrase is too short.
func Create(out io.Writer, h Header, passphrase string) (*Writer, error) {
	h.Format, h.Salt = Format, make([]byte, 16)
	_, _ = rand.Read(h.Salt) // never fails (crypto/rand, Go 1.24)
	aead, err := sealer(passphrase, h.Salt)
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encoding the header of a backup: %w", err)
	}
	w := &Writer{out: out, aead: aead, header: append([]byte(magic), append(line, '\n')...)}
	if _, err := out.Write(w.header); err != nil {
		return nil, fmt.Errorf("writing the header of a backup: %w", err)
	}
	w.zip = gzip.NewWriter(sealing{w})
	return w, nil
}

type sealing struct{ *Writer }

func (s sealing) Write(p []byte) (int, error) {
	s.pending = append(s.pending, p...)
	for len(s.pending) > part {
		if err := s.flush(s.pending[:part], false); err != nil {
			return 0, err
		}
		s.pending = append(s.pending[:0], s.pending[part:]...)
	}
	return len(p), nil
}

func (w *Writer) flush(plain []byte, last bool) error {
	_, err := w.out.Write(w.aead.Seal(nil, nonce(w.n, last), plain, w.header))
	w.n++
	return err
}

// Put adds an entry.
func (w *Writer) Put(e Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding an entry of a backup: %w", err)
	}
	w.entries++
	if _, err := w.zip.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing a backup: %w", err)
	}
	return nil
}

// Close writes the end.
func (w *Writer) Close() error {
	if err := w.Put(Entry{End: w.entries + 1}); err != nil {
		return err
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("writing a backup: %w", err)
	}
	if err := w.flush(w.pending, true); err != nil {
		return fmt.Errorf("writing the end of a backup: %w", err)
	}
	return nil
}

// Reader reads a backup.
type Reader struct {
	Header Header

	in      *bufio.Reader
	aead    cipher.AEAD
	header  []byte
	plain   []byte
	n       uint64
	ended   bool
	lines   *json.Decoder
	entries int64
	done    bool
}

// Open reads the header. KindInvalid: this is no backup, it is damaged, or the passphrase is another one. KindConflict: its
// form is of a newer Sekisho.
func Open(in io.Reader, passphrase string) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, part+64)}
	start := make([]byte, len(magic))
	if _, err := io.ReadFull(r.in, start); err != nil || string(start) != magic {
		return nil, sekisho.Invalid("this file is not a backup of sekisho")
	}
	line, err := r.in.ReadSlice('\n')
	if err != nil || len(line) > maxHeader || json.Unmarshal(line, &r.Header) != nil {
		return nil, damaged("its header cannot be read")
	}
	r.header = append(start, line...)
	if r.Header.Format > Format {
		return nil, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("the backup has form %d, and this sekisho knows forms up to %d: use the newer sekisho that wrote it", r.Header.Format, Format)}
	}
	if r.aead, err = sealer(passphrase, r.Header.Salt); err != nil {
		return nil, err
	}
	zip, err := gzip.NewReader(opening{r})
	if err != nil {
		return nil, r.failed(err)
	}
	r.lines = json.NewDecoder(zip)
	return r, nil
}

var errSealed = errors.New("a part does not open")

type opening struct{ *Reader }

func (o opening) Read(p []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.ended {
			return 0, io.EOF
		}
		sealed := make([]byte, part+o.aead.Overhead())
		n, err := io.ReadFull(o.in, sealed)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, errSealed
		}
		_, more := o.in.Peek(1)
		o.ended = more != nil
		if o.plain, err = o.aead.Open(nil, nonce(o.n, o.ended), sealed[:n], o.header); err != nil {
			return 0, errSealed
		}
		o.n++
	}
	n := copy(p, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

// Next returns the next entry, and io.EOF behind the last one of a backup that is whole. KindInvalid: it is damaged.
func (r *Reader) Next() (Entry, error) {
	if r.done {
		return Entry{}, io.EOF
	}
	var e Entry
	if err := r.lines.Decode(&e); err != nil {
		return Entry{}, r.failed(err)
	}
	r.entries++
	if e.End == 0 {
		return e, nil
	}
	if e.End != r.entries || r.lines.More() || !r.ended {
		return Entry{}, damaged("it ends in the wrong place")
	}
	r.done = true
	return Entry{}, io.EOF
}

func (r *Reader) failed(err error) error {
	if errors.Is(err, errSealed) && r.n == 0 {
		return sekisho.Invalid("the backup does not open: the passphrase is another one, or the file is damaged")
	}
	return damaged("a part of it cannot be read")
}

func damaged(why string) error {
	return sekisho.Invalid("the backup is damaged (" + why + "): use another one")
}
