package line

import (
	"iter"
	"strings"
)

// CEF is the head of a Common Event Format record (ArcSight, CEF 26), with its escapes taken back.
type CEF struct {
	Vendor, Product, Version string
	ID, Name                 string // Device Event Class ID and Name
	Severity                 string // 0 to 10, or Low, Medium, High, Very-High
	Extension                string // as sent; see [CEF.Fields]
}

// LEEF is the head of a Log Event Extended Format record (IBM, LEEF 1.0 and 2.0).
type LEEF struct {
	Vendor, Product, Version, ID string
	Delimiter                    string // between attributes
	Attributes                   string // as sent; see [LEEF.Fields]
}

// recognise finds CEF and LEEF in the body, also behind a tag that is none of ours and where a relay took "LEEF:" or "CEF:"
// for the tag and ate it.
func (r *Record) recognise() {
	body := r.Body
	if body == "" || body[0] == '{' {
		return
	}
	if r.App == "LEEF" && startsWithVersion(body) {
		body, r.App = "LEEF:"+body, ""
	} else if r.App == "CEF" && startsWithVersion(body) {
		body, r.App = "CEF:"+body, ""
	}
	head := body[:min(len(body), 512)]
	if at := strings.Index(head, "EF:"); at > 0 && at+3 < len(head) && (head[at+3] >= '0' && head[at+3] <= '9' || head[at+3] == ' ') {
		switch {
		case head[at-1] == 'C':
			r.readCEF(body[at-1:])
		case at >= 2 && head[at-2:at] == "LE":
			r.readLEEF(body[at-2:])
		}
		return
	}
	if len(head) > 4 && (head[:4] == "1.0|" || head[:4] == "2.0|") && strings.Count(head, "|") >= 4 {
		r.readLEEF("LEEF:" + body)
	}
}

func startsWithVersion(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func (r *Record) readCEF(s string) {
	var parts [7]string
	rest := s[len("CEF:"):]
	for i := range parts {
		end := pipe(rest)
		if end < 0 {
			if i < len(parts)-1 {
				return
			}
			end = len(rest)
		}
		parts[i], rest = unescape(strings.TrimSpace(rest[:end])), rest[min(end+1, len(rest)):]
	}
	r.CEF = &CEF{
		Vendor: parts[1], Product: parts[2], Version: parts[3], ID: parts[4], Name: parts[5], Severity: parts[6],
		Extension: strings.TrimSpace(rest),
	}
	r.Body = s
}

func (r *Record) readLEEF(s string) {
	rest := strings.TrimLeft(s[len("LEEF:"):], " ")
	parts := strings.SplitN(rest, "|", 6)
	if len(parts) < 6 {
		return
	}
	l := &LEEF{Vendor: parts[1], Product: parts[2], Version: parts[3], ID: parts[4], Delimiter: "\t", Attributes: parts[5]}
	if strings.HasPrefix(parts[0], "2") {
		l.readDelimiter()
	}
	if l.Delimiter == "\t" && !strings.Contains(l.Attributes, "\t") {
		l.Delimiter = delimiterOf(l.Attributes)
	}
	r.LEEF, r.Body = l, s
}

// readDelimiter reads the sixth field of LEEF 2.0: a character, "0x5E", "x5E", "\t", or nothing.
func (l *LEEF) readDelimiter() {
	named, rest, found := strings.Cut(l.Attributes, "|")
	if !found || len(named) > 6 || strings.Contains(named, "=") && named != "=" {
		return
	}
	l.Attributes = rest
	hex := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(named), "0"), "x")
	switch {
	case named == "" || named == `\t`:
	case len(named) > 1 && len(hex) == 2:
		const digits = "0123456789abcdef"
		high, low := strings.IndexByte(digits, hex[0]), strings.IndexByte(digits, hex[1])
		if high >= 0 && low >= 0 && high*16+low > 0 && high*16+low < 0x80 {
			l.Delimiter = string(rune(high*16 + low))
		}
	default:
		l.Delimiter = named
	}
}

// delimiterOf guesses what stands where tabs were lost: some relays make spaces of them.
func delimiterOf(attributes string) string {
	for _, candidate := range []string{"^", "\\t", "  "} {
		if strings.Count(attributes, candidate) >= 2 && strings.Count(attributes, candidate)+2 >= strings.Count(attributes, "=") {
			return candidate
		}
	}
	if strings.Count(attributes, "=") > 1 {
		return " "
	}
	return "\t"
}

// Fields ranges over the extension: key and value, escapes taken back. A value goes on to the next " key=".
func (c *CEF) Fields() iter.Seq2[string, string] { return spaced(c.Extension) }

// Fields ranges over the attributes: key and value.
func (l *LEEF) Fields() iter.Seq2[string, string] {
	if l.Delimiter == " " {
		return spaced(l.Attributes)
	}
	return func(yield func(string, string) bool) {
		rest, more := l.Attributes, true
		for more {
			var attribute string
			attribute, rest, more = strings.Cut(rest, l.Delimiter)
			key, value, found := strings.Cut(attribute, "=")
			if found && !yield(strings.TrimSpace(key), strings.TrimSpace(value)) {
				return
			}
		}
	}
}

// spaced ranges over key=value pairs that are divided by spaces, where values may hold spaces too.
func spaced(s string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		key, at := nextKey(s, 0)
		for key != "" {
			start := at + 1
			nextKeyName, nextAt := nextKey(s, start)
			end := len(s)
			if nextKeyName != "" {
				end = nextAt - len(nextKeyName)
			}
			if !yield(key, unescape(strings.TrimSpace(s[start:end]))) {
				return
			}
			key, at = nextKeyName, nextAt
		}
	}
}

// nextKey finds the next key, and its equals sign, at or behind a place: a word at the beginning or behind a space,
// followed by an equals sign that is not escaped.
func nextKey(s string, from int) (key string, equals int) {
	for at := from; at < len(s); at++ {
		next := strings.IndexByte(s[at:], '=')
		if next < 0 {
			return "", 0
		}
		at += next
		start := at
		for start > from && isKeyByte(s[start-1]) {
			start--
		}
		if start < at && (start == 0 || start == from && from == 0 || start > 0 && (s[start-1] == ' ' || s[start-1] == '\t' || s[start-1] == '\n')) {
			return s[start:at], at
		}
	}
	return "", 0
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '[' || c == ']'
}

// pipe finds the next vertical bar that is not escaped.
func pipe(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '|':
			return i
		}
	}
	return -1
}

// unescape takes back the escapes of CEF: \| \= \\. A backslash before anything else is a backslash: paths of
// Windows come unescaped.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		switch s[i+1] {
		case '|', '=', '\\':
			out.WriteByte(s[i+1])
			i++
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String()
}
