package ruleset

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	ja "golang.org/x/text/encoding/japanese"

	"github.com/corazawaf/coraza/v3/collection"
)

// A page in Shift_JIS, EUC-JP or ISO-2022-JP sends its forms in that encoding, and browsers do not say which. So a value
// is shown to the rules as it came, for whoever reads bytes, and once more as each of these encodings that it is valid
// in, for whoever decodes, where that says more: no choice of encoding hides anything. What is forwarded is what came.
//
// Which values get a second form is decided by [foreign] alone, and a rule with the same expression (9100103) fires on
// them, so that no lane calls such a request clean without having seen both forms.
var (
	foreign = regexp.MustCompile(foreignPattern)

	japaneseEncodings = []encoding.Encoding{ja.ShiftJIS, ja.EUCJP}
)

// foreignPattern finds bytes that UTF-8 does not have there, and the escapes that ISO-2022-JP begins with. It is written
// for byte-wise evaluation; in Go text it is applied to Latin-1, see [isForeign].
const foreignPattern = `(?:^|[\x00-\x7f])[\x{80}-\x{bf}]|[\x{c0}-\x{ff}](?:[\x00-\x7f]|$)|[\x{c0}\x{c1}\x{f5}-\x{ff}]|\x1b[$(]`

// isForeign reports whether a value is worth reading in another encoding.
func isForeign(value string) bool {
	if utf8.ValidString(value) && !strings.Contains(value, "\x1b") {
		return false // what the expression finds, UTF-8 does not have
	}
	latin := make([]rune, len(value))
	for i := range len(value) {
		latin[i] = rune(value[i])
	}
	return foreign.MatchString(string(latin))
}

// japanese returns what a value says in each Japanese encoding that it is valid in, without the one it came in.
func japanese(value string) []string {
	if !isForeign(value) {
		return nil
	}
	var found []string
	tried := japaneseEncodings
	if strings.Contains(value, "\x1b") {
		tried = []encoding.Encoding{ja.ISO2022JP}
	}
	for _, e := range tried {
		text, err := e.NewDecoder().String(value)
		if err == nil && !strings.ContainsRune(text, utf8.RuneError) && text != value {
			found = append(found, text)
		}
	}
	return found
}

// saysMore reports whether rules can find in a decoded text what they cannot find in the bytes: full-width letters and
// the signs of markup and quotes, or anything behind an escape. All other ASCII stands in the bytes as it is, in each
// of these encodings, and to show it twice would count a word of prose twice.
func saysMore(value, text string) bool {
	return strings.Contains(value, "\x1b") || strings.ContainsFunc(text, func(r rune) bool {
		return r >= '\uff21' && r <= '\uff3a' || r >= '\uff41' && r <= '\uff5a' || strings.ContainsRune("＜＞＇＂", r)
	})
}

// decodeArguments is the TX variable by which fill asks for the second forms of a body's arguments.
const decodeArguments = "sekisho_decode"

// addDecoded adds the decoded forms of the values that a collection holds.
func addDecoded(values collection.Map) {
	for _, value := range values.FindAll() {
		name := value.Key()
		for _, text := range japanese(name) {
			if saysMore(name, text) {
				name = text
			}
		}
		for _, text := range japanese(value.Value()) {
			if name != value.Key() || saysMore(value.Value(), text) {
				values.Add(ownName(name), text)
			}
		}
	}
}
