package transform

import "unicode"

var (
	toLower = newRuneMap(unicode.ToLower)
	toUpper = newRuneMap(unicode.ToUpper)
	noSpace = newRuneMap(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	})
)

func findUpper(src string) int { return toLower.find(src) }
func findLower(src string) int { return toUpper.find(src) }
func findSpace(src string) int { return noSpace.find(src) }

func lowercase(dst []byte, src string, at int) ([]byte, bool) {
	out, _, differs := toLower.apply(dst, src, at)
	return out, differs
}

func uppercase(dst []byte, src string, at int) ([]byte, bool) {
	out, _, differs := toUpper.apply(dst, src, at)
	return out, differs
}

// removeWhitespace drops what Unicode calls a space. It does not report that it replaced what is no UTF-8.
func removeWhitespace(dst []byte, src string, at int) ([]byte, bool) {
	out, dropped, _ := noSpace.apply(dst, src, at)
	return out, dropped
}
