package ruleset

import (
	"bytes"
	"encoding/json"
)

// jsonState is what a JSON text may continue with.
type jsonState uint8

const (
	jsonValue jsonState = iota // a value
	jsonKey                    // a member's name, or the end of the object
	jsonColon                  // the colon behind a name
	jsonComma                  // a comma or the end of the container
)

// closeJSON completes a cut JSON text: an open string is ended, a name gets the value null, open containers are closed.
func closeJSON(body []byte) []byte {
	var open []byte // '{' or '[', outermost first
	state := jsonValue
	comma := -1 // place of the last comma while nothing follows it
	i := 0
	for i < len(body) {
		switch c := body[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
			continue
		case '{', '[':
			open = append(open, c)
			state = jsonValue
			if c == '{' {
				state = jsonKey
			}
			i++
		case '}', ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			state = jsonComma
			i++
		case ':':
			state = jsonValue
			i++
		case ',':
			comma = i
			state = jsonValue
			if len(open) > 0 && open[len(open)-1] == '{' {
				state = jsonKey
			}
			i++
			continue
		case '"':
			end, closed := stringEnd(body, i)
			if !closed {
				return closeOpenString(body, i, state == jsonKey, open)
			}
			i = end
			if state == jsonKey {
				state = jsonColon
			} else {
				state = jsonComma
			}
		default: // a number or a word
			end := i + 1
			for end < len(body) && bytes.IndexByte([]byte(" \t\r\n,:{}[]\""), body[end]) < 0 {
				end++
			}
			if end == len(body) && !json.Valid(body[i:end]) {
				return closeContainers(appendTo(body[:i], "null"), jsonComma, open)
			}
			i = end
			state = jsonComma
		}
		comma = -1
	}
	if comma >= 0 {
		return closeContainers(body[:comma], jsonComma, open)
	}
	return closeContainers(body, state, open)
}

// stringEnd returns the index behind the string that begins at start.
func stringEnd(body []byte, start int) (end int, closed bool) {
	for i := start + 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(body), false
}

func closeOpenString(body []byte, start int, isKey bool, open []byte) []byte {
	text := body[start+1:]
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		length := 2
		if i+1 < len(text) && text[i+1] == 'u' {
			length = 6
		}
		if i+length > len(text) {
			text = text[:i] // half an escape
			break
		}
		i += length - 1
	}
	text = trimRune(text)
	closed := appendTo(body[:start+1+len(text)], `"`)
	if isKey {
		return closeContainers(closed, jsonColon, open)
	}
	return closeContainers(closed, jsonComma, open)
}

func closeContainers(body []byte, state jsonState, open []byte) []byte {
	tail := make([]byte, 0, len(open)+5)
	switch {
	case state == jsonColon:
		tail = append(tail, ":null"...)
	case state == jsonValue && (len(open) == 0 || !bytes.HasSuffix(bytes.TrimRight(body, " \t\r\n"), []byte("["))):
		tail = append(tail, "null"...)
	}
	for i := len(open) - 1; i >= 0; i-- {
		if open[i] == '{' {
			tail = append(tail, '}')
		} else {
			tail = append(tail, ']')
		}
	}
	return appendTo(body, string(tail))
}
