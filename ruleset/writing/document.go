package writing

import (
	"encoding/json"
	"strings"
)

// maxDocument bounds what is read as a document, and maxDepth how deep.
const (
	maxDocument = 256 << 10
	maxDepth    = 32
)

// Document reports whether a value is a JSON object or array in each of whose names and strings odd finds nothing. The
// rules take JSON's own punctuation for quotes that are closed and conditions that are added; what somebody put into
// the document stands in its strings.
func Document(value string, odd func(text string) bool) bool {
	text := strings.TrimSpace(value)
	if len(text) < 2 || len(text) > maxDocument || text[0] != '{' && text[0] != '[' {
		return false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	depth, documents := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return depth == 0 && documents > 0 && decoder.InputOffset() >= int64(len(text))
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				if depth++; depth > maxDepth {
					return false
				}
			} else if depth--; depth == 0 {
				documents++
			}
		case string:
			if odd(t) && !Document(t, odd) {
				return false
			}
		}
		if depth == 0 {
			if _, closed := token.(json.Delim); !closed {
				return false
			}
		}
	}
}
