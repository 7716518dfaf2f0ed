package seclang

// A Program is what a list of sources says, once every default, update and removal has been applied.
type Program struct {
	// Rules holds rules and markers in the order of evaluation.
	Rules []Rule
	// Settings are the directives that are neither rules nor changes to rules, by lower-case name, with their argument as
	// written. The last one wins.
	Settings map[string]string
	// Unknown is what the reader does not understand, in the order it was met; see the package comment.
	Unknown []Unknown
}

// An Unknown is a directive that was left out, or of which a part was.
type Unknown struct {
	File string
	Line int // where the directive begins, from 1
	// RuleID is the rule that it concerns, 0 where that is not known.
	RuleID int
	Text   string // the directive, continuation lines joined
	Reason string
}

// A Rule is a SecRule or SecAction with all the links of its chain, or a SecMarker.
type Rule struct {
	// Marker is the name of a SecMarker, which has no other field but File and Line, and "" for a rule.
	Marker string

	ID    int
	Phase int // 1 to 5
	// Links is the chain, head first. The rule fires when each link does.
	Links []Link
	// Disruptive is the one disruptive action that is left once defaults are merged: "pass", "deny", "block" (which then
	// does nothing), "drop", "redirect", "allow", or the empty action.
	Disruptive Action
	Status     int // of status:N, or 0
	Skip       int // of skip:N, or 0; markers count
	// SkipAfter names the marker behind which evaluation goes on. Coraza carries it into the next phase if need be.
	SkipAfter string
	Log       bool
	AuditLog  bool

	Severity int // 0 (emergency) to 7 (debug), or -1
	Msg      Macro
	LogData  Macro
	Tags     []string
	Version  string
	Revision string
	Maturity int
	Accuracy int

	File string
	Line int // where the directive begins, from 1

	chained bool // the last link says that another one follows
}

// A Link is one SecRule or SecAction of a chain. Its actions happen as soon as it matches, for each value that matches,
// whether or not the links behind it match too.
type Link struct {
	Variables []Variable
	// Operator is nil for a SecAction, which always matches.
	Operator *Operator
	// Transformations are in the order of application, as Coraza spells them; t:none has been applied.
	Transformations []string
	MultiMatch      bool
	Capture         bool
	SetVars         []SetVar
	Ctls            []Ctl
	// Others are the remaining actions with effects of their own: setenv, initcol, expirevar, exec.
	Others []Action

	// What a further link of a chain may say for itself; those of the head are in Rule.
	Msg      Macro
	LogData  Macro
	Tags     []string
	Severity int

	File string
	Line int
}

// An Action is an action with its argument as written, quotes removed.
type Action struct {
	Name     string // lower case
	Argument string
}

// A Variable is one target of a link.
type Variable struct {
	Name  string // upper case
	Count bool   // &NAME: how many there are, instead of what they hold
	Selector
	// Except are the names left out. They apply before Count does.
	Except []Selector
}

// A Selector picks members of a collection by name: the empty one picks all. Names are compared in lower case, for Coraza
// looks them up in lower case, in the ARGS family too (unless it is built with case-sensitive arguments, as ours is not).
type Selector struct {
	// Key is the name to pick, in lower case, or "" for any. Of XML and JSON it is a path.
	Key string
	// Pattern is a Go regular expression for the names to pick, matched against the name in lower case. Outside the ARGS
	// family it has been lowered itself, as Coraza does it (\S then means \s); within, ARGS:/^Id/ matches nothing.
	Pattern string
	// IsPattern tells the expression "" from no expression.
	IsPattern bool
}

// An Operator decides whether a value matches.
type Operator struct {
	Name     string // without @, aliases resolved
	Negated  bool
	Argument string
	// Macro is Argument for the operators that expand macros in it, and empty for the others.
	Macro Macro
	// Words are the phrases or addresses of @pm, @ipMatch and their relatives that read files or datasets. Phrases are
	// in lower case where Coraza lowers them, which it does not for datasets.
	Words []string
}

// A SetVar is a change to a TX variable.
type SetVar struct {
	Key    Macro // without "tx."
	Value  Macro // a leading + or - with a number adds to or takes from the present value
	Remove bool
}

// A Ctl changes the engine for the rest of the transaction.
type Ctl struct {
	Name  string // as Coraza spells it
	Value string
	// Variable and Target say what ruleRemoveTargetBy... removes.
	Variable string
	Target   Selector
}

// A Macro is text with %{variable.key} in it.
type Macro struct {
	Text  string
	Parts []MacroPart
}

// A MacroPart is either literal text or a variable.
type MacroPart struct {
	Text     string
	Variable string // upper case; "" for literal text
	Key      string // lower case
}

// Static reports whether the macro is nothing but text.
func (m Macro) Static() bool {
	for _, part := range m.Parts {
		if part.Variable != "" {
			return false
		}
	}
	return true
}

// Behind returns the index of the first rule behind the next marker of that name after rule i, or len(p.Rules).
func (p *Program) Behind(i int, marker string) int {
	for j := i + 1; j < len(p.Rules); j++ {
		if p.Rules[j].Marker == marker {
			return j + 1
		}
	}
	return len(p.Rules)
}
