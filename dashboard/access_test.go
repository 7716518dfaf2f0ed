package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// visitors, in the order of the columns below.
var visitors = []sekisho.UserID{"", "stranger", "owner", "operator"}

// expected is who gets what at each route, for {nobody, the owner of another tenant, the owner, an operator}. The path
// belongs to the tenant yamada; "foreign" names a record of another tenant under yamada's address.
type expected struct {
	pattern string
	path    string
	form    url.Values
	want    [4]int
}

var matrix = []expected{
	{"GET /{$}", "/", nil, [4]int{303, 303, 303, 303}},
	{"GET /login", "/login", nil, [4]int{200, 200, 200, 200}},
	{"POST /login", "/login", url.Values{"token": {"wrong"}}, [4]int{401, 401, 401, 401}},
	{"POST /logout", "/logout", url.Values{}, [4]int{303, 303, 303, 303}},
	{"POST /language", "/language", url.Values{"lang": {"en"}, "back": {"/"}}, [4]int{303, 303, 303, 303}},
	{"GET /find", "/find?number=" + string(eventSQL), nil, [4]int{303, 404, 303, 303}},
	{"GET /find", "/find?number=" + string(eventOther), nil, [4]int{303, 303, 404, 303}},
	{"GET /tenants", "/tenants", nil, [4]int{303, 403, 403, 200}},

	{"GET /t/{tenant}", "/t/yamada", nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}", "/t/minato", nil, [4]int{303, 200, 404, 200}},
	{"GET /t/{tenant}", "/t/nobody", nil, [4]int{303, 404, 404, 404}},
	{"GET /t/{tenant}", "/t/..%2fyamada", nil, [4]int{303, 404, 404, 404}},
	{"GET /t/{tenant}/incidents", "/t/yamada/incidents", nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/incidents/{incident}", "/t/yamada/incidents/" + string(incidentSQL), nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/incidents/{incident}", "/t/yamada/incidents/" + string(incidentOther), nil, [4]int{303, 404, 404, 404}},
	{"GET /t/{tenant}/incidents/{incident}", "/t/yamada/incidents/" + string(incidentPC), nil, [4]int{303, 404, 200, 200}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(casePC), url.Values{"do": {"acknowledged"}}, [4]int{401, 404, 303, 303}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(caseOther), url.Values{"do": {"acknowledged"}}, [4]int{401, 404, 404, 404}},
	{"POST /t/{tenant}/cases/{case}", "/t/minato/cases/" + string(caseOther), url.Values{"do": {"acknowledged"}}, [4]int{401, 303, 404, 303}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(casePC), url.Values{"do": {"started"}}, [4]int{401, 404, 403, 303}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(casePC), url.Values{"do": {"noted"}, "reason": {"x"}}, [4]int{401, 404, 403, 303}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(casePC), url.Values{"do": {"verdict"}, "verdict": {"clean"}, "reason": {"x"}}, [4]int{401, 404, 403, 303}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(casePC), url.Values{"do": {"closed"}, "verdict": {"clean"}, "reason": {"x"}}, [4]int{401, 404, 403, 303}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(casePC), url.Values{"do": {"suppressed"}, "days": {"7"}, "reason": {"x"}}, [4]int{401, 404, 403, 303}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(caseOther), url.Values{"do": {"closed"}, "verdict": {"clean"}, "reason": {"x"}}, [4]int{401, 404, 403, 404}},
	{"POST /t/{tenant}/cases/{case}", "/t/yamada/cases/" + string(casePC), url.Values{"do": {"opened"}}, [4]int{401, 404, 403, 400}},
	{"GET /t/{tenant}/care", "/t/yamada/care", nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/care", "/t/minato/care", nil, [4]int{303, 200, 404, 200}},
	{"GET /t/{tenant}/sensors", "/t/yamada/sensors", nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/sensors", "/t/minato/sensors", nil, [4]int{303, 200, 404, 200}},
	{"GET /t/{tenant}/events/{event}", "/t/yamada/events/" + string(eventUTM), nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/events/{event}", "/t/yamada/events/" + string(eventSQL), nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/events/{event}", "/t/yamada/events/" + string(eventOther), nil, [4]int{303, 404, 404, 404}},
	{"GET /t/{tenant}/events/{event}", "/t/yamada/events/nonsense", nil, [4]int{303, 404, 404, 404}},
	{"GET /t/{tenant}/sites", "/t/yamada/sites", nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/sites/{site}/off", "/t/yamada/sites/" + string(siteShop) + "/off", nil, [4]int{303, 404, 200, 200}},
	{"GET /t/{tenant}/sites/{site}/off", "/t/yamada/sites/" + string(siteDental) + "/off", nil, [4]int{303, 404, 404, 404}},
	{"POST /t/{tenant}/sites/{site}/mode", "/t/yamada/sites/" + string(siteShop) + "/mode", url.Values{"mode": {"detect"}}, [4]int{401, 404, 303, 303}},
	{"POST /t/{tenant}/sites/{site}/mode", "/t/yamada/sites/" + string(siteDental) + "/mode", url.Values{"mode": {"block"}}, [4]int{401, 404, 404, 404}},

	{"GET /assets/", "/assets/none.css", nil, [4]int{404, 404, 404, 404}},
	{"/", "/nowhere", nil, [4]int{404, 404, 404, 404}},
}

func TestRoutes_admitWhomTheyShould(t *testing.T) {
	listed := map[string]bool{}
	for _, row := range matrix {
		listed[row.pattern] = true
		for i, visitor := range visitors {
			p := openPortal(t, newFake())
			method, _, _ := strings.Cut(row.pattern, " ")
			if row.form == nil {
				method = http.MethodGet
			}
			got := p.do(t, p.as(t, visitor), method, row.path, row.form, nil)
			if got.status != row.want[i] {
				t.Errorf("%s %s as %q: status %d, want %d", method, row.path, visitor, got.status, row.want[i])
			}
			if visitor == "" && got.status == http.StatusSeeOther && method == http.MethodGet && got.header.Get("Location") != "/login" {
				t.Errorf("%s as nobody leads to %s, want the door", row.path, got.header.Get("Location"))
			}
			if foreign := "minato-dental"; visitor == "owner" && strings.Contains(got.body, foreign) {
				t.Errorf("%s shows an owner another tenant's %s", row.path, foreign)
			}
		}
	}
	server := openPortal(t, newFake()).server
	for _, route := range server.table() {
		if !listed[route.pattern] {
			t.Errorf("route %q has no row in this matrix", route.pattern)
		}
	}
}

// The live stream is no page and ends differently: 204 ends a browser's EventSource for good.
func TestLive_isForThoseWhoSignedIn(t *testing.T) {
	p := openPortal(t, newFake())
	if got := p.get(t, p.as(t, ""), "/live"); got.status != http.StatusNoContent {
		t.Errorf("nobody gets status %d, want 204", got.status)
	}
}

func TestForms_refuseOtherSites(t *testing.T) {
	for _, row := range matrix {
		if row.form == nil {
			continue
		}
		for name, header := range map[string]http.Header{
			"cross-site": {"Sec-Fetch-Site": {"cross-site"}},
			"same-site":  {"Sec-Fetch-Site": {"same-site"}},
			"old":        {"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}},
			"opaque":     {"Sec-Fetch-Site": nil, "Origin": {"null"}},
		} {
			p := openPortal(t, newFake())
			got := p.do(t, p.as(t, "operator"), http.MethodPost, row.path, row.form, header)
			if got.status != http.StatusForbidden {
				t.Errorf("%s from another site (%s): status %d, want 403", row.path, name, got.status)
			}
			if p.records.mode(siteShop) != sekisho.ModeBlock || p.records.mode(siteDental) != sekisho.ModeDetect {
				t.Errorf("%s from another site (%s) changed a mode", row.path, name)
			}
			if p.records.findCase(casePC).Revision != 1 {
				t.Errorf("%s from another site (%s) changed a case", row.path, name)
			}
		}
	}
}

// TestGET_changesNothing asks every address that takes a form with GET, ten times, as mail scanners do.
func TestGET_changesNothing(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "operator")
	for _, row := range matrix {
		if row.form == nil {
			continue
		}
		for range 10 {
			got := p.get(t, client, row.path+"?"+row.form.Encode())
			if len(got.header.Values("Set-Cookie")) > 0 {
				t.Errorf("GET %s set a cookie", row.path)
			}
		}
	}
	if p.records.mode(siteShop) != sekisho.ModeBlock || len(p.records.sessions) != 1 || p.records.findCase(casePC).Revision != 1 {
		t.Error("GET changed a mode, a session or a case")
	}
}

func TestAnswers_carryTheirProtections(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "operator")
	for _, path := range []string{"/", "/login", "/tenants", "/t/yamada", "/nowhere", "/assets/none.css", "/live?x"} {
		if path == "/live?x" {
			client = p.as(t, "")
		}
		header := p.get(t, client, path).header
		for name, want := range map[string]string{
			"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Strict-Transport-Security": "",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", path, name, got, want)
			}
		}
		if path != "/assets/none.css" && header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached: %q", path, header.Get("Cache-Control"))
		}
	}
	for _, word := range []string{"default-src 'none'", "style-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(contentPolicy, word) {
			t.Errorf("the policy lacks %s", word)
		}
	}
	if strings.Contains(contentPolicy, "unsafe") {
		t.Error("the policy allows something unsafe")
	}
}
