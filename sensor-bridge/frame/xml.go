package frame

import (
	"bytes"

	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// isXML tells an XML element or declaration from a syslog PRI.
func isXML(s []byte) bool {
	return len(s) > 2 && s[0] == '<' && (s[1] == '?' || s[1] >= 'a' && s[1] <= 'z' || s[1] >= 'A' && s[1] <= 'Z')
}

// lists are roots that hold one record per child, as event viewers export them.
var lists = map[string]bool{"Events": true, "events": true, "Records": true, "Logs": true}

// element reads one element, over as many lines as it takes; nil for a declaration or the opening of a list, behind which
// reading goes on.
func (d *Document) element(text, trimmed []byte) []byte {
	if trimmed[1] == '?' {
		if _, rest, found := bytes.Cut(trimmed, []byte("?>")); found && len(bytes.TrimSpace(rest)) > 0 {
			d.hold(rest)
		}
		return nil
	}
	name := elementName(trimmed[1:])
	opened := bytes.IndexByte(trimmed, '>')
	if lists[name] && opened >= 0 {
		if rest := bytes.TrimSpace(trimmed[opened+1:]); len(rest) > 0 {
			d.hold(rest)
		}
		return nil
	}
	closing := []byte("</" + name + ">")
	record := bytes.Clone(text)
	for {
		if at := bytes.Index(record, closing); at >= 0 {
			return d.upTo(record, at+len(closing))
		}
		if opened >= 0 && opened == len(trimmed)-1 && trimmed[len(trimmed)-2] == '/' || len(record) >= line.MaxLength {
			return record
		}
		next, err := d.line()
		if err != nil {
			return record
		}
		record = append(append(record, '\n'), next...)
	}
}

// upTo returns a record and holds what follows it on the line, but for the end of a list.
func (d *Document) upTo(record []byte, end int) []byte {
	rest := bytes.TrimSpace(record[end:])
	if len(rest) > 1 && rest[1] != '/' {
		d.hold(rest)
	}
	return record[:end]
}

func elementName(s []byte) string {
	if end := bytes.IndexAny(s, " \t\r\n/>"); end >= 0 {
		s = s[:end]
	}
	return string(s)
}
