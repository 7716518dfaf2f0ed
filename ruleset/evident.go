package ruleset

import (
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/writing"
)

// evident reports whether a value shows signs of an attack, and is neither text nor a shape, nor a document none of whose
// strings does.
func evident(value string, signs func(string) bool) bool {
	if !signs(value) || isReading(value) {
		return false
	}
	return !writing.Document(lineEnds.Replace(value), func(text string) bool { return !isReading(text) && signs(text) })
}

// lineEnds makes strings of JSON whole again: what some rules read has their escaped line ends decoded already.
var lineEnds = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")

// isReading reports whether a value is running text, or one of the shapes that machines write.
func isReading(value string) bool { return writing.Is(value) || isShaped(value) }
