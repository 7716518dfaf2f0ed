package sekisho

// Action is what we did with a request.
type Action string

// Actions, as stored and printed.
const (
	ActionPassed   Action = "passed"   // forwarded, nothing found
	ActionDetected Action = "detected" // forwarded although an attack was found: detect mode
	ActionBlocked  Action = "blocked"  // stopped by a rule
	ActionRefused  Action = "refused"  // stopped before inspection: unknown host, too large, malformed
	ActionFailed   Action = "failed"   // our side or the origin's broke: see Decision.Reason
)

// Reason says in one word why a decision is what it is.
type Reason string

// Reasons, as logged and counted.
const (
	ReasonClean          Reason = "clean"
	ReasonNotInspected   Reason = "not_inspected" // mode off
	ReasonExcluded       Reason = "excluded"      // passed, and only because of an exclusion
	ReasonRequestRule    Reason = "request_rule"
	ReasonResponseRule   Reason = "response_rule"
	ReasonUnknownHost    Reason = "unknown_host"
	ReasonMisdirected    Reason = "misdirected" // Host is not the site of the TLS name
	ReasonMalformed      Reason = "malformed"
	ReasonDenied         Reason = "denied"        // on the site's list of addresses to deny
	ReasonBanned         Reason = "banned"        // too many attacks from this address
	ReasonAddressLimit   Reason = "address_limit" // more requests than one address may make
	ReasonPathLimit      Reason = "path_limit"    // the same on one path
	ReasonSessionLimit   Reason = "session_limit" // more than one session may make
	ReasonLoginLimit     Reason = "login_limit"   // too many failed logins from this address
	ReasonSiteLimit      Reason = "site_limit"    // more than the site takes of everybody
	ReasonUnderAttack    Reason = "under_attack"  // more than one address may make, or all, while the site is under attack
	ReasonOverload       Reason = "overload"      // more than this node takes of all sites together
	ReasonSiteShare      Reason = "site_share"    // the node is nearly full, and the site has its share of it
	ReasonBodyTooLarge   Reason = "body_too_large"
	ReasonInspectionOpen Reason = "inspection_failed_open"
	ReasonInspection     Reason = "inspection_failed"
	ReasonOverBudget     Reason = "inspection_over_budget" // see [Shortage]; with _open behind it: forwarded
	ReasonOverBudgetOpen Reason = "inspection_over_budget_open"
	ReasonQueueFull      Reason = "inspection_queue_full"
	ReasonQueueFullOpen  Reason = "inspection_queue_full_open"
	ReasonWaited         Reason = "inspection_waited"
	ReasonWaitedOpen     Reason = "inspection_waited_open"
	ReasonOrigin         Reason = "origin_unreachable"
	ReasonOriginTimeout  Reason = "origin_timeout"
	ReasonOriginRefused  Reason = "origin_not_allowed" // its name leads where customers may not lead us
	ReasonOriginsAway    Reason = "origin_away"        // it failed so often that it is left alone for a moment
	ReasonLoop           Reason = "loop"               // the request has been here before
	ReasonMaintenance    Reason = "maintenance"
	ReasonPanic          Reason = "panic"
	ReasonChallenge      Reason = "acme_challenge" // a certificate authority asked, and we answered
	ReasonHTTPSRedirect  Reason = "https_redirect" // sent to HTTPS
	ReasonVisitorLeft    Reason = "visitor_left"   // the visitor hung up before the answer was complete
)

// Decision says what happened to one request and why. The zero Decision is: passed, no reason yet.
type Decision struct {
	Action  Action
	Reason  Reason
	Status  int // answered to the visitor
	Verdict Verdict
}
