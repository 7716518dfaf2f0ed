// Package frame takes streams apart into records: files and request bodies by what stands in them ([NewDocument]), syslog
// connections by LF, NUL or octet count ([NewSyslog]).
//
// It owns where a record begins and ends and bounds its length; what a record says is package line's. Pure but for the
// reader it is given.
package frame

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Document reads the records of a file or a request body, whatever is in it: lines, also ended by NUL; JSON objects, one a
// line, written over several lines, in an array, or in the list of an envelope ({"Records": [...]}); XML elements, alone or
// in a list (<Events>); ModSecurity's audit log in parts; W3C logs and CSV exports, whose first line names the columns.
type Document struct {
	in      *bufio.Reader
	columns []string
	first   bool     // nothing but blank lines was read
	held    []byte   // a line that was read too far
	list    listKind // what we are in the middle of
	pending [][]byte // records of an envelope
}

type listKind uint8

const (
	noList listKind = iota
	jsonList
)

// NewDocument reads from r, which may be compressed with gzip and, as Windows writes, in UTF-16.
func NewDocument(r io.Reader) (*Document, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = bufio.NewReaderSize(unzipped, 64<<10)
	}
	if mark, _ := in.Peek(2); bytes.Equal(mark, []byte{0xff, 0xfe}) || bytes.Equal(mark, []byte{0xfe, 0xff}) {
		in = bufio.NewReaderSize(transform.NewReader(in, unicode.BOMOverride(unicode.UTF8.NewDecoder())), 64<<10)
	}
	return &Document{in: in, first: true}, nil
}

// Continue says that the document is the continuation of one whose columns have these names: its first line is a record.
func (d *Document) Continue(columns []string) { d.columns, d.first = columns, false }

// Columns are the names that the document gave to its columns, if it did; they hold for the records that follow.
func (d *Document) Columns() []string { return d.columns }

// Next returns the next record, which is the caller's until the next call, and io.EOF after the last. An endless record is
// returned in pieces of [line.MaxLength].
func (d *Document) Next() ([]byte, error) {
	for {
		if len(d.pending) > 0 {
			record := d.pending[0]
			d.pending = d.pending[1:]
			return record, nil
		}
		if d.list == jsonList {
			if record, err := d.nextElement(); record != nil || err != nil {
				return record, err
			}
			continue
		}
		text, err := d.line()
		if err != nil {
			return nil, err
		}
		trimmed := bytes.TrimSpace(text)
		if len(trimmed) == 0 {
			continue
		}
		first := d.first
		d.first = false
		switch {
		case trimmed[0] == '{':
			if record := d.object(text); !d.unwrap(record) {
				return record, nil
			}
		case trimmed[0] == '[' && startsList(trimmed, d):
			d.list = jsonList
			d.hold(trimmed[1:])
		case isXML(trimmed):
			if record := d.element(text, trimmed); record != nil {
				return record, nil
			}
		case isAuditHead(trimmed):
			return d.auditLog(text), nil
		case trimmed[0] == '#' && bytes.HasPrefix(trimmed, []byte("#Fields:")):
			d.columns = strings.Fields(string(trimmed[len("#Fields:"):]))
		case trimmed[0] == '#' && (bytes.HasPrefix(trimmed, []byte("#Software:")) || bytes.HasPrefix(trimmed, []byte("#Version:")) || bytes.HasPrefix(trimmed, []byte("#Date:")) || bytes.HasPrefix(trimmed, []byte("#Start-Date:"))):
		case first && d.readHead(string(trimmed)):
		default:
			return text, nil
		}
	}
}

// line returns the next line or NUL-ended record, without its end, of at most line.MaxLength bytes.
func (d *Document) line() ([]byte, error) {
	if d.held != nil {
		held := d.held
		d.held = nil
		return d.splitNUL(held), nil
	}
	var text []byte
	for {
		part, err := d.in.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case err == nil:
			return d.splitNUL(bytes.TrimRight(text, "\r\n")), nil
		case errors.Is(err, bufio.ErrBufferFull) && len(text) < line.MaxLength:
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			return text, nil
		case errors.Is(err, io.EOF) && len(text) > 0:
			return d.splitNUL(text), nil
		}
		return nil, err
	}
}

// splitNUL returns what stands before the first NUL and holds the rest.
func (d *Document) splitNUL(text []byte) []byte {
	before, rest, found := bytes.Cut(text, []byte{0})
	if found && len(rest) > 0 {
		d.held = rest
	}
	return before
}

func (d *Document) hold(text []byte) { d.held = bytes.Clone(text) }

// auditLog reads ModSecurity's native audit log from "--5f3e2a1b-A--" to "--5f3e2a1b-Z--" (ModSecurity, SecAuditLogType Serial).
func (d *Document) auditLog(head []byte) []byte {
	record := bytes.Clone(head)
	id, _, _ := bytes.Cut(bytes.TrimPrefix(bytes.TrimSpace(head), []byte("--")), []byte("-"))
	for len(record) < line.MaxLength {
		text, err := d.line()
		if err != nil {
			break
		}
		if trimmed := bytes.TrimSpace(text); isAuditHead(trimmed) && !bytes.HasPrefix(trimmed[2:], id) {
			d.hold(text)
			break
		}
		record = append(append(record, '\n'), text...)
		if bytes.HasPrefix(text, []byte("--")) && bytes.HasSuffix(bytes.TrimSpace(text), []byte("-Z--")) {
			break
		}
	}
	return record
}

func isAuditHead(s []byte) bool {
	return len(s) > 8 && len(s) < 64 && bytes.HasPrefix(s, []byte("--")) && bytes.HasSuffix(s, []byte("-A--"))
}

// peekLine returns the beginning of the next line without reading it.
func (d *Document) peekLine() []byte {
	for n := 64; ; n *= 2 {
		next, err := d.in.Peek(n)
		if end := bytes.IndexByte(next, '\n'); end >= 0 {
			return next[:end]
		}
		if err != nil || n >= 16<<10 {
			return next
		}
	}
}

// readHead takes the first line of a CSV export as the names of its columns: at least four words, none of which could be a
// value.
func (d *Document) readHead(s string) bool {
	separator := ","
	if strings.Count(s, "\t") >= 3 {
		separator = "\t"
	}
	names := strings.Split(s, separator)
	if len(names) < 4 || len(names) > 300 {
		return false
	}
	for i, name := range names {
		name = strings.Trim(strings.TrimPrefix(strings.TrimSpace(name), "\ufeff"), `"`)
		if name == "" || len(name) > 64 || strings.ContainsAny(name, "=:|<>{}[]\\@'") || name[0] >= '0' && name[0] <= '9' {
			return false
		}
		names[i] = name
	}
	// A line that is alone, or followed by one of another shape, is a record: nothing may be lost for looking like a head.
	if bytes.Count(d.peekLine(), []byte(separator)) < len(names)-1 {
		return false
	}
	d.columns = names
	return true
}
