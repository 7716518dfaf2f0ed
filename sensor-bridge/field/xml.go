package field

import (
	"html"
	"iter"
	"strings"
)

// Elements ranges over the elements of an XML text that hold no others, and the empty ones, as sensors write them: the
// name without its namespace, the attributes as sent (see [Attribute]) and the text, entities resolved. It takes any text,
// also one that is cut or badly nested; comments and declarations are passed over.
func Elements(s string) iter.Seq2[Element, string] {
	return func(yield func(Element, string) bool) {
		var open Element
		text := -1 // where the text of the open element begins
		for at := 0; at < len(s); {
			start := strings.IndexByte(s[at:], '<')
			if start < 0 {
				if text >= 0 {
					yield(open, plain(s[text:])) // cut within a text
				}
				return
			}
			start += at
			if strings.HasPrefix(s[start:], "<![CDATA[") {
				at = start + max(len("<![CDATA["), strings.Index(s[start:], "]]>"))
				continue
			}
			length := tagLength(s[start:])
			tag := strings.Trim(s[start+1:start+length], ">")
			at = start + length
			switch {
			case tag == "" || tag[0] == '?' || tag[0] == '!':
			case tag[0] == '/':
				if text >= 0 && !yield(open, plain(s[text:start])) {
					return
				}
				text = -1
			default:
				empty := strings.HasSuffix(tag, "/")
				open, text = elementOf(strings.TrimSuffix(tag, "/")), at
				if empty {
					if text = -1; !yield(open, "") {
						return
					}
				}
			}
		}
	}
}

// Element is the head of an element.
type Element struct{ Name, Attributes string }

// Attribute returns the value of an attribute, entities resolved, or "".
func (e Element) Attribute(name string) string {
	for key, value := range Pairs(e.Attributes) {
		if key == name {
			return plain(value)
		}
	}
	return ""
}

// tagLength finds the end of the tag that s begins with, over quoted values.
func tagLength(s string) int {
	quote := byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(s)
}

func elementOf(tag string) Element {
	name, attributes := tag, ""
	if end := strings.IndexAny(tag, " \t\r\n"); end >= 0 {
		name, attributes = tag[:end], tag[end+1:]
	}
	if colon := strings.IndexByte(name, ':'); colon >= 0 {
		name = name[colon+1:]
	}
	return Element{name, attributes}
}

func plain(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "<![CDATA[") {
		return strings.TrimSpace(strings.TrimSuffix(s[len("<![CDATA["):], "]]>"))
	}
	if strings.IndexByte(s, '&') >= 0 {
		return html.UnescapeString(s)
	}
	return s
}
