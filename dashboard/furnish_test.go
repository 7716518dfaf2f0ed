package dashboard

import (
	"net/netip"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	incidentPC   = sekisho.IncidentID("06QK3F7N00000004")
	incidentCare = sekisho.IncidentID("06QK3F7N00000005")
	casePC       = sekisho.CaseID(incidentPC)
	caseOther    = sekisho.CaseID(incidentOther)

	eventUTM = sekisho.EventID("06QK3F7N9XVBT2T0")
	eventEDR = sekisho.EventID("06QK3F7N9XVBT2V0")
)

// furnish gives the small house its cases, an incident that three sensors saw, sensors, limits and exclusions.
func (f *fakeRecords) furnish() {
	for i := range f.incidentV {
		n := &f.incidentV[i]
		n.Case, n.Track = sekisho.CaseID(n.ID), sekisho.TrackAttack
		f.addCase(*n, now.Add(-2*time.Hour))
	}
	pc := f.incidentV[0]
	pc.ID, pc.Case, pc.SiteID, pc.Site, pc.Class, pc.Family, pc.Key = incidentPC, casePC, "", "", sekisho.ClassC2, "c2", "192.168.1.23/c2"
	pc.Severity, pc.Score, pc.Outcome, pc.Count, pc.Last, pc.First = sekisho.SeverityLow, 21, sekisho.OutcomeContained, 3, now.Add(-8*24*time.Hour), now.Add(-8*24*time.Hour-time.Hour)
	pc.Terms = sekisho.Terms{Impact: 90, Confidence: 0.6, Asset: 1, Outcome: 0.3, Recurrence: 2.25, Correlation: 2.5, N: 3, Reasons: []string{"utm_edr"}, Guard: "outside", Score: 21, Severity: sekisho.SeverityLow}
	pc.Outcomes = map[sekisho.Outcome]int{sekisho.OutcomePrevented: 2, sekisho.OutcomeContained: 1}
	pc.Sources = map[sekisho.Source]int{sekisho.SourceUTM: 1, sekisho.SourceEDR: 1, sekisho.SourceWAF: 1}
	care := pc
	care.ID, care.Case, care.Class, care.Family, care.Track, care.Care, care.Count = incidentCare, "", sekisho.ClassUSB, "usb", sekisho.TrackCare, "usb", 1
	f.incidentV = append(f.incidentV, pc, care)
	f.addCase(pc, pc.First)

	waf := attack(yamada, "06QK3F7N9XVBT2W0", incidentPC, pc.First)
	utm := sekisho.Event{
		ID: eventUTM, Tenant: yamada, Incident: incidentPC, Time: pc.First.Add(20 * time.Minute), Source: sekisho.SourceUTM, Vendor: "WatchGuard", Product: "Firebox", Sensor: "fw-honsha",
		Class: sekisho.ClassC2, Family: "c2", Outcome: sekisho.OutcomePrevented, Action: sekisho.ActionBlocked, Verb: "deny", Signature: "Botnet.Beacon", Protocol: "tcp", Count: 1,
		SrcIP: netip.MustParseAddr("192.168.1.23"), DstIP: netip.MustParseAddr("198.51.100.7"), DstPort: 443, Raw: "Nov 15 09:02:11 fw-honsha deny tcp 192.168.1.23 198.51.100.7 443",
	}
	edr := sekisho.Event{
		ID: eventEDR, Tenant: yamada, Incident: incidentPC, Time: pc.Last, Source: sekisho.SourceEDR, Product: "EDR", Sensor: "edr-honsha", Class: sekisho.ClassMalware, Family: "malware",
		Outcome: sekisho.OutcomeContained, Action: sekisho.ActionDetected, Host: "UKETSUKE-PC", User: "uketsuke", File: `C:\Users\uketsuke\請求書_11月.exe`, Hash: "9f86d081884c7d65", Count: 1,
	}
	f.eventV = append(f.eventV, waf, utm, edr)

	f.sensorV = append(f.sensorV, []sekisho.Sensor{
		{ID: "SENSOR0000000001", Tenant: yamada, Name: "fw-honsha"},
		{ID: "SENSOR0000000002", Tenant: yamada, Name: "edr-honsha"},
		{ID: "SENSOR0000000003", Tenant: yamada, Name: "fw-shiten"},
		{ID: "SENSOR0000000004", Tenant: yamada, Name: "web-log", Site: "www.yamada.example"},
		{ID: "SENSOR0000000009", Tenant: minato, Name: "minato-dental-fw"},
	}...)
	f.states = map[sekisho.SensorID]sekisho.SensorState{
		"SENSOR0000000001": {Received: 41210, Parsed: 41190, Unparsed: 15, Rejected: 5, Last: now.Add(-time.Minute), Gap: 10 * time.Minute, Formats: []string{"watchguard"}, Samples: []string{"<134>Nov 15 fw-honsha something new"}},
		"SENSOR0000000002": {Received: 77, Parsed: 77, Last: now.Add(-30 * time.Hour), Silent: now.Add(-28 * time.Hour), Gap: 2 * time.Hour},
		"SENSOR0000000004": {},
		"SENSOR0000000009": {Received: 1, Parsed: 1},
	}
	f.away = map[sekisho.SiteID]map[sekisho.Reason]int64{siteShop: {sekisho.ReasonLoginLimit: 31, sekisho.ReasonBanned: 1204}}
	f.excluded = map[sekisho.SiteID][]sekisho.Exclusion{siteShop: {
		{ID: "X1", Rule: 942100, Path: "/contact", Parameter: "ARGS:body", Reason: "お客様の文章が止まるため", Author: "soc@sekisho.example", Created: now.AddDate(0, -1, 0), Expires: now.AddDate(0, 2, 0)},
		{ID: "X2", Rule: 941100, Path: "/news/*", Parameter: "ARGS:html", Reason: "記事の編集", Author: "soc@sekisho.example", Created: now.AddDate(0, -3, 0), Expires: now.AddDate(0, 0, -3)},
	}}
	for i := range f.sitesV {
		if f.sitesV[i].ID == siteShop {
			minute := sekisho.Rate{Requests: 300, Per: time.Minute}
			f.sitesV[i].Limits = sekisho.Limits{
				Address: minute, Paths: []sekisho.PathLimit{{Prefix: "/contact", Rate: sekisho.Rate{Requests: 10, Per: time.Minute}}},
				Bans:  sekisho.Bans{After: sekisho.Rate{Requests: 10, Per: 10 * time.Minute}, For: time.Hour},
				Login: sekisho.LoginGuard{Preset: sekisho.LoginWordPress, Failures: sekisho.Rate{Requests: 10, Per: 10 * time.Minute}},
				Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
			}
		}
	}
}

func (f *fakeRecords) addCase(incident sekisho.Incident, at time.Time) {
	c := sekisho.Case{
		ID: incident.Case, Tenant: incident.Tenant, Incident: incident.ID, Key: incident.Key, Class: incident.Class, Family: incident.Family,
		Severity: incident.Severity, Outcome: incident.Outcome, Opened: at, Updated: at, Last: incident.Last, Incidents: 1,
	}
	c, change := c.Turn(sekisho.ChangeOpened, sekisho.TellOf(c.Severity), at)
	f.caseV, f.changeV = append(f.caseV, c), append(f.changeV, change)
}

func certificateWords(host string) (sekisho.Text, bool) {
	return sekisho.Text{JA: "証明書は2027-02-21まで有効です。", EN: "The certificate is good until 2027-02-21."}, host == "trouble.example"
}

func (f *fakeRecords) findCase(id sekisho.CaseID) sekisho.Case {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.caseV {
		if c.ID == id {
			return c
		}
	}
	return sekisho.Case{}
}
