package sekisho

import "net/netip"

// Field is one header field as it was received, in its place.
type Field struct{ Name, Value string }

// Exchange is one request and its response as they are inspected. What stands here is what is forwarded: nobody may
// change a request between its inspection and the origin. The proxy fills the request before [Verdict] is asked for,
// and the response half when the origin has answered; all slices are borrowed for the life of the exchange.
type Exchange struct {
	ID     EventID
	Site   SiteID         // whose share of the processor an inspection uses
	Client netip.AddrPort // the visitor behind trusted proxies, unmapped, without zone
	Server netip.AddrPort // our address that the visitor reached

	Method   string
	Target   string  // the request target as received: path and query, undecoded
	Protocol string  // "HTTP/1.1", "HTTP/2.0"
	Host     string  // canonical, see [CanonicalHost]
	Header   []Field // Host first, then the others sorted by name
	Body     []byte  // the first bytes, up to Policy.BodyLimit
	BodyCut  bool    // the body goes on behind Body

	Exclusions []Exclusion // those of the site, whatever their path; shared between exchanges, never changed

	Status          int // 0 until the origin has answered
	ResponseHeader  []Field
	ResponseBody    []byte // the first bytes, decoded, up to Policy.ResponseBodyLimit; nil if not inspected
	ResponseBodyCut bool
}

// Match is one rule that matched, as evidence. Data is redacted before it leaves the ruleset.
type Match struct {
	RuleID   int    `json:"rule_id"`
	Message  string `json:"message"`
	Variable string `json:"variable,omitempty"` // "ARGS:q"
	Data     string `json:"data,omitempty"`     // what matched: redacted, at most 200 bytes
	Score    int    `json:"score,omitempty"`
}

// Verdict is what the ruleset found in one exchange. The zero Verdict is a clean one.
type Verdict struct {
	Attack  bool    // the score reached the policy's threshold, or a rule denied outright
	Status  int     // what the denying rule asks for; 0 means 403
	Score   int     // anomaly score, the larger of inbound and outbound
	Class   Class   // set when Attack
	Family  string  // set when Attack: "sqli", "xss", "rce", ...
	Matches []Match // rules with a message, in the order they matched
	// Excluded are the exclusions without which this would have been an attack, and Spared is the evidence of it.
	Excluded []ExclusionID
	Spared   []Match
	Leak     bool // a response rule found evidence that an attack succeeded: a database error, a shell, source code
}
