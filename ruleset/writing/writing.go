package writing

import (
	"regexp"
	"unicode"
	"unicode/utf8"
)

const (
	// A value is text in another script than ours from so many letters of it on. An attack can be given some as well, and
	// then meets the rules for text.
	foreignLetters = 8
	// Bytes of an encoding that is not UTF-8 say less each.
	foreignBytes = 8
	// A value is text in Latin letters from so many common words on, and if they are this share of its words.
	commonWords = 3
	commonShare = 12 // one in so many
	// Where there is no sign that a program would act on, or where they are dense, fewer do.
	commonWordsFew = 2
	denseShare     = 4
	denseWords     = 5
	// Words that a language shares with programs count half, beside commonWordsFew of the others.
	sharedWeight = 2
)

// Is reports whether a value is running text in some language, whatever else stands in it.
func Is(value string) bool {
	var t tally
	t.read(value)
	switch {
	case isPost(value):
		return true
	case t.foreign >= foreignLetters, t.broken >= foreignBytes:
		return true
	case t.common < commonWordsFew:
		return false
	case t.common+t.shared/sharedWeight >= commonWords && (t.common+t.shared)*commonShare >= t.words:
		return true
	case t.words >= 3 && !t.signs:
		return true
	}
	return t.words >= denseWords && (t.common+t.shared)*denseShare >= t.words
}

// postMarks are what articles and posts are made of: paragraphs, headings, lists, fenced code and quotes of somebody.
var postMarks = regexp.MustCompile("(?i)</(?:p|h[1-6]|li|ul|ol|pre|blockquote|figure|td|table)>|(?:^|\n)```|(?:^|\n)#{1,4} |(?:^|\n)[-*] |(?:^|\n)> |\\[/?quote\\b|<!-- wp:|(?:^|\n)={2,4} .{1,100} ={2,4}")

// isPost reports whether a value is an article or a post, by how it is laid out.
func isPost(value string) bool {
	const marks = 2
	return len(postMarks.FindAllStringIndex(value, marks)) == marks
}

// A tally counts what gives text away.
type tally struct {
	words           int
	common, shared  int
	foreign, broken int
	signs           bool // that a shell, SQL or markup would act on
	word            [16]byte
}

func (t *tally) read(value string) {
	length, long := 0, false // of the present word
	end := func() {
		if length > 0 {
			t.words++
			switch word := t.word[:length]; {
			case long:
			case common[string(word)]:
				t.common++
			case shared[string(word)]:
				t.shared++
			}
		}
		length, long = 0, false
	}
	put := func(b byte) {
		if length < len(t.word) {
			t.word[length] = b
			length++
		} else {
			long = true
		}
	}
	for i := 0; i < len(value); {
		c := value[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(value[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				t.broken++
			case r >= 0xff01 && r <= 0xff5e || r < 0x80: // full-width forms of ASCII are ASCII to some who read them
			case unicode.IsLetter(r):
				if r > 0x24f {
					t.foreign++
				}
				for j := range size {
					put(value[i+j])
				}
			case r == '’':
				put('\'')
			default:
				end()
			}
			i += size
			continue
		}
		i++
		switch {
		case c >= 'a' && c <= 'z':
			put(c)
		case c >= 'A' && c <= 'Z':
			put(c | 0x20)
		case c == '\'':
			// An apostrophe inside a word belongs to it.
			if length > 0 && i < len(value) && isLetter(value[i]) {
				put(c)
				continue
			}
			t.signs = true
			end()
		case c >= '0' && c <= '9' || c == '_' || c == '=' || c == '/' || c == '\\' || c == '@' || c == '$' || c == '%':
			// Part of a name, an address or a path: not a word of a language.
			long = true
			if length == 0 {
				length = 1
			}
			t.signs = t.signs || c == '\\' || c == '$'
		default:
			switch c {
			case ';', '|', '&', '`', '<', '>', '"', '{', '}':
				t.signs = true
			case '\n':
				t.signs = t.signs || i < len(value)
			}
			end()
		}
	}
	end()
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf }
