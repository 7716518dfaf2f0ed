package view

import "github.com/sekisho-waf/sekisho"

// Sites lists a tenant's sites with what inspection does on each, and what it does not.
type Sites struct {
	Sites []Site
}

// Site is one site with its switch.
type Site struct {
	ID     string
	Host   string
	Origin string
	Mode   sekisho.Mode
	State  sekisho.SiteState

	Certificate        string // how it is doing, in words; empty: not known
	CertificateTrouble bool   // somebody should look
	Action             string // address that the switch posts to
	OffHref            string // address of the page that asks before it stops inspection
	Updated            Time
	BodyLimit          string
	ResponseBody       string // empty: answers are not inspected
	Refuses            bool   // bodies beyond the limit are refused in block mode
	FailOpen           bool
	Paranoia           int
	CustomRules        bool
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
