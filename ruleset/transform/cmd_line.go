package transform

import "unicode/utf8"

// What cmdLine does with a byte that it does not keep.
const (
	keep = iota
	drop
	lower
	blank    // becomes a blank, one for a run of them
	noBlank  // keeps itself and drops the blank before it
	caseStep = 'a' - 'A'
)

var cmdLineDoes = func() (table [256]uint8) {
	for _, c := range []byte("\"'\\^") {
		table[c] = drop
	}
	for _, c := range []byte(" ,;\t\r\n") {
		table[c] = blank
	}
	table['/'], table['('] = noBlank, noBlank
	for c := 'A'; c <= 'Z'; c++ {
		table[c] = lower
	}
	return table
}()

// cmdLine undoes what shells forgive: quotes and carets go, separators become one blank, none stands before / and (,
// letters become small.
func cmdLine(dst []byte, src string, at int) ([]byte, bool) {
	changed, spaced := false, false
	start := 0 // of what was not copied yet
	for i := at; i < len(src); i++ {
		c := src[i]
		switch cmdLineDoes[c] {
		case keep:
			if c >= utf8.RuneSelf {
				i = max(i, skipHigh(src, i)-1)
			}
			for i+1 < len(src) && cmdLineDoes[src[i+1]] == keep {
				i++
			}
			spaced = false
		case drop: // and the blank before it still counts
			dst = append(dst, src[start:i]...)
			start, changed = i+1, true
		case lower:
			dst = append(dst, src[start:i]...)
			dst = append(dst, c+caseStep)
			start, changed, spaced = i+1, true, false
		case blank:
			if c == ' ' && !spaced {
				spaced = true
				continue
			}
			dst = append(dst, src[start:i]...)
			if !spaced {
				dst = append(dst, ' ')
			}
			start, changed, spaced = i+1, true, true
		case noBlank:
			if spaced {
				dst = append(dst, src[start:i]...)
				dst = dst[:len(dst)-1]
				start, changed = i, true
			}
			spaced = false
		}
	}
	return append(dst, src[start:]...), changed
}
