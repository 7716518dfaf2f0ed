package proof

import (
	"strings"
	"unicode/utf8"
)

// parts visits the parts of a form (RFC 7578) as browsers write them, byte for byte, and gives up on everything else that
// a reader of MIME would take: other header fields, parameters, escapes, white space, lines that end otherwise.
func (s *scan) parts(contentType, body string, limit int) bool {
	boundary, ok := strings.CutPrefix(contentType, "multipart/form-data; boundary=")
	if !ok || boundary == "" || len(boundary) > 70 || !onlyOf(boundary, inBoundary) {
		return false
	}
	dashes := "--" + boundary
	separator := "\r\n" + dashes
	rest, ok := strings.CutPrefix(body, dashes+"\r\n")
	for count := 1; ok && s.clean; count++ {
		var head, content string
		if head, content, ok = strings.Cut(rest, "\r\n\r\n"); !ok || count > limit || strings.HasPrefix(content, dashes) {
			return false
		}
		end := strings.Index(content, separator)
		if end < 0 || strings.Contains(head, separator) || !s.part(head, content[:end]) {
			return false
		}
		switch rest = content[end+len(separator):]; rest {
		case "--", "--\r\n":
			return true
		}
		rest, ok = strings.CutPrefix(rest, "\r\n")
	}
	return false
}

// part visits one part: its header fields, and what it is.
func (s *scan) part(head, content string) bool {
	disposition, kind, typed := strings.Cut(head, "\r\n")
	list, ok := strings.CutPrefix(disposition, `Content-Disposition: form-data; name="`)
	if !ok {
		return false
	}
	name, list, ok := strings.Cut(list, `"`)
	if !ok || !plainParameter(name) {
		return false
	}
	file := ""
	if list != "" {
		if list, ok = strings.CutPrefix(list, `; filename="`); !ok {
			return false
		}
		if file, ok = strings.CutSuffix(list, `"`); !ok || !plainParameter(file) {
			return false
		}
	}
	s.value(partHeaders, name, disposition)
	if typed {
		media, ok := strings.CutPrefix(kind, "Content-Type: ")
		if !ok || media == "" || !onlyOf(media, inMediaType) {
			return false
		}
		s.value(partHeaders, name, kind)
	}
	if file == "" {
		s.value(bodyArgs, name, content)
		s.value(bodyArgNames, name, name)
		return true
	}
	s.value(files, "", file)
	s.value(fileNames, "", name)
	return true
}

// plainParameter reports whether a parameter in quotation marks is what stands there for every reader.
func plainParameter(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c == 0x7F {
			return false
		}
	}
	return utf8.ValidString(text)
}

const (
	alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	inBoundary   = alphanumeric + "-_.+'"
	inMediaType  = alphanumeric + "-_.+/"
)

func onlyOf(text, characters string) bool {
	for i := range len(text) {
		if strings.IndexByte(characters, text[i]) < 0 {
			return false
		}
	}
	return true
}
