package sekisho

import (
	"net/netip"
	"time"
)

// Source is the kind of sensor that saw an event.
type Source string

// Sources (severity.md).
const (
	SourceWAF Source = "waf"
	SourceUTM Source = "utm"
	SourceEDR Source = "edr"
	SourceWeb Source = "web" // access logs
)

// Outcome is what became of what an event describes: the axis that decides more than any other how loud we get.
type Outcome string

// Outcomes, from harmless to bad (severity.md, term O).
const (
	OutcomePrevented  Outcome = "prevented"  // stopped before it had any effect
	OutcomeRefused    Outcome = "refused"    // seen by us, refused by the origin itself (4xx)
	OutcomeContained  Outcome = "contained"  // landed, then quarantined or cleaned
	OutcomeRedirected Outcome = "redirected" // answered with a redirect (3xx)
	OutcomeUnknown    Outcome = "unknown"    // nobody can tell; in detect mode, answered 2xx
	OutcomeDetected   Outcome = "detected"   // seen and let through
	OutcomeErrored    Outcome = "errored"    // the origin failed on it (5xx)
	OutcomeSucceeded  Outcome = "succeeded"  // evidence that it worked
)

// Direction says which way an event crossed the firm's border; empty when it crossed none or nobody knows.
type Direction string

// Directions.
const (
	DirectionInbound  Direction = "inbound"
	DirectionOutbound Direction = "outbound"
	DirectionInternal Direction = "internal"
)

// Asset is what kind of machine an event is about; empty when unknown.
type Asset string

// Assets (severity.md, term A).
const (
	AssetServer    Asset = "server"
	AssetDirectory Asset = "directory"
	AssetAdminPC   Asset = "admin_pc"
	AssetPC        Asset = "pc"
	AssetGuest     Asset = "guest"
)

// Event is one thing that one sensor saw, in the words that all sensors share. Its JSON form is what `sekisho events`
// prints and what the spool and the record store keep. Values are redacted before an Event is made: it never holds a
// password, a cookie, a token, a card number or a My Number.
type Event struct {
	ID     EventID   `json:"id"`
	Time   time.Time `json:"time"` // UTC
	Tenant TenantID  `json:"tenant"`
	SiteID SiteID    `json:"site_id,omitempty"`
	Site   string    `json:"site"` // the site's host when the event happened

	Incident IncidentID `json:"incident,omitempty"` // set by the incident engine; empty for an event that is stored only

	Source  Source `json:"source"`
	Vendor  string `json:"vendor,omitempty"`
	Product string `json:"product,omitempty"`

	Class      Class     `json:"class"`
	Family     string    `json:"family,omitempty"`
	Outcome    Outcome   `json:"outcome"`
	Confidence float64   `json:"confidence,omitempty"` // 0 < c <= 1; 0 means unset and counts as 1
	Asset      Asset     `json:"asset,omitempty"`
	Direction  Direction `json:"direction,omitempty"`

	Action       Action `json:"action"`
	Reason       Reason `json:"reason,omitempty"`
	Status       int    `json:"status"`                  // answered to the visitor
	OriginStatus int    `json:"origin_status,omitempty"` // 0 when the origin was not asked
	Method       string `json:"method"`
	Path         string `json:"path"` // without query
	URL          string `json:"url,omitempty"`
	UserAgent    string `json:"user_agent,omitempty"`

	Signature string  `json:"signature,omitempty"`
	Severity  string  `json:"severity,omitempty"` // the vendor's own word
	RuleIDs   []int   `json:"rule_ids"`
	Score     int     `json:"score"` // the ruleset's anomaly score; not the incident's
	Matches   []Match `json:"matches,omitempty"`
	Count     int     `json:"count"` // how many equal events this one stands for, at least 1

	SrcIP    netip.Addr `json:"src_ip,omitzero"`
	SrcPort  uint16     `json:"src_port,omitempty"`
	DstIP    netip.Addr `json:"dst_ip,omitzero"`
	DstPort  uint16     `json:"dst_port,omitempty"`
	User     string     `json:"user,omitempty"`
	Host     string     `json:"host,omitempty"` // the PC or server an EDR speaks of
	File     string     `json:"file,omitempty"`
	Hash     string     `json:"hash,omitempty"`
	Category string     `json:"category,omitempty"`
	Raw      string     `json:"raw,omitempty"`

	Marks []string `json:"marks,omitempty"` // what the incident engine had to put right or pass over; see package incident
}
