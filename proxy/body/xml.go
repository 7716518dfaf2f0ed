package body

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"unicode/utf8"
)

// maxDepth is far above what documents nest, and far below what costs a reader its stack.
const maxDepth = 256

// checkXML reads the document strictly: one root, matching tags, no document type.
func checkXML(b []byte, cut bool) Fault {
	if cut {
		b = wholeRunes(b)
	}
	decoder := xml.NewDecoder(bytes.NewReader(b))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return ascii{input}, nil }
	depth, roots := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if cut && decoder.InputOffset() >= int64(len(b)) {
				return none // it breaks off where we stopped reading
			}
			return MalformedXML
		}
		switch token := token.(type) {
		case xml.Directive:
			if bytes.HasPrefix(bytes.ToUpper(bytes.TrimSpace(token)), []byte("DOCTYPE")) {
				return DocumentType
			}
			return MalformedXML // no other declaration stands outside a document type
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > maxDepth {
				return DeepXML
			}
			if roots > 1 {
				return MalformedXML
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.Trim(token, " \t\r\n\ufeff")) > 0 {
				return MalformedXML
			}
		}
	}
	if roots == 0 && !cut {
		return MalformedXML
	}
	return none
}

// wholeRunes leaves out the beginning of a character at the end.
func wholeRunes(b []byte) []byte {
	for n := 1; n <= min(utf8.UTFMax-1, len(b)); n++ {
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				return b[:len(b)-n]
			}
			return b
		}
	}
	return b
}

// ascii passes a document of another character set on with every byte beyond ASCII replaced: structure is ASCII in all
// sets that the rules read too.
type ascii struct{ io.Reader }

func (a ascii) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	for i, c := range p[:n] {
		if c >= 0x80 {
			p[i] = '?'
		}
	}
	return n, err
}
