package dashboard

import (
	"errors"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/assets"
	"github.com/sekisho-waf/sekisho/dashboard/view"
)

var update = flag.Bool("update", false, "write the golden files anew")

var errDisk = &sekisho.Error{Kind: sekisho.KindUnavailable, Op: "reading /var/lib/secret.db", Msg: "disk full", Err: errors.New("SQLITE_FULL")}

// everyPage is one address of every template; TestPages fails when a template is missing here.
var everyPage = map[string]string{
	"home": "/t/yamada", "incidents": "/t/yamada/incidents", "incident": "/t/yamada/incidents/" + string(incidentSQL),
	"care": "/t/yamada/care", "sensors": "/t/yamada/sensors",
	"event": "/t/yamada/events/" + string(eventSQL), "sites": "/t/yamada/sites", "site_off": "/t/yamada/sites/" + string(siteShop) + "/off",
	"tenants": "/tenants", "find": "/find?number=" + url.QueryEscape(`"><img src=x onerror=alert(1)>`), "login": "/login?token=x", "error": "/nowhere",
}

func emptyRecords() *fakeRecords {
	f := newFake()
	f.tenantsV = []sekisho.Tenant{{ID: yamada}}
	f.traffic = nil
	f.sitesV = f.sitesV[:0]
	f.incidentV, f.eventV, f.caseV, f.changeV, f.sensorV = nil, nil, nil, nil, nil
	return f
}

// bareRecords has every record with nothing in it but what names it.
func bareRecords() *fakeRecords {
	f := emptyRecords()
	f.sitesV = []sekisho.Site{{ID: siteShop, Tenant: yamada, Host: "a.example"}}
	f.incidentV = []sekisho.Incident{{ID: incidentSQL, Tenant: yamada, Severity: 9, Case: casePC}}
	f.caseV = []sekisho.Case{{ID: casePC, Tenant: yamada, State: 9, Verdict: "unheard of"}}
	f.changeV = []sekisho.Change{{Tenant: yamada, Case: casePC, Kind: "unheard of"}}
	f.sensorV = []sekisho.Sensor{{ID: "S", Tenant: yamada}}
	f.eventV = []sekisho.Event{{ID: eventSQL, Tenant: yamada, Action: "unheard of", Outcome: "unheard of"}}
	return f
}

var rawMarkup = regexp.MustCompile(`(?i)<script(?:>|[^>]*alert)|<img|<svg onload|onerror=alert\(\d\)>|<a href="https://evil|javascript:alert\(5\)"`)

func TestPages_renderInEveryStateAndLanguage(t *testing.T) {
	templates, err := filepath.Glob("view/templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range templates {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		if _, listed := everyPage[name]; !listed && name != "layout" && name != "parts" {
			t.Errorf("template %s has no address in this test", name)
		}
	}
	broken := newFake()
	for _, method := range []string{"ListIncidents", "ListTraffic", "ListEvents", "ListSensors", "ListExclusions", "ListChanges", "ListCases", "Desk"} {
		broken.broken[method] = errDisk
	}
	for state, records := range map[string]*fakeRecords{"empty": emptyRecords(), "bare": bareRecords(), "full": newFake(), "hostile": hostileRecords(), "broken": broken} {
		p := openPortal(t, records, sekisho.Text{JA: "記録用のディスクがいっぱいです。", EN: "The disk for records is full."})
		client := p.as(t, "operator")
		for name, path := range everyPage {
			for _, lang := range []string{"ja", "en"} {
				got := p.do(t, client, http.MethodGet, path, nil, http.Header{"Cookie": {cookies(t, p, client) + "; sekisho-lang=" + lang}})
				where := name + " " + state + " " + lang
				if got.status == http.StatusInternalServerError {
					t.Errorf("%s: status 500", where)
				}
				if !strings.Contains(got.body, `<html lang="`+lang+`">`) || !strings.HasSuffix(got.body, "</html>\n") {
					t.Errorf("%s: not a whole page in its language", where)
				}
				if found := rawMarkup.FindString(got.body); found != "" {
					t.Errorf("%s: markup from outside came through: %s", where, found)
				}
				if i := strings.IndexFunc(got.body, func(r rune) bool { return r != '\n' && r != '\t' && acts(r) }); i >= 0 {
					t.Errorf("%s: a character that acts came through: %q", where, got.body[max(0, i-40):min(len(got.body), i+10)])
				}
				for _, bad := range []string{"{{", "%!", "<no value>", "ZgotmplZ", "style=", "<style", "onclick", "SQLITE", "secret.db"} {
					if bad == "{{" && state == "hostile" {
						continue // that is in the corpus
					}
					if strings.Contains(got.body, bad) {
						t.Errorf("%s: has %q", where, bad)
					}
				}
				if lang == "en" && state == "full" {
					if found := regexp.MustCompile(`\p{Hiragana}+`).FindString(strings.NewReplacer("お客様の文章が止まるため", "", "記事の編集", "", "やまだ工務店", "", "みなと歯科", "", "日本語", "").Replace(got.body)); found != "" {
						t.Errorf("%s: Japanese on an English page: %s", where, found)
					}
				}
			}
		}
	}
}

