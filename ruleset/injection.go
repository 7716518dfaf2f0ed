package ruleset

import (
	"strings"
	"unicode/utf8"

	"github.com/corazawaf/libinjection-go"

	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// The proof asks Coraza's own two detectors, and spares them what cannot change their answer. The rules themselves,
// in the slow lane, ask them about everything.

// mayBeXSS is @detectXSS. Each of its findings needs a tag, a comment or a document type, which begin with <, or the
// value of an attribute, which stands behind =.
func mayBeXSS(value string) bool {
	return strings.ContainsAny(value, "<=") && libinjection.IsXSS(value)
}

// kept is how many escapes of a run are left at either end.
const kept = 8

// mayBeSQLi is @detectSQLi. Rules show it Japanese also as %u65E5%u672C, and it reads all of that: an operator, a name,
// an operator, a name, each two folded into what was there before. After a few it is where it was before them, so that a
// long run says no more than a short one. A text of 64 KB takes 4 ms otherwise, most of what the proof costs.
func mayBeSQLi(value string) bool {
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

// mayBeSpelledSQLi is mayBeSQLi for what utf8toUnicode makes of a text. Letters and digits behind an escape belong to the
// same name for the detector, so that they do not end a run; of a long run only both ends are written.
func mayBeSpelledSQLi(source string) bool {
	short := make([]byte, 0, 1024)
	for i := 0; i < len(source); {
		if source[i] < utf8.RuneSelf {
			short = append(short, source[i])
			i++
			continue
		}
		end := i
		for end < len(source) && inName[source[end]] {
			end++
		}
		run := source[i:end]
		head, tail := 0, len(run)
		for range kept { // a byte that begins a character is never part of the one before it, broken or not
			head = nextBeyond(run, head+1)
			for tail > head && !(run[tail-1] >= utf8.RuneSelf && utf8.RuneStart(run[tail-1])) {
				tail--
			}
			tail = max(tail-1, head)
		}
		short, _ = spell(short, run[:head])
		short, _ = spell(short, run[tail:])
		i = end
	}
	return isSQLi(string(short))
}

// nextBeyond returns where, from i on, the next character beyond ASCII begins.
func nextBeyond(text string, i int) int {
	for i < len(text) && !(text[i] >= utf8.RuneSelf && utf8.RuneStart(text[i])) {
		i++
	}
	return min(i, len(text))
}

// inName are the bytes of letters, digits and what is escaped.
var inName = func() (table [256]bool) {
	for b := range table {
		table[b] = b >= utf8.RuneSelf || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
	}
	return table
}()

var spell = func() transform.Func {
	step, err := transform.Find("utf8toUnicode")
	if err != nil {
		panic("ruleset: " + err.Error())
	}
	return step.Apply
}()

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
