package dashboard

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// fakeRecords keeps records in memory by the rules of the record store: a stranger gets KindNotFound or an empty page.
type fakeRecords struct {
	mu        sync.Mutex // guards everything
	tenantsV  []sekisho.Tenant
	sitesV    []sekisho.Site
	incidentV []sekisho.Incident
	eventV    []sekisho.Event
	caseV     []sekisho.Case
	changeV   []sekisho.Change
	sensorV   []sekisho.Sensor
	states    map[sekisho.SensorID]sekisho.SensorState
	away      map[sekisho.SiteID]map[sekisho.Reason]int64
	excluded  map[sekisho.SiteID][]sekisho.Exclusion
	traffic   map[sekisho.TenantID][]sekisho.Traffic
	users     map[sekisho.UserID]sekisho.User
	tokens    map[[32]byte]fakeSecret
	sessions  map[[32]byte]fakeSecret
	broken    map[string]error // by method
	touched   int
}

type fakeSecret struct {
	user    sekisho.UserID
	expires time.Time
}

func (f *fakeRecords) fails(method string) error {
	if err := f.broken[method]; err != nil {
		return err
	}
	return f.broken["*"]
}

func (f *fakeRecords) FindTenant(_ context.Context, id sekisho.TenantID) (sekisho.Tenant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, tenant := range f.tenantsV {
		if tenant.ID == id {
			return tenant, f.fails("FindTenant")
		}
	}
	return sekisho.Tenant{}, sekisho.NotFound("tenant")
}

func (f *fakeRecords) ListTenants(context.Context) ([]sekisho.Tenant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.tenantsV), f.fails("ListTenants")
}

func (f *fakeRecords) AllSites(context.Context) ([]sekisho.Site, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sitesV), f.fails("AllSites")
}

func (f *fakeRecords) FindSite(_ context.Context, tenant sekisho.TenantID, id sekisho.SiteID) (sekisho.Site, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, site := range f.sitesV {
		if site.Tenant == tenant && site.ID == id {
			return site, f.fails("FindSite")
		}
	}
	return sekisho.Site{}, sekisho.NotFound("site")
}

func (f *fakeRecords) ListSites(_ context.Context, tenant sekisho.TenantID) (list []sekisho.Site, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, site := range f.sitesV {
		if site.Tenant == tenant {
			list = append(list, site)
		}
	}
	return list, f.fails("ListSites")
}

func (f *fakeRecords) SetMode(_ context.Context, tenant sekisho.TenantID, id sekisho.SiteID, mode sekisho.Mode) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.sitesV {
		if f.sitesV[i].Tenant == tenant && f.sitesV[i].ID == id {
			f.sitesV[i].Mode = mode
			return f.fails("SetMode")
		}
	}
	return sekisho.NotFound("site")
}

func (f *fakeRecords) ListTraffic(_ context.Context, tenant sekisho.TenantID, _ sekisho.SiteID, from, _ time.Time) (list []sekisho.Traffic, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, hour := range f.traffic[tenant] {
		if !hour.Hour.Before(from.UTC().Truncate(time.Hour)) {
			list = append(list, hour)
		}
	}
	return list, f.fails("ListTraffic")
}

func (f *fakeRecords) FindIncident(_ context.Context, tenant sekisho.TenantID, id sekisho.IncidentID) (sekisho.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, incident := range f.incidentV {
		if incident.Tenant == tenant && incident.ID == id {
			return incident, f.fails("FindIncident")
		}
	}
	return sekisho.Incident{}, sekisho.NotFound("incident")
}

func (f *fakeRecords) ListIncidents(_ context.Context, tenant sekisho.TenantID, filter sekisho.IncidentFilter) (list []sekisho.Incident, next string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, incident := range f.incidentV {
		if incident.Tenant == tenant && incident.Severity >= filter.MinSeverity && !incident.Last.Before(filter.Since) {
			list = append(list, incident)
		}
	}
	slices.SortFunc(list, func(a, b sekisho.Incident) int { return b.Last.Compare(a.Last) })
	return list, "", f.fails("ListIncidents")
}

func (f *fakeRecords) FindEvent(_ context.Context, tenant sekisho.TenantID, id sekisho.EventID) (sekisho.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, event := range f.eventV {
		if event.Tenant == tenant && event.ID == id {
			return event, f.fails("FindEvent")
		}
	}
	return sekisho.Event{}, sekisho.NotFound("event")
}

