package ruleset

import (
	"strings"

	"github.com/corazawaf/libinjection-go"
)

// The proof asks Coraza's own two detectors, and spares them what cannot change their answer. The rules themselves,
// in the slow lane, ask them about everything.

// mayBeXSS is @detectXSS. Each of its findings needs a tag, a comment or a document type, which begin with <, or the
// value of an attribute, which stands behind =.
func mayBeXSS(value string) bool {
	return strings.ContainsAny(value, "<=") && libinjection.IsXSS(value)
}

// mayBeSQLi is @detectSQLi. Rules show it Japanese also as %u65E5%u672C, and it reads all of that: an operator, a name,
// an operator, a name, each two folded into what was there before. After a few it is where it was before them, so that a
// long run says no more than a short one. A text of 64 KB takes 4 ms otherwise, most of what the proof costs.
func mayBeSQLi(value string) bool {
	const kept = 8 // escapes of a run that are left at either end
	if strings.Count(value, "%u") < 4*kept {
		return isSQLi(value)
	}
	short := make([]byte, 0, len(value))
	for i := 0; i < len(value); {
		run := escapeRun(value[i:])
		switch {
		case run > 2*kept:
			short = append(append(short, value[i:i+6*kept]...), value[i+6*(run-kept):i+6*run]...)
			i += 6 * run
		case run > 0:
			short = append(short, value[i:i+6*run]...)
			i += 6 * run
		default:
			short = append(short, value[i])
			i++
		}
	}
	return isSQLi(string(short))
}

func isSQLi(value string) bool {
	found, _ := libinjection.IsSQLi(value)
	return found
}

// escapeRun returns how many escapes of the form %uXXXX a text begins with.
func escapeRun(text string) (n int) {
	for len(text) >= 6 && text[0] == '%' && text[1] == 'u' &&
		hex(text[2]) >= 0 && hex(text[3]) >= 0 && hex(text[4]) >= 0 && hex(text[5]) >= 0 {
		text = text[6:]
		n++
	}
	return n
}
