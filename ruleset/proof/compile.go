package proof

import (
	"fmt"
	"sync"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// Options are what the rules leave open.
type Options struct {
	// DetectSQLi and DetectXSS are the operators of these names. Nil makes rules that use them unprovable.
	DetectSQLi, DetectXSS func(string) bool
	// DetectSpelledSQLi is DetectSQLi of what utf8toUnicode makes of a text. Nil makes that, which costs more.
	DetectSpelledSQLi func(string) bool
	// Operators are further operators by name, none with an argument.
	Operators map[string]func(string) bool
	// Recorded are the TX variables, in lower case, that are read when the rules are done, and what they must hold then.
	Recorded map[string]string
	// Records reports whether a match of a rule is recorded although the rule does not log. Nil means each with a message.
	Records func(rule *seclang.Rule) bool
	// BodyLimit is how many bytes of a request body are inspected, ResponseBodyLimit of a response; ArgumentLimit is how
	// many arguments of each kind, JSONDepth how deep JSON may nest.
	BodyLimit, ResponseBodyLimit int64
	ArgumentLimit, JSONDepth     int
	// Types are the media types, as Coraza compares them, whose response bodies are shown to the rules.
	ResponseTypes []string
}

// A Proof is what is known of one policy. It is safe for concurrent use.
type Proof struct {
	options      Options
	slow         string // why no request can be proven, or ""
	slowResponse string // the same of responses
	slowParts    string // the same of requests in parts
	reports      []RuleReport

	request, response side
	processors        []processor
	scans             sync.Pool
}

// A side is what must be looked at in one half of an exchange.
type side struct {
	rules    []watched
	matchers []*matcher
	sources  [sourceCount]*sourceLooks // nil where no rule looks
	counts   []countLook
	late     []lateRule
}

// A watched rule must not fire: not all of these links may.
type watched struct {
	id   int
	need uint32
}

// Compile reads the rules of a policy. It does not fail: where it does not understand, [Proof.Slow] says so.
func Compile(program *seclang.Program, options Options) *Proof {
	c := &compiler{program: program, options: options}
	held := &places{}
	held.left.Store(proofPlaces)
	c.requestSide.places, c.responseSide.places = held, held
	p := &Proof{options: options}
	p.scans.New = func() any { return newScan() }
	if len(program.Unknown) > 0 {
		u := program.Unknown[0]
		p.slow = fmt.Sprintf("%s:%d is not understood: %s", u.File, u.Line, u.Reason)
		p.slowResponse = p.slow
		return p
	}
	c.simulate()
	p.reports, p.slow, p.slowResponse, p.processors = c.reports, c.slow, c.slowResponse, c.processors
	p.slowParts = c.slowParts
	var err error
	if p.request, err = c.requestSide.build(requestMemory); err != nil && p.slow == "" {
		p.slow = err.Error()
	}
	if p.response, err = c.responseSide.build(responseMemory); err != nil && p.slowResponse == "" {
		p.slowResponse = err.Error()
	}
	if p.slow != "" && p.slowResponse == "" {
		p.slowResponse = p.slow
	}
	return p
}

// The tables of a policy's automata may hold this much, in bytes.
const (
	requestMemory  = 3 << 20
	responseMemory = 1 << 20
)

// Slow returns why no exchange of this policy can be proven clean, and why no response; both are "" for a policy that is
// understood.
func (p *Proof) Slow() (request, response string) { return p.slow, p.slowResponse }

// SlowParts returns why no request in parts (multipart/form-data) can be proven clean, or "".
func (p *Proof) SlowParts() string { return p.slowParts }