func (f *fakeRecords) ListEvents(_ context.Context, tenant sekisho.TenantID, filter sekisho.EventFilter) (list []sekisho.Event, next string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, event := range f.eventV {
		if event.Tenant == tenant && (filter.Incident == "" || event.Incident == filter.Incident) {
			list = append(list, event)
		}
	}
	slices.SortFunc(list, func(a, b sekisho.Event) int { return b.Time.Compare(a.Time) })
	return list, "", f.fails("ListEvents")
}

func (f *fakeRecords) FindUser(_ context.Context, id sekisho.UserID) (sekisho.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if user, known := f.users[id]; known {
		return user, f.fails("FindUser")
	}
	return sekisho.User{}, sekisho.NotFound("user")
}

func (f *fakeRecords) TakeLoginToken(_ context.Context, hash [32]byte, now time.Time) (sekisho.UserID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	secret, known := f.tokens[hash]
	delete(f.tokens, hash)
	if !known || !now.Before(secret.expires) {
		return "", sekisho.NotFound("login token")
	}
	return secret.user, f.fails("TakeLoginToken")
}

func (f *fakeRecords) PutSession(_ context.Context, hash [32]byte, user sekisho.UserID, expires time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions[hash] = fakeSecret{user, expires}
	return f.fails("PutSession")
}

func (f *fakeRecords) FindSession(_ context.Context, hash [32]byte, now time.Time) (sekisho.UserID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if secret, known := f.sessions[hash]; known && now.Before(secret.expires) {
		return secret.user, f.fails("FindSession")
	}
	if err := f.fails("FindSession"); err != nil {
		return "", err
	}
	return "", sekisho.NotFound("session")
}

func (f *fakeRecords) TouchSession(_ context.Context, hash [32]byte, expires time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	secret, known := f.sessions[hash]
	if !known {
		return sekisho.NotFound("session")
	}
	f.touched++
	f.sessions[hash] = fakeSecret{secret.user, expires}
	return f.fails("TouchSession")
}

func (f *fakeRecords) DeleteSession(_ context.Context, hash [32]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sessions, hash)
	return f.fails("DeleteSession")
}

func (f *fakeRecords) FindCase(_ context.Context, tenant sekisho.TenantID, id sekisho.CaseID) (sekisho.Case, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.caseV {
		if c.Tenant == tenant && c.ID == id {
			return c, f.fails("FindCase")
		}
	}
	return sekisho.Case{}, sekisho.NotFound("case")
}

func (f *fakeRecords) ListCases(_ context.Context, tenant sekisho.TenantID, filter sekisho.CaseFilter) (list []sekisho.Case, next string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.caseV {
		open := c.State != sekisho.CaseClosed && !c.QuietUntil.After(filter.Now)
		if c.Tenant == tenant && c.Rank() >= filter.MinSeverity && (open || !filter.Open) {
			list = append(list, c)
		}
	}
	return list, "", f.fails("ListCases")
}

func (f *fakeRecords) ListChanges(_ context.Context, tenant sekisho.TenantID, filter sekisho.ChangeFilter) (list []sekisho.Change, next string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, change := range f.changeV {
		if change.Tenant == tenant && (filter.Case == "" || change.Case == filter.Case) {
			list = append(list, change)
		}
	}
	slices.Reverse(list)
	return list, "", f.fails("ListChanges")
}

func (f *fakeRecords) Desk(_ context.Context, tenant sekisho.TenantID, ids []sekisho.CaseID, _ time.Time) (desk sekisho.Desk, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.caseV {
		if c.Tenant == tenant && slices.Contains(ids, c.ID) {
			desk.Cases = append(desk.Cases, c)
		}
	}
	return desk, f.fails("Desk")
}

// Act does it by the rules of the root package, as the control commands do.
func (f *fakeRecords) Act(_ context.Context, tenant sekisho.TenantID, id sekisho.CaseID, action sekisho.CaseAction) (sekisho.Case, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, c := range f.caseV {
		if c.Tenant == tenant && c.ID == id {
			changed, change, _, err := c.Do(action, now)
			if err != nil {
				return c, err
			}
			f.caseV[i], f.changeV = changed, append(f.changeV, change)
			return changed, f.fails("Act")
		}
	}
	return sekisho.Case{}, sekisho.NotFound("case")
}

func (f *fakeRecords) ListSensors(_ context.Context, tenant sekisho.TenantID) (list []sekisho.Sensor, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, sensor := range f.sensorV {
		if sensor.Tenant == tenant {
			list = append(list, sensor)
		}
	}
	return list, f.fails("ListSensors")
}

