package transform

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

// entityList holds the named character references of HTML, a name and its code points on each line. Some names are there
// without the semicolon too.
//
//go:embed entities.txt
var entityList string

const (
	longestEntity = 32 // with its semicolon
	longestBare   = 6  // without
)

// entities maps names to what they stand for, in UTF-8.
var entities = sync.OnceValue(func() map[string]string {
	table := make(map[string]string, 2300)
	for line := range strings.Lines(entityList) {
		words := strings.Fields(line)
		var text []byte
		for _, code := range words[1:] {
			text = utf8.AppendRune(text, rune(mustHex(code)))
		}
		table[words[0]] = string(text)
	}
	return table
})

// windows1252 is what numeric references from 128 to 159 stand for: bytes of that code page.
var windows1252 = [...]rune{
	0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
}

// htmlEntityDecode decodes character references as a browser does in text. It reports a change by the length alone: a
// reference that is as long as what it stands for changes the value and says that it did not.
func htmlEntityDecode(dst []byte, src string, at int) ([]byte, bool) {
	begin, size := len(dst), len(src)
	for at >= 0 {
		dst = append(dst, src[:at]...)
		used := 0
		dst, used = appendEntity(dst, src[at+1:])
		src = src[at+1+used:]
		at = strings.IndexByte(src, '&')
	}
	dst = append(dst, src...)
	return dst, len(dst)-begin != size
}

// appendEntity decodes what stands behind an & and returns how much of it was used; if it is no reference, the & stays.
func appendEntity(dst []byte, behind string) ([]byte, int) {
	if behind != "" && behind[0] == '#' {
		return appendNumeric(dst, behind)
	}
	end := 0
	for end < len(behind) && end <= longestEntity && isAlphanumeric(behind[end]) {
		end++
	}
	if end == 0 {
		return append(dst, '&'), 0
	}
	if end < len(behind) && behind[end] == ';' {
		end++
	}
	table := entities()
	if text, ok := table[behind[:end]]; ok {
		return append(dst, text...), end
	}
	for end = min(end-1, longestBare); end > 1; end-- {
		if text, ok := table[behind[:end]]; ok {
			return append(dst, text...), end
		}
	}
	return append(dst, '&'), 0
}

func appendNumeric(dst []byte, behind string) ([]byte, int) {
	i, base := 1, 10
	if i < len(behind) && behind[i]|caseStep == 'x' {
		i, base = 2, 16
	}
	start, code := i, 0
	for ; i < len(behind); i++ {
		v := int(hexValue[behind[i]])
		if v < 0 || v >= base {
			break
		}
		if code <= utf8.MaxRune {
			code = code*base + v
		}
	}
	if i == start {
		return append(dst, '&'), 0
	}
	if i < len(behind) && behind[i] == ';' {
		i++
	}
	switch {
	case 0x80 <= code && code <= 0x9F:
		code = int(windows1252[code-0x80])
	case code == 0 || code > utf8.MaxRune:
		code = utf8.RuneError
	}
	return utf8.AppendRune(dst, rune(code)), i
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
