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

// TimeTrust says how sure the time of a sensor's event is; empty for an event that we timed ourselves.
type TimeTrust string

// Trusts, from sure to a guess.
const (
	TimeExact    TimeTrust = "exact"         // the sensor named the instant: an offset from UTC, or seconds since 1970
	TimeZone     TimeTrust = "zone_assumed"  // local time; the zone is what the sensor is registered with
	TimeYear     TimeTrust = "year_assumed"  // local time without year either (RFC 3164); the year follows from its arrival
	TimeReceived TimeTrust = "received_time" // the sensor named no time that can be read
)

// FamilyLease is the family of an event that says whose an inside address is: SrcIP belongs to Host (a name, or the
// number of a network card) from Time on. It is stored, ties what other sensors say of the address to the host, and is
// never an incident. Its class is ClassNoise.
const FamilyLease = "dhcp_lease"

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
	Trust  TimeTrust `json:"time_trust,omitempty"`
	Tenant TenantID  `json:"tenant"`
	SiteID SiteID    `json:"site_id,omitempty"`
	Site   string    `json:"site"` // the site's host when the event happened

	Incident IncidentID `json:"incident,omitempty"` // set by the incident engine; empty for an event that is stored only

	Source  Source `json:"source"`
	Vendor  string `json:"vendor,omitempty"`
	Product string `json:"product,omitempty"`
	Sensor  string `json:"sensor,omitempty"` // the name under which the tenant registered the sensor
	Device  string `json:"device,omitempty"` // what the sensor calls itself
	Format  string `json:"format,omitempty"` // how its line was read: "fortinet_kv"; "unknown" when nothing could read it

	Class      Class     `json:"class"`
	Family     string    `json:"family,omitempty"`
	Outcome    Outcome   `json:"outcome"`
	Confidence float64   `json:"confidence,omitempty"` // 0 < c <= 1; 0 means unset and counts as 1
	Asset      Asset     `json:"asset,omitempty"`
	Direction  Direction `json:"direction,omitempty"`

	Action       Action `json:"action"`         // for a sensor see package sensorbridge
	Verb         string `json:"verb,omitempty"` // the sensor's own word for what it did
	Reason       Reason `json:"reason,omitempty"`
	Status       int    `json:"status"`                  // answered to the visitor
	OriginStatus int    `json:"origin_status,omitempty"` // 0 when the origin was not asked
	Method       string `json:"method"`
	Path         string `json:"path"` // without query
	URL          string `json:"url,omitempty"`
	UserAgent    string `json:"user_agent,omitempty"`

	Signature string  `json:"signature,omitempty"`
	Code      string  `json:"code,omitempty"`     // the vendor's number for this kind of message; that of a signature is in RuleIDs
	Severity  string  `json:"severity,omitempty"` // the vendor's own word
	RuleIDs   []int   `json:"rule_ids"`
	Score     int     `json:"score"` // the ruleset's anomaly score; not the incident's
	Matches   []Match `json:"matches,omitempty"`
	// Exclusions are those without which this request would have counted as an attack; see Reason "excluded".
	Exclusions []ExclusionID `json:"exclusions,omitempty"`
	Count      int           `json:"count"` // how many equal events this one stands for, at least 1

	SrcIP    netip.Addr `json:"src_ip,omitzero"`
	SrcPort  uint16     `json:"src_port,omitempty"`
	DstIP    netip.Addr `json:"dst_ip,omitzero"`
	DstPort  uint16     `json:"dst_port,omitempty"`
	Protocol string     `json:"protocol,omitempty"` // lower case: tcp, udp, icmp; a number when it has no common name
	User     string     `json:"user,omitempty"`
	Host     string     `json:"host,omitempty"`    // the PC or server an EDR speaks of
	Process  string     `json:"process,omitempty"` // path, or the command line where there is one
	File     string     `json:"file,omitempty"`
	Hash     string     `json:"hash,omitempty"`
	Category string     `json:"category,omitempty"`
	Raw      string     `json:"raw,omitempty"`

	Marks []string `json:"marks,omitempty"` // what had to be put right or passed over; see packages sensorbridge and incident
}
