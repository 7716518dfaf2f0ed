package line

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const maxHeaders = 3 // the device's own and those of relays

// readHeaders takes the syslog headers off the body, outermost first, and returns the length of the innermost record with
// its header: what the device itself sent.
func (r *Record) readHeaders() (inner int) {
	body := strings.TrimLeft(r.Body, " \t\r\n\x00")
	inner = len(body)
	for n := range maxHeaders {
		h, rest, ok := readHeader(body, n > 0, r)
		if !ok {
			break
		}
		if h.host != "" && r.Host != "" && n > 0 {
			r.Relay = r.Host
		}
		inner = len(body)
		r.take(h)
		body = rest
	}
	r.Body = strings.TrimSpace(body)
	for _, text := range []*string{&r.Body, &r.Host, &r.App, &r.Process, &r.Message, &r.Data} {
		*text = strings.ToValidUTF8(*text, "\uFFFD") // a header that ends within a character takes a part of it
	}
	return inner
}

// take lets an inner header win over an outer one, field by field.
func (r *Record) take(h header) {
	if h.priority >= 0 {
		r.Priority = h.priority
	}
	if !h.time.IsZero() {
		r.Time, r.Trust = h.time, h.trust
	}
	for _, field := range []struct {
		to   *string
		from string
	}{{&r.Host, h.host}, {&r.App, h.app}, {&r.Process, h.process}, {&r.Message, h.message}, {&r.Data, h.data}} {
		if field.from != "" && field.from != "-" {
			*field.to = field.from
		}
	}
}

type header struct {
	priority                          int
	time                              time.Time
	trust                             sekisho.TimeTrust
	host, app, process, message, data string
}

// readHeader reads one header off s. A header begins with a PRI or a timestamp; without either there is none. An inner one
// must begin with both or with a PRI, so that a date within a message is left alone.
func readHeader(s string, inner bool, r *Record) (h header, rest string, ok bool) {
	h.priority, rest = readPriority(s)
	hasPriority := h.priority >= 0
	if inner && !hasPriority {
		if _, _, after, ok := readStamp(s, r); !ok || !looksLikeHostAndTag(after) {
			return h, s, false
		}
	}
	versioned := hasPriority && strings.HasPrefix(rest, "1 ")
	if versioned {
		rest = rest[2:]
	}
	if hasPriority {
		rest = strings.TrimLeft(rest, " :")
		rest = h.skipCiscoCounters(rest)
	}
	var hasTime bool
	h.time, h.trust, rest, hasTime = readStamp(rest, r)
	if !hasTime && !hasPriority {
		return h, s, false
	}
	if versioned && !hasTime {
		rest = strings.TrimPrefix(rest, "- ")
	}
	if after, found := h.readModern(rest); found && (hasTime || versioned) {
		return h, after, true
	}
	return h, h.readClassic(rest, hasTime), true
}

func readPriority(s string) (priority int, rest string) {
	if len(s) < 3 || s[0] != '<' {
		return -1, s
	}
	n, i := 0, 1
	for ; i < len(s) && i <= 3 && s[i] >= '0' && s[i] <= '9'; i++ {
		n = n*10 + int(s[i]-'0')
	}
	if i == 1 || i >= len(s) || s[i] != '>' || n > 191 {
		return -1, s
	}
	return n, s[i+1:]
}

// skipCiscoCounters passes over what IOS puts before its timestamp: "host: 6340004: Apr 15 ...".
func (h *header) skipCiscoCounters(s string) string {
	rest, host := s, ""
	for range 2 {
		word, after, found := strings.Cut(rest, ": ")
		if !found || word == "" || len(word) > 64 || strings.ContainsAny(word, " =|{[<\"%") {
			return s
		}
		if !isDigits(word) {
			host = word
		}
		rest = strings.TrimLeft(after, " *.")
		if startsWithStamp(rest) {
			h.host = host
			return rest
		}
	}
	return s
}