func acts(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

func cookies(t *testing.T, p *portal, client *http.Client) string {
	t.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, cookie := range client.Jar.Cookies(u) {
		parts = append(parts, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(parts, "; ")
}

// TestPages_matchTheGoldenFiles shows a reviewer what a change does to the pages: go test -run Golden -update.
func TestPages_matchTheGoldenFiles(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "owner")
	hash := strings.NewReplacer(assets.URL("style.css"), "/assets/style.css", assets.URL("live.js"), "/assets/live.js", assets.URL("icon.svg"), "/assets/icon.svg")
	for _, name := range []string{"home", "incidents", "incident", "event", "sites", "sensors", "care", "login"} {
		for _, lang := range []string{"ja", "en"} {
			separator := "?"
			if strings.Contains(everyPage[name], "?") {
				separator = "&"
			}
			got := hash.Replace(p.get(t, client, everyPage[name]+separator+"lang="+lang).body)
			file := filepath.Join("testdata", name+"."+lang+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s in %s differs from %s; look at it with -update and git diff", name, lang, file)
			}
		}
	}
}

func TestPages_sayUnknownInsteadOfZero(t *testing.T) {
	f := newFake()
	f.broken["ListTraffic"], f.broken["ListIncidents"], f.broken["ListEvents"], f.broken["ListCases"] = errDisk, errDisk, errDisk, errDisk
	p := openPortal(t, f)
	home := p.get(t, p.as(t, "owner"), "/t/yamada").body
	if got := strings.Count(home, `value-unknown">不明`); got != 4 {
		t.Errorf("%d figures are unknown on the home page, want 4", got)
	}
	if tenants := p.get(t, p.as(t, "operator"), "/tenants").body; strings.Count(tenants, "<dd>不明</dd>") != 8 {
		t.Errorf("%d facts are unknown in the list of tenants, want 4 for each of 2", strings.Count(tenants, "<dd>不明</dd>"))
	}
}

func TestPages_sayWhatStillWorksWhenRecordsAreAway(t *testing.T) {
	f := newFake()
	p := openPortal(t, f)
	client := p.as(t, "owner")
	f.broken["*"] = errDisk
	got := p.get(t, client, "/t/yamada")
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "サイトの保護は、この画面とは別に動いています") {
		t.Errorf("status %d, want 503 and what still works", got.status)
	}
	if strings.Contains(got.body, "disk full") || strings.Contains(got.body, "SQLITE") {
		t.Error("the page shows the inside of the house")
	}
}

func TestPages_surviveAPanic(t *testing.T) {
	p := openPortal(t, newFake())
	p.server.explain = func(sekisho.Incident) sekisho.Explanation { panic("broken") }
	if got := p.get(t, p.as(t, "owner"), "/t/yamada/incidents"); got.status != 500 || !strings.HasSuffix(got.body, "</html>\n") {
		t.Errorf("status %d, want 500 with a whole page", got.status)
	}
}

func TestHealth_standsEverywhereForOperatorsAndOnTheHomeForOwners(t *testing.T) {
	sentence := sekisho.Text{JA: "記録用のディスクがいっぱいです。", EN: "The disk is full."}
	p := openPortal(t, newFake(), sentence)
	for _, tt := range []struct {
		user  sekisho.UserID
		path  string
		shown bool
	}{{"operator", "/tenants", true}, {"operator", "/t/yamada/sites", true}, {"owner", "/t/yamada", true}, {"owner", "/t/yamada/sites", false}} {
		if got := strings.Contains(p.get(t, p.as(t, tt.user), tt.path).body, sentence.JA); got != tt.shown {
			t.Errorf("%s at %s: shown %v, want %v", tt.user, tt.path, got, tt.shown)
		}
	}
	if home := p.get(t, p.as(t, "owner"), "/t/yamada").body; !strings.Contains(home, "保護は続いています") || strings.Contains(home, "正常に動いています") {
		t.Error("the verdict of a degraded house must not be that all is normal")
	}
}

func TestVerdict_saysNormalOnlyWhenNothingElseIsTrue(t *testing.T) {
	site := func(mode sekisho.Mode) sekisho.Site { return sekisho.Site{Mode: mode} }
	block, detect, off := site(sekisho.ModeBlock), site(sekisho.ModeDetect), site(sekisho.ModeOff)
	traffic := func(ago time.Duration) []sekisho.Traffic {
		return []sekisho.Traffic{{Hour: now.Add(-ago).Truncate(time.Hour), Requests: 5, Blocked: 2}}
	}
	high := func(ago time.Duration) []sekisho.Incident {
		return []sekisho.Incident{{Severity: sekisho.SeverityHigh, Last: now.Add(-ago)}}
	}
	for _, tt := range []struct {
		name     string
		standing standing
		state    view.VerdictState
		reason   string
	}{
		{"all is well", standing{sites: []sekisho.Site{block}, traffic: traffic(0)}, view.VerdictOK, "reason.ok"},
		{"nothing stopped", standing{sites: []sekisho.Site{block}, traffic: []sekisho.Traffic{{Hour: now.Truncate(time.Hour), Requests: 1}}}, view.VerdictOK, "reason.ok_none"},
		{"no site", standing{}, view.VerdictSetup, "reason.no_sites"},
		{"no request yet", standing{sites: []sekisho.Site{block}}, view.VerdictSetup, "reason.no_traffic"},
		{"only watching", standing{sites: []sekisho.Site{detect}, traffic: traffic(0), degraded: true}, view.VerdictSetup, "reason.detect"},
		{"partly watching", standing{sites: []sekisho.Site{detect, block}, traffic: traffic(0)}, view.VerdictSetup, "reason.detect_some"},
		{"switched off", standing{sites: []sekisho.Site{off, detect}, traffic: traffic(0)}, view.VerdictAttention, "reason.off"},
		{"silent", standing{sites: []sekisho.Site{block}, traffic: traffic(26 * time.Hour)}, view.VerdictAttention, "reason.stale"},
		{"quiet for a while", standing{sites: []sekisho.Site{block}, traffic: traffic(23 * time.Hour)}, view.VerdictOK, "reason.ok"},
		{"high", standing{sites: []sekisho.Site{off}, traffic: traffic(0), incidents: high(time.Hour)}, view.VerdictAttention, "reason.high"},
		{"high, long ago", standing{sites: []sekisho.Site{block}, traffic: traffic(0), incidents: high(8 * 24 * time.Hour)}, view.VerdictOK, "reason.ok"},
		{"degraded", standing{sites: []sekisho.Site{block}, traffic: traffic(0), degraded: true}, view.VerdictContinues, "reason.continues"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.standing.now, tt.standing.trafficKnown, tt.standing.incidentsKnown = now, true, true
			if got := verdict(tt.standing); got.State != tt.state || got.Reason.Key != tt.reason {
				t.Errorf("got %s because of %s, want %s because of %s", got.State, got.Reason.Key, tt.state, tt.reason)
			}
		})
	}
	blind := standing{now: now, sites: []sekisho.Site{block}, trafficKnown: true, traffic: traffic(0)}
	if got := verdict(blind); got.State != view.VerdictContinues {
		t.Errorf("with unreadable incidents: %s, want continues", got.State)
	}
}

