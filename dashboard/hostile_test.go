package dashboard

import (
	"net/netip"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// hostile is text that attackers send and that must stay text.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(2)>`, `'-alert(3)-'`, `</title><svg onload=alert(4)>`, `javascript:alert(5)`,
	`{{.Name}}${7*7}<%= 7 %>`, "\x1b[31mred\x1b[0m", "\u202egnp.exe", "zero\u200bwidth", "\u2028line", "nul\x00byte", "bad\xff\xfeutf8", `<!--`, `]]>`, `&lt;b&gt;`,
	`<a href="https://evil.example/">x</a>`, `\u003cscript\u003ealert(6)\u003c/script\u003e`, strings.Repeat("A", 3000),
}

func hostileRecords() *fakeRecords {
	f := newFake()
	all := strings.Join(hostile[:17], " ")
	f.tenantsV[1].Name = all
	for i := range f.eventV {
		e := &f.eventV[i]
		e.Path, e.URL, e.UserAgent, e.Method, e.Family, e.Site = "/"+all, all, all, `GET"><img onerror=alert(7)>`, all, all
		e.Matches = nil
		for _, text := range hostile {
			e.Matches = append(e.Matches, sekisho.Match{RuleID: 1, Message: text, Variable: text, Data: text})
		}
		e.SrcIP = netip.MustParseAddr("2001:db8::1")
	}
	for i := range f.incidentV {
		n := &f.incidentV[i]
		n.Site, n.Family, n.Key, n.Terms.Guard, n.Terms.Reasons = all, all, all, all, hostile
	}
	for i := range f.eventV { // as devices send it: every field is the attacker's
		e := &f.eventV[i]
		if e.Source == sekisho.SourceUTM || e.Source == sekisho.SourceEDR {
			e.Vendor, e.Product, e.Sensor, e.Device, e.Signature, e.Code, e.Verb, e.Protocol = all, all, all, all, all, all, all, all
			e.Host, e.User, e.Process, e.File, e.Hash, e.Category, e.Raw, e.Action = all, all, all, all, all, all, all, sekisho.Action(all)
			e.Path, e.Method = "", ""
		}
	}
	for i := range f.caseV {
		c := &f.caseV[i]
		c.Owner, c.Reason, c.Verdict = all, all, sekisho.CaseVerdict(all)
	}
	for i := range f.changeV {
		f.changeV[i].By, f.changeV[i].Reason = all, all
	}
	for i := range f.sensorV {
		f.sensorV[i].Name, f.sensorV[i].Site = all, all
	}
	for id, state := range f.states {
		state.Samples, state.Formats = hostile, hostile
		f.states[id] = state
	}
	for site, list := range f.excluded {
		for i := range list {
			list[i].Path, list[i].Parameter, list[i].Reason, list[i].Author = all, all, all, all
		}
		f.excluded[site] = list
	}
	for i := range f.sitesV {
		f.sitesV[i].Origin = all
	}
	return f
}
