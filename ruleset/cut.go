package ruleset

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A body that is longer than the policy inspects arrives here cut at an arbitrary byte. Parsers then either refuse it
// ("failed to parse", and a visitor's upload is stopped because of our limit) or drop what was open at the end (and with
// it an attack). closeCut turns the prefix into a document that ends: strings, brackets, tags and part headers that are
// open are closed, half characters and half escapes at the very end dropped. It repairs only what the cut can have
// broken; what was malformed before stays malformed. The result may share memory with body.
func closeCut(contentType string, body []byte) []byte {
	switch kind := strings.TrimSpace(strings.ToLower(contentType)); {
	case strings.HasPrefix(kind, "multipart/form-data"):
		return closeMultipart(contentType, body)
	case jsonType.MatchString(kind):
		return closeJSON(body)
	case xmlType.MatchString(kind):
		return closeXML(body)
	default:
		return closeForm(body) // a form, or read as one when nothing better is known
	}
}

// The same content types for which the rules choose a body processor (200000, 200001, 200006).
var (
	jsonType = regexp.MustCompile(`^application/(?:json|[a-z0-9.-]+\+json)`)
	xmlType  = regexp.MustCompile(`^(?:application(?:/soap\+|/)|text/)xml`)
)

// closeForm drops half a percent escape, which would count as a wrong encoding.
func closeForm(body []byte) []byte {
	for i := 1; i <= 2 && i <= len(body); i++ {
		if body[len(body)-i] == '%' {
			return body[:len(body)-i]
		}
	}
	return body
}

// trimRune drops a UTF-8 sequence that began but cannot have ended.
func trimRune(text []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		tail := text[len(text)-i:]
		if !utf8.RuneStart(tail[0]) {
			continue
		}
		if tail[0] >= utf8.RuneSelf && !utf8.FullRune(tail) {
			return text[:len(text)-i]
		}
		return text
	}
	return text
}

// appendTo appends without writing into memory that others can see.
func appendTo(prefix []byte, tail string) []byte {
	return append(prefix[:len(prefix):len(prefix)], tail...)
}