func TestFind_readsNumbersAsPeopleTypeThem(t *testing.T) {
	p := openPortal(t, newFake())
	for _, tt := range []struct {
		number, want string
	}{
		{"06QK-3F7N-9XVB-T2RD", "/t/yamada/events/" + string(eventSQL)},
		{" o6qk 3f7n 9xvb t2rd ", "/t/yamada/events/" + string(eventSQL)},
	} {
		got := p.get(t, p.as(t, "owner"), "/find?number="+url.QueryEscape(tt.number))
		if got.status != http.StatusSeeOther || got.header.Get("Location") != tt.want {
			t.Errorf("%q: status %d to %q, want %q", tt.number, got.status, got.header.Get("Location"), tt.want)
		}
	}
	for number, want := range map[string]string{"": "番号を入力してください", "123": "番号は16文字の英数字です", "0000-0000-0000-0000": "番号をもう一度ご確認ください"} {
		if got := p.get(t, p.as(t, "owner"), "/find?number="+number); got.status != 404 || !strings.Contains(got.body, want) {
			t.Errorf("%q: status %d without %q", number, got.status, want)
		}
	}
}

func TestSiteMode_asksBeforeOff(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "owner")
	at := "/t/yamada/sites/" + string(siteShop)
	if got := p.post(t, client, at+"/mode", url.Values{"mode": {"off"}}); got.header.Get("Location") != at+"/off" || p.records.mode(siteShop) != sekisho.ModeBlock {
		t.Errorf("off without asking: to %q, mode %s", got.header.Get("Location"), p.records.mode(siteShop))
	}
	got := p.post(t, client, at+"/mode", url.Values{"mode": {"off"}, "confirm": {"yes"}})
	if p.records.mode(siteShop) != sekisho.ModeOff {
		t.Fatalf("mode %s after confirming", p.records.mode(siteShop))
	}
	if page := p.get(t, client, got.header.Get("Location")); !strings.Contains(page.body, "の検査を一時停止しました") {
		t.Error("the page does not say what was done")
	}
	if page := p.get(t, client, "/t/yamada/sites?done=block&at="+string(siteShop)); strings.Contains(page.body, `class="notice"`) {
		t.Error("an address makes the page claim what is not true")
	}
	if got := p.post(t, client, at+"/mode", url.Values{"mode": {"destroy"}}); got.status != 400 {
		t.Errorf("an unknown mode: status %d, want 400", got.status)
	}
}

