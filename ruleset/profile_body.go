package ruleset

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// The rule set refuses bodies whose type it does not list, because nothing would read them. This reader takes any body
// and looks at what it is: JSON (one document or several, as beacons send them) becomes arguments by path, a form
// becomes its fields, other text one argument, of anything else the readable stretches become arguments, so that a
// string inside a protocol buffer is inspected. No body is malformed to it: nobody said what it should be.
//
// It is chosen by a rule that fires (see profile/small_business.yaml), so such a request is never proven clean unseen.
const anyBody = "sekishoany"

func init() {
	plugins.RegisterBodyProcessor(anyBody, func() plugintypes.BodyProcessor { return anyReader{} })
}

type anyReader struct{}

const (
	maxInflated = 1 << 20 // bytes that a compressed body may grow to
	maxDepth    = 64      // of JSON inside of a body of no declared type
	minStretch  = 8       // shortest readable stretch of binary that is looked at, and see byChance
	maxStretch  = 1000    // how many of them
)

var formLike = regexp.MustCompile(`^[A-Za-z0-9_.%\[\]+~:-]{1,200}=[^\s]*$`)

// lineLike is how browsers write a form of the type text/plain, and some programs a call: a name and a value per line.
var lineLike = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}=[^\n]*(?:\n[A-Za-z0-9_.\[\]-]{1,100}=[^\n]*)+$`)

// ProcessRequest reads the body into ARGS_POST and keeps it as REQUEST_BODY.
func (anyReader) ProcessRequest(r io.Reader, vars plugintypes.TransactionVariables, options plugintypes.BodyProcessorOptions) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if plain, ok := inflate(content); ok {
		content = plain
	}
	if text, ok := fromUTF16(content); ok {
		content = text
	}
	values := &argumentSink{vars: vars, limit: options.ArgumentLimit}
	body := string(content)
	switch trimmed := bytes.TrimSpace(content); {
	case len(trimmed) == 0:
	case addJSON(values, trimmed):
	case isText(trimmed) && lineLike.Match(trimmed):
		for line := range strings.SplitSeq(string(trimmed), "\n") {
			name, value, _ := strings.Cut(line, "=")
			values.add(name, strings.TrimSuffix(value, "\r"))
		}
	case formLike.Match(trimmed):
		whole := addPairs(vars.ArgsPost(), string(trimmed), options.ArgumentLimit)
		values.full = !whole
	case isText(trimmed):
		values.add("body", string(trimmed))
	default:
		addStretches(func(text string) { values.add("body", text) }, content)
	}
	if values.full {
		if err := set(vars.ArgumentsLimitReached(), "1"); err != nil {
			return err
		}
	}
	if err := set(vars.RequestBody(), body); err != nil {
		return err
	}
	return set(vars.RequestBodyLength(), strconv.Itoa(len(body)))
}

// ProcessResponse does nothing: responses have their own list of types.
func (anyReader) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}

// An argumentSink adds arguments up to the limit.
type argumentSink struct {
	vars  plugintypes.TransactionVariables
	limit int
	count int
	full  bool
}

func (s *argumentSink) add(name, value string) {
	if s.limit > 0 && s.count >= s.limit {
		s.full = true
		return
	}
	s.count++
	s.vars.ArgsPost().Add(ownName(name), value)
}

// inflate unpacks gzip and zlib, known by their first bytes, as far as the limit.
func inflate(content []byte) ([]byte, bool) {
	var reader io.Reader
	var err error
	switch {
	case bytes.HasPrefix(content, []byte{0x1f, 0x8b}):
		reader, err = gzip.NewReader(bytes.NewReader(content))
	case len(content) > 2 && content[0] == 0x78 && (int(content[0])<<8|int(content[1]))%31 == 0:
		reader, err = zlib.NewReader(bytes.NewReader(content))
	default:
		return nil, false
	}
	if err != nil {
		return nil, false
	}
	plain, err := io.ReadAll(io.LimitReader(reader, maxInflated))
	return plain, err == nil || len(plain) > 0 // a body that was cut at our limit ends early
}

// addJSON adds the values of one or more JSON documents, named by their paths as Coraza's own reader names them. It
// adds nothing and reports false when the text is anything else.
func addJSON(values *argumentSink, text []byte) bool {
	if text[0] != '{' && text[0] != '[' {
		return false
	}
	var documents []any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if tooDeep(text) {
		return false
	}
	for {
		var document any
		err := decoder.Decode(&document)
		if err == io.EOF {
			break
		}
		if err != nil {
			return false
		}
		documents = append(documents, document)
	}
	for _, document := range documents {
		addValue(values, "json", document)
	}
	return true
}

func tooDeep(text []byte) bool {
	depth := 0
	for _, c := range text {
		switch c {
		case '{', '[':
			if depth++; depth > maxDepth {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

func addValue(values *argumentSink, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			addValue(values, path+"."+name, member)
		}
	case []any:
		for i, member := range v {
			addValue(values, path+"."+strconv.Itoa(i), member)
		}
	case string:
		values.add(path, v)
	case json.Number:
		values.add(path, v.String())
	case bool:
		values.add(path, strconv.FormatBool(v))
	default:
		values.add(path, "")
	}
}

// isText tells readable text, in UTF-8 or one of the Japanese encodings, from binary.
func isText(content []byte) bool {
	for _, c := range content {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\f' && c != '\x1b' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(content) || len(japanese(string(content))) > 0
}

// byChance is the length from which a readable stretch in so many bytes of noise (a picture, something encrypted) is seen
// less than once in a hundred bodies: two in five bytes continue one.
func byChance(size int) int {
	return max(minStretch, int(math.Ceil((math.Log(float64(size))+4.6)/0.92)))
}

// addStretches adds the readable stretches of binary content: those too long to be chance, and shorter ones whose length
// is declared in the byte before, as protocol buffers and their like do.
func addStretches(add func(text string), content []byte) {
	start, count, chance := 0, 0, byChance(len(content))
	flush := func(end int) {
		if length := end - start; length >= minStretch && count < maxStretch {
			declared := start > 0 && int(content[start-1]) == length
			if !declared && length < chance && int(content[start]) == length-1 {
				start, declared = start+1, true // the length is itself a letter
			}
			if declared || length >= chance {
				count++
				add(string(content[start:end]))
			}
		}
	}
	for i := 0; i < len(content); {
		r, size := utf8.DecodeRune(content[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			flush(i)
			start = i + size
		}
		i += size
	}
	flush(len(content))
}

// fromUTF16 decodes text in UTF-16, known by its mark or by a null in every second byte of most characters.
func fromUTF16(content []byte) ([]byte, bool) {
	if len(content) < 4 || len(content)%2 != 0 {
		return nil, false
	}
	var nulls [2]int
	for i, c := range content {
		if c == 0 {
			nulls[i%2]++
		}
	}
	var order binary.ByteOrder
	const share = 4 // a quarter of the characters at least: names and signs of ASCII
	switch least := len(content) / 2 / share; {
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}), nulls[0] == 0 && nulls[1] > least:
		order = binary.LittleEndian
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}), nulls[1] == 0 && nulls[0] > least:
		order = binary.BigEndian
	default:
		return nil, false
	}
	units := make([]uint16, 0, len(content)/2)
	for i := 0; i < len(content); i += 2 {
		units = append(units, order.Uint16(content[i:]))
	}
	text := bytes.TrimPrefix([]byte(string(utf16.Decode(units))), []byte("\ufeff"))
	return text, isText(text)
}