func (f *fakeRecords) ListExclusions(_ context.Context, tenant sekisho.TenantID, site sekisho.SiteID) ([]sekisho.Exclusion, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sitesV {
		if s.Tenant == tenant && s.ID == site {
			return slices.Clone(f.excluded[site]), f.fails("ListExclusions")
		}
	}
	return nil, f.fails("ListExclusions")
}

// now is a Monday morning in Japan: 2026-11-23 10:42 JST.
var now = time.Date(2026, 11, 23, 1, 42, 0, 0, time.UTC)

const (
	yamada = sekisho.TenantID("yamada")
	minato = sekisho.TenantID("minato")

	siteShop   = sekisho.SiteID("SITE000000000001")
	siteForm   = sekisho.SiteID("SITE000000000002")
	siteDental = sekisho.SiteID("SITE000000000003")

	incidentSQL   = sekisho.IncidentID("06QK3F7N00000001")
	incidentScan  = sekisho.IncidentID("06QK3F7N00000002")
	incidentLeak  = sekisho.IncidentID("06QK3F7N00000003")
	incidentOther = sekisho.IncidentID("06QK3F7N00000009")

	eventSQL   = sekisho.EventID("06QK3F7N9XVBT2RD")
	eventOther = sekisho.EventID("06QK3F7N9XVBT2RE")
)

// newFake is a small house: two firms, one of them busy.
func newFake() *fakeRecords {
	site := func(id sekisho.SiteID, tenant sekisho.TenantID, host string, mode sekisho.Mode) sekisho.Site {
		return sekisho.Site{ID: id, Tenant: tenant, Host: host, Origin: "http://192.0.2.10:8080", Stage: sekisho.StageLive, Mode: mode, Policy: sekisho.DefaultPolicy(), Created: now.AddDate(0, -2, 0), Updated: now.AddDate(0, 0, -3)}
	}
	incident := func(id sekisho.IncidentID, tenant sekisho.TenantID, class sekisho.Class, family string, severity sekisho.Severity, score, count int, ago time.Duration) sekisho.Incident {
		return sekisho.Incident{
			ID: id, Tenant: tenant, SiteID: siteShop, Site: "www.yamada.example", Key: "www.yamada.example/" + family, Class: class, Family: family,
			Outcome: sekisho.OutcomePrevented, Severity: severity, Score: score, Count: count, Actors: 12,
			Terms:    sekisho.Terms{Impact: 60, Confidence: 1, Asset: 1, Outcome: 0.3, Recurrence: 16.5, N: count, Guard: "", Score: score, Severity: severity},
			Sources:  map[sekisho.Source]int{sekisho.SourceWAF: count},
			Outcomes: map[sekisho.Outcome]int{sekisho.OutcomePrevented: count - 2, sekisho.OutcomeRefused: 2},
			First:    now.Add(-ago - 90*time.Minute), Last: now.Add(-ago),
		}
	}
	f := &fakeRecords{
		tenantsV: []sekisho.Tenant{{ID: minato, Name: "みなと歯科"}, {ID: yamada, Name: "やまだ工務店"}},
		sitesV: []sekisho.Site{
			site(siteShop, yamada, "www.yamada.example", sekisho.ModeBlock),
			site(siteForm, yamada, "recruit.yamada.example", sekisho.ModeBlock),
			site(siteDental, minato, "www.minato-dental.example", sekisho.ModeDetect),
		},
		incidentV: []sekisho.Incident{
			incident(incidentSQL, yamada, sekisho.ClassWAFAttack, "sqli", sekisho.SeverityMedium, 34, 1240, 18*time.Minute),
			incident(incidentScan, yamada, sekisho.ClassScan, "scanner", sekisho.SeverityLow, 6, 312, 26*time.Hour),
			incident(incidentOther, minato, sekisho.ClassWAFAttack, "xss", sekisho.SeverityLow, 18, 4, 50*time.Hour),
		},
		traffic: map[sekisho.TenantID][]sekisho.Traffic{},
		users: map[sekisho.UserID]sekisho.User{
			"owner":    {ID: "owner", Email: "owner@yamada.example", Role: sekisho.RoleOwner, Tenant: yamada},
			"stranger": {ID: "stranger", Email: "owner@minato-dental.example", Role: sekisho.RoleOwner, Tenant: minato},
			"operator": {ID: "operator", Email: "soc@sekisho.example", Role: sekisho.RoleOperator},
		},
		tokens: map[[32]byte]fakeSecret{}, sessions: map[[32]byte]fakeSecret{}, broken: map[string]error{},
	}
	for hour := range 30 * 24 {
		at := now.Add(-time.Duration(hour) * time.Hour).Truncate(time.Hour)
		if hour == 9 || hour == 10 { // nothing on record
			continue
		}
		daytime := int64(12 - abs((at.Hour()+9)%24-14)) // busiest at 14:00 in Japan
		blocked := int64(hour*7%5) / 2
		if hour < 3 {
			blocked += int64(140 - 40*hour)
		}
		f.traffic[yamada] = append(f.traffic[yamada], sekisho.Traffic{Site: siteShop, Hour: at, Requests: 180 + 55*max(daytime, -2) + int64(hour*37%90), Blocked: blocked})
	}
	f.traffic[minato] = []sekisho.Traffic{{Site: siteDental, Hour: now.Add(-2 * time.Hour).Truncate(time.Hour), Requests: 40, Detected: 4}}
	for i := range 6 {
		f.eventV = append(f.eventV, attack(yamada, sekisho.NewEventID(now.Add(time.Duration(i)*time.Millisecond)), incidentSQL, now.Add(-time.Duration(18+7*i)*time.Minute)))
	}
	f.eventV[0].ID = eventSQL
	for i := range f.eventV[1:] {
		f.eventV[i+1].ID = sekisho.EventID("06QK3F7N9XVBT2" + string(rune('A'+i)) + "0")
	}
	f.eventV[4].Action, f.eventV[4].Outcome, f.eventV[4].Status = sekisho.ActionRefused, sekisho.OutcomeRefused, 413
	f.eventV[5].Action, f.eventV[5].Outcome, f.eventV[5].Count = sekisho.ActionDetected, sekisho.OutcomeUnknown, 12
	f.furnish()
	f.eventV = append(f.eventV, attack(minato, eventOther, incidentOther, now.Add(-50*time.Hour)))
	return f
}

