package sekisho

import "time"

// Severity is the one scale for WAF, UTM and EDR. Higher is worse, so severities compare with <.
type Severity uint8

const (
	// SeverityUnknown is stored only: nothing to tell anybody.
	SeverityUnknown Severity = iota
	// SeverityLow waits for the monthly report.
	SeverityLow
	// SeverityMedium waits for the daily digest.
	SeverityMedium
	// SeverityHigh needs a human today. It does not mean that damage was done.
	SeverityHigh
)

var severityNames = names[Severity]{"unknown", "low", "medium", "high"}

// String returns the severity's stored name.
func (s Severity) String() string { return severityNames.text(s) }

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name; an unknown one is KindInvalid.
func (s *Severity) UnmarshalText(text []byte) error { return severityNames.parse(s, "severity", text) }

// Terms are the parts of a score, kept so that anybody can see why an incident ranks as it does:
// min(100, Confidence * Asset * Impact * Outcome + Recurrence + Correlation), then the guards (severity.md).
type Terms struct {
	Impact      float64  `json:"impact"`
	Confidence  float64  `json:"confidence"`
	Asset       float64  `json:"asset"`
	Outcome     float64  `json:"outcome"`
	Recurrence  float64  `json:"recurrence"`
	Correlation float64  `json:"correlation"`
	N           int      `json:"n"`                 // events of the same tenant, entity and family in 30 days
	Reasons     []string `json:"reasons,omitempty"` // which correlations counted
	Guard       string   `json:"guard,omitempty"`   // the guard that held or lifted the score
	Score       int      `json:"score"`             // 0 to 100
	Severity    Severity `json:"severity"`          // the rank of Score
}

// Track keeps care apart from attacks: the two are never counted together.
type Track string

// Tracks.
const (
	TrackAttack Track = "attack"
	TrackCare   Track = "care" // how machines are used and kept, and whether those that keep watch do
)

// Incident is what belongs together, told once.
type Incident struct {
	ID            IncidentID      `json:"id"`
	Tenant        TenantID        `json:"tenant"`
	SiteID        SiteID          `json:"site_id,omitempty"`
	Site          string          `json:"site,omitempty"` // host of the site, empty when no site is involved
	Key           string          `json:"key"`            // what joined the events: target + family
	Class         Class           `json:"class"`          // of the event that scored highest
	Family        string          `json:"family"`
	Outcome       Outcome         `json:"outcome"` // of the event that scored highest
	Severity      Severity        `json:"severity"`
	Score         int             `json:"score"`
	Terms         Terms           `json:"terms"`
	Count         int             `json:"count"`   // events
	Sources       map[Source]int  `json:"sources"` // events by sensor
	Outcomes      map[Outcome]int `json:"outcomes"`
	Actors        int             `json:"actors"` // distinct outside addresses, counted up to a bound
	First         time.Time       `json:"first"`
	Last          time.Time       `json:"last"`
	ContinuedFrom IncidentID      `json:"continued_from,omitempty"`
	Case          CaseID          `json:"case,omitempty"` // who answers for it; see Case
	Track         Track           `json:"track,omitempty"`
	Care          string          `json:"care,omitempty"` // line of a PC's report: usb, wifi, install, disk, web, file; empty for none
}

// Text is one sentence in both languages of the product.
type Text struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// In returns the text in a language: "en" for English, anything else for Japanese.
func (t Text) In(lang string) string {
	if lang == "en" {
		return t.EN
	}
	return t.JA
}

// Explanation is an incident in plain words, for an owner without IT staff.
type Explanation struct {
	Title  Text // what happened, in one line
	About  Text // what this kind of thing is
	Why    Text // why it ranks as it does, one sentence
	Effect Text // what it means for the firm
	Advice Text // what to do now
}

// Traffic counts the requests of one site in one hour.
type Traffic struct {
	Site     SiteID    `json:"site"`
	Hour     time.Time `json:"hour"` // UTC, truncated to the hour
	Requests int64     `json:"requests"`
	Blocked  int64     `json:"blocked"`  // stopped by a rule
	Detected int64     `json:"detected"` // would have been stopped in block mode
	Failed   int64     `json:"failed"`   // 5xx of ours: origin away, inspection failed
}
