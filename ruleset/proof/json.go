package proof

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// A jsonReader visits the values of a JSON text under the names that Coraza gives them: {"a":[1]} has json.a.0 = 1 and,
// being an array of one, json.a = 1. It reads what every reader of JSON reads alike and gives up on all else: text that is
// not valid, names and strings with lone surrogates or broken UTF-8, and more values than Coraza takes.
type jsonReader struct {
	scan          *scan
	text          string
	at            int
	values, sizes int // arguments, and lengths of arrays, so far
	limit         int // give up on reaching it: Coraza then looks for more
	bytes, budget int // of names and values; Coraza gives up on a text that unfolds too far
}

// json visits a body and reports false where it gave up.
func (s *scan) json(body string, limit, depth int) bool {
	r := &jsonReader{scan: s, text: body, limit: limit, budget: max(8*len(body), 4096)}
	s.keys = append(s.keys[:0], "json"...)
	r.space()
	if r.at == len(body) || body[r.at] != '{' && body[r.at] != '[' {
		return false
	}
	ok := r.container(depth)
	r.space()
	return ok && r.at == len(body)
}

func (r *jsonReader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// take steps over a byte if it is the next one behind white space.
func (r *jsonReader) take(c byte) bool {
	r.space()
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

// container reads the object or array that begins here.
func (r *jsonReader) container(depth int) bool {
	if depth <= 0 || !r.scan.clean {
		return false
	}
	object := r.text[r.at] == '{'
	closing := byte(']')
	if object {
		closing = '}'
	}
	r.at++
	parent, count := len(r.scan.keys), 0
	for !r.take(closing) {
		if count > 0 && !r.take(',') {
			return false
		}
		r.space()
		r.scan.keys = append(r.scan.keys[:parent], '.')
		if object {
			name, ok := r.str()
			if !ok || !r.take(':') {
				return false
			}
			r.scan.keys = append(r.scan.keys, name...)
		} else {
			r.scan.keys = strconv.AppendInt(r.scan.keys, int64(count), 10)
		}
		count++
		r.space()
		if r.at == len(r.text) || !r.value(depth) {
			return false
		}
	}
	r.scan.keys = r.scan.keys[:parent]
	if object || count == 0 {
		return true
	}
	r.sizes++
	return r.sizes < r.limit && r.show(r.scan.text(strconv.AppendInt(r.scan.room(20), int64(count), 10)))
}

func (r *jsonReader) value(depth int) bool {
	value := ""
	switch c := r.text[r.at]; c {
	case '{', '[':
		return r.container(depth - 1)
	case '"':
		var ok bool
		if value, ok = r.str(); !ok {
			return false
		}
	default:
		begin := r.at
		for r.at < len(r.text) && strings.IndexByte(" \t\r\n,:{}[]\"", r.text[r.at]) < 0 {
			r.at++
		}
		switch value = r.text[begin:r.at]; value {
		case "true", "false":
		case "null":
			value = ""
		default:
			if !isNumber(value) {
				return false
			}
		}
	}
	r.values++
	return r.values < r.limit && r.show(value)
}

// show visits a value under the present name.
func (r *jsonReader) show(value string) bool {
	if r.bytes += len(r.scan.keys) + len(value); r.bytes > r.budget {
		return false
	}
	name := r.scan.text(append(r.scan.room(len(r.scan.keys)), r.scan.keys...))
	r.scan.value(bodyArgs, name, value)
	r.scan.value(bodyArgNames, name, name)
	return r.scan.clean
}

// str reads the string that begins here.
func (r *jsonReader) str() (string, bool) {
	if r.at == len(r.text) || r.text[r.at] != '"' {
		return "", false
	}
	begin := r.at + 1
	for i := plainUntil(r.text, begin); i < len(r.text); i = plainUntil(r.text, i+1) {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			value := r.text[begin:i]
			return value, utf8.ValidString(value)
		case c == '\\':
			return r.escaped(begin, i)
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// plainUntil returns where, from i on, a byte stands that may be a quotation mark, a backslash or a control character, or
// the end of the text.
func plainUntil(text string, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	bytes := unsafe.Slice(unsafe.StringData(text), len(text))
	for ; len(bytes)-i >= 8; i += 8 {
		x := binary.LittleEndian.Uint64(bytes[i:])
		quote, slash := x^ones*'"', x^ones*'\\'
		// The high bit of each byte that is below 0x20, or equal; it may be set wrongly behind one that is.
		if ((x-ones*' ')&^x|(quote-ones)&^quote|(slash-ones)&^slash)&highs != 0 {
			break
		}
	}
	for i < len(text) && text[i] != '"' && text[i] != '\\' && text[i] >= ' ' {
		i++
	}
	return i
}

// escaped reads on in a string from its first backslash.
func (r *jsonReader) escaped(begin, i int) (string, bool) {
	end := i
	for end < len(r.text) && r.text[end] != '"' {
		if r.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(r.text) {
		return "", false
	}
	raw := r.text[begin:end]
	out := r.scan.room(len(raw))
	for j := 0; j < len(raw); j++ {
		c := raw[j]
		if c < ' ' {
			return "", false
		}
		if c != '\\' {
			out = append(out, c)
			continue
		}
		j++
		if j == len(raw) {
			return "", false
		}
		if at := strings.IndexByte(`"\/bfnrt`, raw[j]); at >= 0 {
			out = append(out, "\"\\/\b\f\n\r\t"[at])
			continue
		}
		code, ok := hexRune(raw[j:])
		if !ok || code >= 0xD800 && code < 0xE000 { // a half of a pair: readers differ
			return "", false
		}
		out = utf8.AppendRune(out, code)
		j += 4
	}
	r.at = end + 1
	return r.scan.text(out), utf8.Valid(out)
}

// hexRune reads uXXXX.
func hexRune(text string) (rune, bool) {
	if len(text) < 5 || text[0] != 'u' {
		return 0, false
	}
	code := 0
	for i := 1; i < 5; i++ {
		digit := unhex(text[i])
		if digit < 0 {
			return 0, false
		}
		code = code<<4 | digit
	}
	return rune(code), true
}

// isNumber reports whether a text is a number as JSON writes them.
func isNumber(text string) bool {
	text = strings.TrimPrefix(text, "-")
	digits := func() (n int) {
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		return n
	}
	n := digits()
	if n == 0 || n > 1 && text[0] == '0' {
		return false
	}
	text = text[n:]
	if fraction, ok := strings.CutPrefix(text, "."); ok {
		text = fraction
		if n = digits(); n == 0 {
			return false
		}
		text = text[n:]
	}
	if text == "" {
		return true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = text[1:]
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return text != "" && digits() == len(text)
}
