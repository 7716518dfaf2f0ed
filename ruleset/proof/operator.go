package proof

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho/ruleset/automaton"
	"github.com/sekisho-waf/sekisho/ruleset/seclang"
	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// A test is an operator with its argument: an expression, which is looked for together with all others, or a function.
type test struct {
	negated bool
	matches func(string) bool  // nil where pattern is set
	pattern *automaton.Pattern // nil where matches is set
	set     *automaton.Set     // of the pattern alone, for use while compiling
	word    string             // what @contains looks for
	spelled func(string) bool  // matches for what utf8toUnicode makes of a text; nil where that has to be made
}

// fires evaluates the test while compiling.
func (t *test) fires(value string) bool {
	if t.matches != nil {
		return t.matches(value) != t.negated
	}
	if t.set == nil {
		set, err := automaton.Compile([]automaton.Pattern{*t.pattern}, automaton.DefaultOptions())
		if err != nil {
			return true
		}
		t.set = set
	}
	var hits automaton.Hits
	return !t.set.Scan(value, &hits) || hits.Has(0) != t.negated
}

// test returns what an operator asks, with the TX variables in its argument replaced; nil where it is not known here.
func (c *compiler) test(op *seclang.Operator) *test {
	return newTest(op, c.options, c.state.expand)
}

func newTest(op *seclang.Operator, options Options, expand func(seclang.Macro) (string, bool)) *test {
	t := &test{negated: op.Negated}
	argument := op.Argument
	if len(op.Macro.Parts) > 0 {
		var ok bool
		if argument, ok = expand(op.Macro); !ok {
			return nil
		}
	}
	number, _ := strconv.Atoi(argument)
	numeric := func(compare func(int) bool) func(string) bool {
		return func(value string) bool {
			n, _ := strconv.Atoi(value)
			return compare(n)
		}
	}
	switch op.Name {
	case "rx":
		pattern := automaton.Rx(op.Argument)
		t.pattern = &pattern
	case "pm", "pmFromFile":
		if len(op.Words) == 0 || slices.Contains(op.Words, "") {
			return nil
		}
		t.pattern = &automaton.Pattern{Kind: automaton.Phrases, Words: op.Words}
	case "contains", "strmatch":
		t.word = argument
		t.matches = func(value string) bool { return strings.Contains(value, argument) }
	case "beginsWith":
		t.matches = func(value string) bool { return strings.HasPrefix(value, argument) }
	case "endsWith":
		t.matches = func(value string) bool { return strings.HasSuffix(value, argument) }
	case "streq":
		t.matches = func(value string) bool { return value == argument }
	case "within":
		t.matches = func(value string) bool { return strings.Contains(argument, value) }
	case "eq":
		t.matches = numeric(func(n int) bool { return n == number })
	case "gt":
		t.matches = numeric(func(n int) bool { return n > number })
	case "ge":
		t.matches = numeric(func(n int) bool { return n >= number })
	case "lt":
		t.matches = numeric(func(n int) bool { return n < number })
	case "le":
		t.matches = numeric(func(n int) bool { return n <= number })
	case "unconditionalMatch":
		t.matches = func(string) bool { return true }
	case "noMatch":
		t.matches = func(string) bool { return false }
	case "detectSQLi":
		t.matches, t.spelled = options.DetectSQLi, options.DetectSpelledSQLi
	case "detectXSS":
		t.matches = options.DetectXSS
	case "validateByteRange":
		t.matches = byteRange(op.Argument)
	case "validateUrlEncoding":
		t.matches = wrongEscape
	case "validateUtf8Encoding":
		t.matches = func(value string) bool { return !utf8.ValidString(value) }
	case "ipMatch":
		t.matches = inNetworks(op.Words)
	}
	if t.matches == nil && t.pattern == nil {
		t.matches = options.Operators[op.Name]
	}
	if t.matches == nil && t.pattern == nil {
		return nil
	}
	return t
}

// byteRange returns @validateByteRange, which fires on a byte outside of the ranges.
func byteRange(argument string) func(string) bool {
	if argument == "" {
		return func(string) bool { return true }
	}
	var valid [256]bool
	for _, part := range strings.Split(argument, ",") {
		low, high, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			high = low
		}
		first, err1 := strconv.Atoi(low)
		last, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || first < 0 || last > 255 {
			return nil
		}
		for b := first; b <= last; b++ {
			valid[b] = true
		}
	}
	var wrong []byte
	for b, ok := range valid {
		if !ok {
			wrong = append(wrong, byte(b))
		}
	}
	if len(wrong) == 1 { // the usual case: no zero byte
		return func(value string) bool { return strings.IndexByte(value, wrong[0]) >= 0 }
	}
	return func(value string) bool {
		for i := 0; i < len(value); i++ {
			if !valid[value[i]] {
				return true
			}
		}
		return false
	}
}

// wrongEscape is @validateUrlEncoding.
func wrongEscape(value string) bool {
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			continue
		}
		if i+2 >= len(value) || unhex(value[i+1]) < 0 || unhex(value[i+2]) < 0 {
			return true
		}
		i += 2
	}
	return false
}

// inNetworks returns @ipMatch. Coraza leaves out what is no network.
func inNetworks(words []string) func(string) bool {
	var networks []*net.IPNet
	for _, word := range words {
		if !strings.Contains(word, "/") {
			if strings.Contains(word, ":") {
				word += "/128"
			} else if strings.Contains(word, ".") {
				word += "/32"
			}
		}
		if _, network, err := net.ParseCIDR(word); err == nil {
			networks = append(networks, network)
		}
	}
	return func(value string) bool {
		ip := net.ParseIP(value)
		return slices.ContainsFunc(networks, func(n *net.IPNet) bool { return n.Contains(ip) })
	}
}

// applyAll applies transformations one after the other.
func applyAll(steps []string, value string) (string, bool) {
	for _, name := range steps {
		step, err := transform.Find(name)
		if err != nil {
			return "", false
		}
		out, _ := step.Apply(nil, value)
		value = string(out)
	}
	return value, true
}

func lowerASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' || c >= 0x80 {
			return strings.ToLower(s)
		}
	}
	return s
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
