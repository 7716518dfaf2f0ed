package view

// Home answers two questions of an owner: am I safe, and what must I do.
type Home struct {
	Verdict  Verdict
	Todos    []Todo // at most three, most urgent first
	Month    Message
	Figures  []Figure
	Failed   int64 // requests this month that failed on our side or the origin's; 0 hides the line
	LastSeen Time  // the hour of the last request
	Chart    Chart
	Hours    string // address of the chart by hour
	Days     string // address of the chart by day
	Recent   []IncidentRow
	All      string // address of all incidents
}

// VerdictState sorts verdicts by what they ask of the reader.
type VerdictState string

// Verdict states. Each has a sentence, a shape and a colour.
const (
	VerdictOK        VerdictState = "ok"        // works as it should
	VerdictContinues VerdictState = "continues" // protection goes on, something beside it is broken
	VerdictAttention VerdictState = "attention" // somebody should look
	VerdictSetup     VerdictState = "setup"     // not protected yet
)

// Verdict is the sentence at the top, and why.
type Verdict struct {
	State  VerdictState
	Reason Message
}

// Todo is one thing to do, with the one link that begins it.
type Todo struct {
	Rank string // "high", "medium", "low": shape and colour
	Text Message
	Link Message
	Href string
}

// Template names the template.
func (Home) Template() string { return "home" }
