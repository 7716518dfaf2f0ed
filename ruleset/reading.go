package ruleset

import (
	"regexp"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/sekisho-waf/sekisho/ruleset/signs"
	"github.com/sekisho-waf/sekisho/ruleset/writing"
)

// The questions that guards ask. Rules look at them as operators; the proof is told of them by the same names.
var readings = map[string]func(value string) bool{
	// Whether words are evidence: not in running text, nor in a JSON document with nothing odd in its strings.
	"sekishoTerse": func(value string) bool {
		return !writing.Is(value) && !isShaped(value) && !writing.Document(value, isOdd)
	},
	// Whether a command's name stands where a shell would carry it out.
	"sekishoCommand": func(value string) bool { return evident(value, signs.Command) },
	// Whether a condition or a loop is one of a command file of Windows.
	"sekishoBatch": func(value string) bool {
		return signs.Batch(value) || !isReading(value) && !writing.Document(value, isOdd)
	},
	// Whether words of SQL stand in what changes a query.
	"sekishoQuery": func(value string) bool { return evident(value, signs.Query) },
	// Whether a function of PHP is called.
	"sekishoPHP": func(value string) bool { return evident(value, signs.PHP) },
	// Whether a script of a server does something.
	"sekishoScript": func(value string) bool { return evident(value, signs.Script) },
	// Whether the name of a file is: where the value climbs, or is the address of a file that no visitor names, and no more.
	"sekishoFile": func(value string) bool {
		return signs.File(value) && !writing.Is(value) && !isShaped(value) && !writing.Document(value, isOdd)
	},
	// Whether a query is grafted onto the value, or onto a string of it where it is a document.
	"sekishoGrafted": func(value string) bool {
		return !isShaped(value) && !writing.Document(value, func(text string) bool { return !isShaped(text) && signs.Query(text) })
	},
	// Whether the name of a class is evidence: not in running text, nor in the account of a failure.
	"sekishoBare": func(value string) bool {
		return !writing.Is(value) && !isShaped(value)
	},
	// Whether markup runs something, or a script is called.
	"sekishoCalling": func(value string) bool {
		return writing.Active(value) || !inertXML.MatchString(value) && !hasElement.MatchString(value) && evident(value, signs.Page)
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
	// inertXML begins what is a document, and no part of a page.
	inertXML = regexp.MustCompile(`^\s*<\?xml\s[^>]*>\s*<\w`)
	oddText  = regexp.MustCompile(strings.ReplaceAll(`(?i)[;|&~\n]\s*[a-z./]{2,}|\$[({]|[<>]\(|\bunion\b.{0,40}\bselect\b|\bselect\b.{1,80}\bfrom\b|\.\.[/\x5c]|/etc/|\{\{|\)\s*\{|(?:\bor\b|\band\b|\|\||&&).{0,40}[=<>]|\w\([^)]*\)\s*;?$|^\s*(?:java|vb)script:|\bsleep\s*\(|\$\w+\s*[=(]|\beval\b|<\?|<%`, "~", "`"))
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
