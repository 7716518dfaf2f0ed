package view

import "github.com/sekisho-waf/sekisho"

// Sites lists a tenant's sites with what inspection does on each, and what it does not.
type Sites struct {
	Sites []Site
}

// Site is one site with its switch.
type Site struct {
	ID           string
	Host         string
	Origin       string
	Mode         sekisho.Mode
	Action       string // address that the switch posts to
	OffHref      string // address of the page that asks before it stops inspection
	Updated      Time
	BodyLimit    string
	ResponseBody string // empty: answers are not inspected
	Refuses      bool   // bodies beyond the limit are refused in block mode
	FailOpen     bool
	Paranoia     int
	CustomRules  bool

	State              sekisho.SiteState
	PastUs             bool   // our name server leads visitors past us
	Maintenance        bool   // visitors see the maintenance page
	Alert              bool   // somebody has said that the site is under attack
	Certificate        string // in plain words; empty when not known here
	CertificateTrouble bool
	Limits             []Message
	Away               []Away // by the limits, since the start
	AwayKnown          bool
	Exclusions         []Exclusion
	ExclusionsKnown    bool
	Excluded           int // how many of them hold now
}

// Uninspected reports that visitors reach the site without inspection.
func (s Site) Uninspected() bool { return s.PastUs || s.Mode == sekisho.ModeOff }

// Away is how many requests one kind of limit turned away, or in detect mode would have.
type Away struct {
	Reason string // message key
	Count  int64
}

// AwayWord is the message key of why a request was turned away.
func AwayWord(reason sekisho.Reason) string {
	switch reason {
	case sekisho.ReasonDenied, sekisho.ReasonBanned, sekisho.ReasonAddressLimit, sekisho.ReasonPathLimit,
		sekisho.ReasonSessionLimit, sekisho.ReasonLoginLimit, sekisho.ReasonSiteLimit,
		sekisho.ReasonUnderAttack, sekisho.ReasonOverload, sekisho.ReasonSiteShare:
		return "away." + string(reason)
	}
	return "away.other"
}

// Exclusion is what one rule does not look at, who answers for it, and until when.
type Exclusion struct {
	Rule      int
	Path      Evidence
	Parameter Evidence
	Reason    Evidence
	Author    Evidence
	Expires   Time
	Expired   bool
}

// Template names the template.
func (Sites) Template() string { return "sites" }

// SiteOff asks before inspection stops.
type SiteOff struct {
	Host   string
	Action string
	Back   string
}

// Template names the template.
func (SiteOff) Template() string { return "site_off" }
