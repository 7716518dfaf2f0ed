package line

import (
	"strconv"
	"strings"
)

// restore undoes what relays do to control characters: rsyslog writes them as # and three octal digits.
func restore(s string) string {
	at := strings.IndexByte(s, '#')
	if at < 0 {
		return s
	}
	var out strings.Builder
	done := 0
	for ; at < len(s); at++ {
		if s[at] != '#' {
			continue
		}
		if c, ok := escaped(s[at:]); ok {
			out.WriteString(s[done:at])
			out.WriteByte(c)
			at += 3
			done = at + 1
		}
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// escaped reads #000 to #037 and #177 (rsyslog, $EscapeControlCharactersOnReceive). Only tab, line feed and carriage return
// come back as they were; the others carry nothing and become a space.
func escaped(s string) (byte, bool) {
	if len(s) < 4 || s[1] != '0' && s[1] != '1' || s[2] < '0' || s[2] > '7' || s[3] < '0' || s[3] > '7' {
		return 0, false
	}
	c := (s[1]-'0')<<6 | (s[2]-'0')<<3 | s[3] - '0'
	switch {
	case c == '\t' || c == '\n' || c == '\r':
		return c, true
	case c < ' ' || c == 0x7f:
		return ' ', true
	}
	return 0, false
}

// looksCut reports whether a record of that many bytes ends where transports commonly cut: 480, 1024 (RFC 3164) or 2048
// bytes, with or without a final byte.
func looksCut(length int) bool {
	switch length {
	case 479, 480, 1023, 1024, 2047, 2048, 8191, 8192:
		return true
	}
	return false
}

// readRepetition reads "message repeated 3 times: [ ... ]", as rsyslog writes it, and "last message repeated 3 times" and
// "same message repeated 3 times", which speak of the record before.
func (r *Record) readRepetition() {
	at := strings.Index(r.Body, "message repeated ")
	if at < 0 || at > len("same ") {
		return
	}
	rest := r.Body[at+len("message repeated "):]
	digits, rest, found := strings.Cut(rest, " ")
	n, err := strconv.Atoi(digits)
	if err != nil || !found || n < 1 || n > 1_000_000 || !strings.HasPrefix(rest, "time") {
		return
	}
	r.Repeated = n
	_, inner, found := strings.Cut(rest, ": [")
	if !found {
		r.RepeatsLast = true
		return
	}
	r.Body = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(inner), "]"))
}
