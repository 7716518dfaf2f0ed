package transform

import "strings"

func findComment(src string) int { return strings.Index(src, "/*") }

// replaceComments makes a blank of each /* comment */, closed or not.
func replaceComments(dst []byte, src string, at int) ([]byte, bool) {
	for at >= 0 {
		dst = append(dst, src[:at]...)
		dst = append(dst, ' ')
		end := strings.Index(src[at+2:], "*/")
		if end < 0 {
			return dst, true
		}
		src = src[at+2+end+2:]
		at = findComment(src)
	}
	return append(dst, src...), true
}

// commentMark is the length of the mark that src begins with: the begin or end of a comment in C, HTML, SQL or a shell.
func commentMark(src string) int {
	switch src[0] {
	case '#':
		return 1
	case '/':
		if strings.HasPrefix(src, "/*") {
			return 2
		}
	case '*':
		if strings.HasPrefix(src, "*/") {
			return 2
		}
	case '<':
		if strings.HasPrefix(src, "<!--") {
			return 4
		}
	case '-':
		if strings.HasPrefix(src, "-->") {
			return 3
		}
		if strings.HasPrefix(src, "--") {
			return 2
		}
	}
	return 0
}

// findMark looks for a whole mark; a hyphen alone is none.
func findMark(src string) int {
	for at := 0; ; at++ {
		next := findMarkByte(src[at:])
		if next < 0 {
			return -1
		}
		if at += next; commentMark(src[at:]) > 0 {
			return at
		}
	}
}

var findMarkByte = bytesOf("/*<-#").finder()

// removeCommentsChar drops the marks and keeps what they mark.
func removeCommentsChar(dst []byte, src string, at int) ([]byte, bool) {
	changed, start := false, 0
	for i := at; i < len(src); {
		n := commentMark(src[i:])
		if n == 0 {
			i++
			continue
		}
		dst = append(dst, src[start:i]...)
		i += n
		start, changed = i, true
	}
	return append(dst, src[start:]...), changed
}

// removeComments drops comments, and the rest of the value behind -- and #. The byte behind the end of a comment is
// copied without a look at it, and at the end of the value that byte is a NUL.
func removeComments(dst []byte, src string, at int) ([]byte, bool) {
	dst = append(dst, src[:at]...)
	changed := false
	for i := at; i < len(src); {
		rest := src[i:]
		switch {
		case strings.HasPrefix(rest, "/*"), strings.HasPrefix(rest, "<!--"):
			changed = true
			body := rest[2:]
			if rest[0] == '<' {
				body = rest[4:]
			}
			end := commentEnd(body)
			if end < 0 {
				return append(dst, ' '), true
			}
			i = len(src) - len(body) + end
			if i < len(src) {
				dst = append(dst, src[i])
			} else {
				dst = append(dst, 0)
			}
			i++
		case rest[0] == '#', strings.HasPrefix(rest, "--"):
			return dst, true
		default:
			dst = append(dst, rest[0])
			i++
		}
	}
	return dst, changed
}

// commentEnd returns where the text behind the first */ or --> begins, or -1.
func commentEnd(body string) int {
	end := -1
	if i := strings.Index(body, "*/"); i >= 0 {
		end = i + 2
		body = body[:i]
	}
	if i := strings.Index(body, "-->"); i >= 0 {
		return i + 3
	}
	return end
}
