package frame

import (
	"bytes"
	"errors"
	"io"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// depthOf follows the braces and brackets of JSON text from a state on; what stands in strings does not count.
type depth struct {
	open    int
	quoted  bool
	escaped bool
}

// follow reads on and returns the index behind the byte that closed everything, or -1.
func (d *depth) follow(s []byte) int {
	for i, c := range s {
		switch {
		case d.escaped:
			d.escaped = false
		case d.quoted:
			switch c {
			case '\\':
				d.escaped = true
			case '"':
				d.quoted = false
			}
		case c == '"':
			d.quoted = true
		case c == '{' || c == '[':
			d.open++
		case c == '}' || c == ']':
			if d.open--; d.open == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// object reads an object that begins in text and may go on over lines. One that is cut ends where the next begins: at a
// brace in the first column, where pretty printers put nothing else.
func (d *Document) object(text []byte) []byte {
	var state depth
	if end := state.follow(text); end >= 0 {
		if rest := bytes.TrimLeft(text[end:], " \t\r,"); len(rest) > 0 {
			d.hold(rest)
		}
		return text[:end]
	}
	record := bytes.Clone(text)
	if state.quoted { // a string never goes on in the next line
		return record
	}
	for len(record) < line.MaxLength {
		next, err := d.line()
		if err != nil {
			return record
		}
		if len(next) > 0 && (next[0] == '{' || next[0] == '<' && len(next) > 1 && next[1] >= '0' && next[1] <= '9') {
			d.hold(next)
			return record
		}
		end := state.follow(next)
		if end >= 0 {
			if rest := bytes.TrimLeft(next[end:], " \t\r,"); len(rest) > 0 {
				d.hold(rest)
			}
			return append(append(record, '\n'), next[:end]...)
		}
		record = append(append(record, '\n'), next...)
	}
	return record
}

// startsList tells a JSON array of objects from a message in brackets.
func startsList(trimmed []byte, d *Document) bool {
	rest := bytes.TrimSpace(trimmed[1:])
	if len(rest) == 0 {
		next, _ := d.in.Peek(64)
		rest = bytes.TrimSpace(next)
	}
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == ']')
}

// nextElement returns the next object of an array, or nil where the array ends.
func (d *Document) nextElement() ([]byte, error) {
	for {
		text, err := d.line()
		if err != nil {
			if errors.Is(err, io.EOF) {
				d.list = noList
			}
			return nil, err
		}
		trimmed := bytes.TrimLeft(text, " \t\r\n,")
		switch {
		case len(trimmed) == 0:
			continue
		case trimmed[0] == ']':
			d.list = noList
			if rest := bytes.TrimLeft(trimmed[1:], " \t\r\n,"); len(rest) > 0 {
				d.hold(rest)
			}
			return nil, nil
		case trimmed[0] == '{':
			return d.nested(trimmed), nil
		}
		if end := bytes.IndexAny(trimmed, ",]"); end > 0 { // an element that is no object
			d.hold(trimmed[end:])
			return bytes.Clone(trimmed[:end]), nil
		}
		return bytes.Clone(trimmed), nil
	}
}

// nested reads an object within an array, where a brace in the first column may be its own.
func (d *Document) nested(text []byte) []byte {
	var state depth
	record := []byte(nil)
	for {
		if end := state.follow(text); end >= 0 {
			d.hold(append([]byte(" "), text[end:]...))
			return append(record, text[:end]...)
		}
		record = append(append(record, text...), '\n')
		if len(record) >= line.MaxLength {
			return record
		}
		next, err := d.line()
		if err != nil {
			return record
		}
		text = next
	}
}

// envelopes are the names under which services put the list of what they have to say.
var envelopes = map[string]bool{
	"Records": true, "records": true, "value": true, "events": true, "Events": true, "alerts": true, "Alerts": true, "data": true,
	"resources": true, "results": true, "logs": true, "items": true, "logEvents": true, "detections": true, "threats": true,
}

// unwrap takes an envelope apart: an object with a list of objects under one of those names and otherwise only a few plain
// values, such as a count or a link to the next page.
func (d *Document) unwrap(record []byte) bool {
	if len(record) < 12 || !bytes.Contains(record[:min(len(record), 4096)], []byte("[")) {
		return false
	}
	var list gjson.Result
	members, plain := 0, true
	gjson.ParseBytes(record).ForEach(func(key, value gjson.Result) bool {
		members++
		switch {
		case value.IsArray() && envelopes[key.Str] && !list.Exists():
			list = value
		case value.IsObject() && (key.Str == "meta" || key.Str == "pagination"):
		case value.IsArray() || value.IsObject() || key.Str == "id" || key.Str == "timestamp" || key.Str == "time":
			plain = false
		}
		return plain && members <= 8
	})
	if !plain || members > 8 || !list.Exists() {
		return false
	}
	objects := true
	list.ForEach(func(_, element gjson.Result) bool {
		objects = objects && element.IsObject()
		return objects
	})
	if !objects {
		return false
	}
	list.ForEach(func(_, element gjson.Result) bool {
		d.pending = append(d.pending, []byte(element.Raw))
		return true
	})
	return true
}