func abs(n int) int { return max(n, -n) }

func attack(tenant sekisho.TenantID, id sekisho.EventID, incident sekisho.IncidentID, at time.Time) sekisho.Event {
	return sekisho.Event{
		ID: id, Time: at, Tenant: tenant, SiteID: siteShop, Site: "www.yamada.example", Incident: incident, Source: sekisho.SourceWAF,
		Class: sekisho.ClassWAFAttack, Family: "sqli", Outcome: sekisho.OutcomePrevented, Action: sekisho.ActionBlocked, Reason: sekisho.ReasonRequestRule,
		Status: 403, Method: "POST", Path: "/contact/confirm", URL: "/contact/confirm?q=%27+union+select+1", UserAgent: "sqlmap/1.7.11#stable (https://sqlmap.org)",
		RuleIDs: []int{942100, 942190}, Score: 10, Count: 1, SrcIP: netip.MustParseAddr("203.0.113.77"),
		Matches: []sekisho.Match{
			{RuleID: 942100, Message: "SQL Injection Attack Detected via libinjection", Variable: "ARGS:q", Data: "' union select 1,2,password from users--", Score: 5},
			{RuleID: 942190, Message: "Detects MSSQL code execution and information gathering attempts", Variable: "ARGS:q", Data: "' union select", Score: 5},
		},
	}
}

func explain(i sekisho.Incident) sekisho.Explanation {
	title := sekisho.Text{JA: "お問い合わせフォームなどの入力欄から、データベースを狙う攻撃がありました", EN: "Attempts to reach your database through input forms"}
	if i.Class == sekisho.ClassScan {
		title = sekisho.Text{JA: "弱点を探すアクセスがありました", EN: "Somebody looked for weak points"}
	}
	return sekisho.Explanation{
		Title:  title,
		About:  sekisho.Text{JA: "入力欄に不正な命令を入れ、データベースの中身を盗もうとする攻撃です。", EN: "Somebody puts commands into an input field to read your database."},
		Why:    sekisho.Text{JA: "すべて止めましたが、30日間に1,240回と多いため「中」としています。", EN: "All were stopped, but 1,240 times in 30 days makes it Medium."},
		Effect: sekisho.Text{JA: "成功していれば、顧客の情報を読み出されるおそれがありました。止めたため、影響は確認されていません。", EN: "Had it worked, customer data could have been read. It was stopped; no effect was found."},
		Advice: sekisho.Text{JA: "今日していただくことはありません。来週中に、サイトのプログラムの更新を保守担当の方にご依頼ください。", EN: "Nothing today. Please ask whoever maintains your site to update it next week."},
	}
}

func (f *fakeRecords) mode(id sekisho.SiteID) sekisho.Mode {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, site := range f.sitesV {
		if site.ID == id {
			return site.Mode
		}
	}
	return sekisho.ModeDetect
}
