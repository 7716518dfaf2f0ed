package ruleset

import (
	"regexp"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/sekisho-waf/sekisho/ruleset/writing"
)

// The questions that guards ask. Rules look at them as operators; the proof is told of them by the same names.
var readings = map[string]func(value string) bool{
	// Whether words are evidence: not in running text, nor in a JSON document with nothing odd in its strings.
	"sekishoTerse": func(value string) bool {
		return !writing.Is(value) && !isShaped(value) && !writing.Document(value, isOdd)
	},
	// Whether the name of a class is evidence: not in running text, nor in the account of a failure.
	"sekishoBare": func(value string) bool {
		return !writing.Is(value) && !isShaped(value)
	},
	// Whether markup runs something. Words about markup, and values that hold no element, are for the rules to judge.
	"sekishoActive": func(value string) bool {
		if writing.Active(value) {
			return true
		}
		return !writing.Is(value) && !hasElement.MatchString(value) && !isShaped(value) && !writing.Document(value, isOdd)
	},
}

var (
	hasElement = regexp.MustCompile(`(?i)</?(?:p|br|div|span|a|b|i|u|em|strong|h[1-6]|ul|ol|li|table|tr|td|img|pre|code|blockquote|figure|hr|font|center|iframe)(?:\s[^<>]*)?/?>`)
	oddText    = regexp.MustCompile(strings.ReplaceAll(`(?i)[;|&~\n]\s*[a-z./]{2,}|\$[({]|[<>]\(|\bunion\b.{0,40}\bselect\b|\bselect\b.{1,80}\bfrom\b|\.\.[/\x5c]|/etc/|\{\{|\)\s*\{|(?:\bor\b|\band\b|\|\||&&).{0,40}[=<>]|\w\([^)]*\)\s*;?$|^\s*(?:java|vb)script:|\bsleep\s*\(|\$\w+\s*[=(]|\beval\b|<\?|<%`, "~", "`"))
)

// isOdd reports whether a string of a document is worth the rules' attention.
func isOdd(text string) bool {
	return !writing.Is(text) && !isShaped(text) && (oddText.MatchString(text) || writing.Active(text) || mayBeSQLi(text))
}

func init() {
	for name, ask := range readings {
		plugins.RegisterOperator(name, func(plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			return readingOperator{ask}, nil
		})
	}
}

type readingOperator struct{ ask func(string) bool }

// Evaluate asks about a value.
func (o readingOperator) Evaluate(_ plugintypes.TransactionState, value string) bool {
	return o.ask(value)
}
