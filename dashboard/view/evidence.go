package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// evidenceLimit is how many characters of one hostile value a page shows.
const evidenceLimit = 600

// Evidence is text that an attacker may have written, cut so that nothing in it acts on the reader: control characters,
// bidirectional marks and other invisible ones stand as visible codes. html/template does the escaping.
type Evidence []Segment

// Segment is a run of harmless text, or the code of one character that must not act.
type Segment struct {
	Text string
	Code bool // show Text as a code: "U+202E"
}

// Show makes Evidence of a value. An empty value has no segments.
func Show(value string) Evidence {
	var evidence Evidence
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			evidence = append(evidence, Segment{Text: run.String()})
			run.Reset()
		}
	}
	shown := 0
	for i, r := range value {
		if shown == evidenceLimit {
			run.WriteRune('…')
			break
		}
		shown++
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(value[i:]); size == 1 {
				flush()
				evidence = append(evidence, Segment{Text: fmt.Sprintf("0x%02X", value[i]), Code: true})
				continue
			}
		}
		if acts(r) {
			flush()
			evidence = append(evidence, Segment{Text: fmt.Sprintf("U+%04X", r), Code: true})
			continue
		}
		run.WriteRune(r)
	}
	flush()
	return evidence
}

// Visible is Show as plain text, for places that hold a name: a page title, a sentence.
func Visible(value string) string {
	var text strings.Builder
	for _, segment := range Show(value) {
		text.WriteString(segment.Text)
	}
	return text.String()
}

// ShowAll makes Evidence of each value.
func ShowAll(values []string) []Evidence {
	list := make([]Evidence, len(values))
	for i, value := range values {
		list[i] = Show(value)
	}
	return list
}

// acts reports whether a character would do something else than stand there: Cc and Cf (escape, bidi marks, zero-width,
// tags), line and paragraph separators, private use, variation selectors that hide data, and spaces that look like none.
func acts(r rune) bool {
	switch {
	case r == ' ':
		return false
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Zs):
		return r != '\u3000' // the Japanese space is ordinary text
	case unicode.Is(unicode.Variation_Selector, r), r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u034f':
		return true
	}
	return false
}
