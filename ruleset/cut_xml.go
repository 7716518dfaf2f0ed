package ruleset

import (
	"bytes"
	"regexp"
)

var openEntity = regexp.MustCompile(`&[#0-9A-Za-z]{0,31}$`)

// closeXML completes cut XML as far as it takes for the text and the attributes before the cut to be read: an open
// attribute, tag or CDATA section is ended, a tag of which only the beginning is there dropped. Open elements may stay
// open: Coraza's reader forgives those.
func closeXML(body []byte) []byte {
	for i := 0; ; {
		next := bytes.IndexByte(body[i:], '<')
		if next < 0 {
			return trimText(body)
		}
		start := i + next
		rest := body[start:]
		var end string
		switch {
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			if end = "]]>"; !bytes.Contains(rest, []byte(end)) {
				return appendTo(trimRune(body), end)
			}
		case bytes.HasPrefix(rest, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(rest, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(rest, []byte("<!")):
			end = ">"
		default:
			length, quote := tagEnd(rest)
			if length < 0 {
				return closeTag(body, start, quote)
			}
			i = start + length
			continue
		}
		length := bytes.Index(rest, []byte(end))
		if length < 0 {
			return body[:start]
		}
		i = start + length + len(end)
	}
}

// tagEnd returns the length of the tag that tag begins with, or -1 and the quote that is open where it was cut.
func tagEnd(tag []byte) (length int, quote byte) {
	for i, c := range tag {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1, 0
		}
	}
	return -1, quote
}

func closeTag(body []byte, start int, quote byte) []byte {
	if quote != 0 {
		return appendTo(trimText(body), string(rune(quote))+">")
	}
	if !bytes.ContainsAny(body[start:], " \t\r\n") {
		return body[:start] // no attribute yet
	}
	tag := trimRune(body)
	if bytes.HasSuffix(bytes.TrimRight(tag, " \t\r\n"), []byte("=")) {
		return appendTo(tag, `"">`)
	}
	return appendTo(tag, ">")
}

// trimText drops half a character and half an entity reference.
func trimText(body []byte) []byte {
	body = trimRune(body)
	tail := body[max(0, len(body)-40):]
	if at := openEntity.FindIndex(tail); at != nil {
		return body[:len(body)-len(tail)+at[0]]
	}
	return body
}