func TestLanguage_goesBackToThisPortalAlone(t *testing.T) {
	p := openPortal(t, newFake())
	for back, want := range map[string]string{
		"/t/yamada/incidents?rank=high": "/t/yamada/incidents?rank=high", "//evil.example/": "/", "///evil.example/": "/", "https://evil.example/": "/",
		`/\evil.example`: "/", "": "/", "t/yamada": "/", "/a\r\nSet-Cookie: x=1": "/", "/\t/evil.example": "/",
	} {
		got := p.post(t, p.as(t, ""), "/language", url.Values{"lang": {"en"}, "back": {back}})
		if got.header.Get("Location") != want {
			t.Errorf("back to %q led to %q, want %q", back, got.header.Get("Location"), want)
		}
	}
	client := p.as(t, "owner")
	p.post(t, client, "/language", url.Values{"lang": {"en"}, "back": {"/"}})
	if page := p.get(t, client, "/t/yamada").body; !strings.Contains(page, `<html lang="en">`) {
		t.Error("the choice was forgotten")
	}
	if page := p.get(t, client, "/t/yamada?lang=ja").body; !strings.Contains(page, `<html lang="ja">`) {
		t.Error("the address does not decide")
	}
	if got := p.post(t, client, "/language", url.Values{"lang": {"xx"}}); got.status != 400 {
		t.Errorf("an unknown language: status %d, want 400", got.status)
	}
}