// readModern reads HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA (RFC 5424, 6), whatever was said of the version.
func (h *header) readModern(s string) (rest string, ok bool) {
	rest = strings.TrimLeft(s, " ")
	var words [4]string
	for i := range words {
		word, after, found := strings.Cut(rest, " ")
		if !found || word == "" || len(word) > 255 || strings.ContainsAny(word, "=\"{") || strings.HasPrefix(word, "[") || strings.HasSuffix(word, ":") ||
			word[0] == '<' { // a relay's header ends here, and the device's own begins
			return s, false
		}
		words[i], rest = word, after
	}
	rest = strings.TrimLeft(rest, " ")
	switch {
	case rest == "-" || strings.HasPrefix(rest, "- "):
		rest = rest[1:]
	case strings.HasPrefix(rest, "[") && words[2] != "" && looksLikeData(rest):
		end := dataEnd(rest)
		h.data, rest = rest[:end], rest[end:]
	default:
		return s, false
	}
	h.host, h.app, h.process, h.message = words[0], words[1], words[2], words[3]
	return strings.TrimPrefix(strings.TrimLeft(rest, " "), "\xef\xbb\xbf"), true
}

// looksLikeData tells an SD-ELEMENT, or what Check Point calls one, from a message in brackets: it holds a parameter in
// quotes. RFC 5424 also knows elements without parameters: those have an @ or are alone.
func looksLikeData(s string) bool {
	end := strings.IndexAny(s, "\"]")
	return end > 0 && (s[end] == '"' && (s[end-1] == '=' || s[end-1] == ':') || s[end] == ']' && strings.IndexByte(s[:end], ' ') < 0)
}

// dataEnd finds where the elements end: brackets within quotes do not count, and a quote may be escaped. Cut data ends with
// the record.
func dataEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ']':
			if !quoted && (i+1 == len(s) || s[i+1] != '[') {
				return i + 1
			}
		}
	}
	return len(s)
}

// readClassic reads what may stand behind a PRI or timestamp of RFC 3164: a host, a tag, both or neither.
func (h *header) readClassic(s string, hasTime bool) (rest string) {
	s = strings.TrimLeft(s, " ")
	if after, ok := h.readTag(s); ok {
		return after
	}
	word, after, found := strings.Cut(s, " ")
	if !found || !looksLikeHost(word) {
		return s
	}
	after = strings.TrimLeft(after, " ")
	behind, tagged := h.readTag(after)
	if !tagged {
		if !hasTime { // "IP Tunnel[1] Up" of a Yamaha: no host stands there without a time or a tag
			return s
		}
		behind = after
	}
	h.host = strings.TrimSuffix(word, ":")
	return strings.TrimPrefix(behind, ": ") // "host : %ASA-3-..."
}

// readTag reads "app[12]: " or "app: ".
func (h *header) readTag(s string) (rest string, ok bool) {
	end := strings.IndexByte(s, ':')
	if end <= 0 || end > 96 || end+1 < len(s) && s[end+1] != ' ' {
		return s, false
	}
	tag := s[:end]
	process := ""
	if open := strings.IndexByte(tag, '['); open > 0 && strings.HasSuffix(tag, "]") {
		tag, process = tag[:open], tag[open+1:len(tag)-1]
	}
	for i := 0; i < len(tag); i++ {
		switch c := tag[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-', c == '_', c == '.', c == '/', c == '#', c == '(', c == ')', c == '@', c == ',':
		default:
			return s, false
		}
	}
	h.app, h.process = tag, process
	return strings.TrimLeft(s[end+1:], " "), true
}

// looksLikeHost tells a name or address from the beginning of a message.
func looksLikeHost(word string) bool {
	if word == "" || len(word) > 255 {
		return false
	}
	letters := false
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c >= 0x80:
			letters = true
		case c == '-', c == '_', c == '.', c == '/', c == ':':
		case c == '[' || c == ']': // [10.0.0.143]
			if i != 0 && i != len(word)-1 {
				return false
			}
		default:
			return false
		}
	}
	return letters && !strings.HasPrefix(word, "CEF:") && !strings.HasPrefix(word, "LEEF:")
}

// looksLikeHostAndTag reports whether s goes on as a header does, "host tag: " or "tag: ".
func looksLikeHostAndTag(s string) bool {
	var h header
	s = strings.TrimLeft(s, " ")
	if _, ok := h.readTag(s); ok {
		return true
	}
	word, after, found := strings.Cut(s, " ")
	if !found || !looksLikeHost(word) {
		return false
	}
	_, ok := h.readTag(strings.TrimLeft(after, " "))
	return ok
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
