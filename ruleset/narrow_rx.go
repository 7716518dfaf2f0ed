package ruleset

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"rsc.io/binaryregexp"

	"github.com/sekisho-waf/sekisho/ruleset/automaton"
)

// Nearly all that the rules cost is Go's regexp running through a value to find nothing: 64 KB of plain text took 490 ms in
// 110 expressions, 30 ms of it not in them. So the rule set's @rx is written as an operator of ours: an automaton of
// the expression says in a few nanoseconds a byte whether it matches at all, and only where it does, or where it cannot
// say, the expression itself is asked, for what it captures. The automaton is the one that the fast lane relies on and is
// compared with regexp there; what is compared here is the whole verdict, with plain Coraza, which keeps its own @rx.
//
// The rules of a policy's author keep Coraza's operator: what they see in an error is what they wrote.
const narrowRx = "sekishoRx"

func init() { plugins.RegisterOperator(narrowRx, newRx) }

var narrowing = strings.NewReplacer(`"@rx `, `"@`+narrowRx+` `, `"!@rx `, `"!@`+narrowRx+` `)

// narrowed writes rules with our operator in the place of @rx.
func narrowed(rules string) string { return narrowing.Replace(rules) }

// rx is one expression. Engines share it.
type rx struct {
	pattern    automaton.Pattern
	expression interface {
		FindStringSubmatchIndex(string) []int
		MatchString(string) bool
	}
	build sync.Once      // most expressions of the higher levels are never asked
	set   *automaton.Set // nil where it cannot be built
}

// rxMemory is what one automaton may hold, and rxWork how many transitions of it one value may build. Most hold 1 to 4 KB.
const (
	rxMemory = 32 << 10
	rxWork   = 256
)

func newRx(options plugintypes.OperatorOptions) (plugintypes.Operator, error) {
	compiled, err := options.Memoizer.Do(narrowRx+":"+options.Arguments, func() (any, error) {
		o := &rx{pattern: automaton.Rx(options.Arguments)}
		var err error
		if o.pattern.Kind == automaton.BinaryRegexp {
			o.expression, err = binaryregexp.Compile(o.pattern.Expr)
		} else {
			o.expression, err = regexp.Compile(o.pattern.Expr)
		}
		return o, err
	})
	if err != nil {
		return nil, err
	}
	o, ok := compiled.(*rx)
	if !ok {
		return nil, errors.New("the memory of compiled expressions holds something else under our name")
	}
	return o, nil
}

var hitsPool = sync.Pool{New: func() any { return new(automaton.Hits) }}

// may reports whether the expression can match a value.
func (o *rx) may(value string) bool {
	o.build.Do(func() {
		set, err := automaton.Compile([]automaton.Pattern{o.pattern}, automaton.Options{MaxMemory: rxMemory, MaxWork: rxWork})
		if err == nil {
			o.set = set
		}
	})
	if o.set == nil {
		return true
	}
	hits := hitsPool.Get().(*automaton.Hits)
	defer hitsPool.Put(hits)
	return !o.set.Scan(value, hits) || !hits.Empty()
}

// maxCaptures is how many groups Coraza keeps, the whole match among them.
const maxCaptures = 9

// Evaluate is @rx.
func (o *rx) Evaluate(tx plugintypes.TransactionState, value string) bool {
	spend(tx, len(value))
	if !o.may(value) {
		return false
	}
	if !tx.Capturing() {
		return o.expression.MatchString(value)
	}
	match := o.expression.FindStringSubmatchIndex(value)
	for i := range min(len(match)/2, maxCaptures) {
		group := ""
		if match[2*i] >= 0 {
			group = value[match[2*i]:match[2*i+1]]
		}
		tx.CaptureField(i, group)
	}
	return match != nil
}
