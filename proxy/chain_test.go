package proxy

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

var allModes = []sekisho.Mode{sekisho.ModeOff, sekisho.ModeDetect, sekisho.ModeBlock}

func TestServe_passesOrdinaryRequestsInEveryModeAndProtocol(t *testing.T) {
	site := origin(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, r.Method+" "+r.Host+" "+string(body))
	})
	for _, mode := range allModes {
		for _, protocol := range protocols {
			t.Run(mode.String()+" "+protocol, func(t *testing.T) {
				c := start(t, testSite(site.URL, mode))
				if got, want := c.get(protocol, "/").body, "GET "+testHost+" "; got != want {
					t.Errorf("body %q, want %q", got, want)
				}
				got := c.do(protocol, http.MethodPost, "/form", strings.NewReader("name=yamada"))
				if want := "POST " + testHost + " name=yamada"; got.body != want || got.status != 200 {
					t.Errorf("%d %q, want 200 %q", got.status, got.body, want)
				}
				if protocol == "h2" && got.proto != "HTTP/2.0" {
					t.Errorf("spoke %s, want HTTP/2.0", got.proto)
				}
				c.noEvent()
			})
		}
	}
}

func TestServe_treatsAnAttackByMode(t *testing.T) {
	tests := []struct {
		mode         sekisho.Mode
		originStatus int
		status       int
		action       sekisho.Action
		outcome      sekisho.Outcome
	}{
		{sekisho.ModeBlock, 200, 403, sekisho.ActionBlocked, sekisho.OutcomePrevented},
		{sekisho.ModeDetect, 200, 200, sekisho.ActionDetected, sekisho.OutcomeUnknown},
		{sekisho.ModeDetect, 302, 302, sekisho.ActionDetected, sekisho.OutcomeRedirected},
		{sekisho.ModeDetect, 404, 404, sekisho.ActionDetected, sekisho.OutcomeRefused},
		{sekisho.ModeDetect, 500, 500, sekisho.ActionDetected, sekisho.OutcomeErrored},
		{sekisho.ModeOff, 200, 200, "", ""},
	}
	for _, test := range tests {
		for _, protocol := range protocols {
			t.Run(test.mode.String()+" "+http.StatusText(test.originStatus)+" "+protocol, func(t *testing.T) {
				asked := make(chan struct{}, 1)
				site := origin(t, func(w http.ResponseWriter, r *http.Request) {
					asked <- struct{}{}
					w.WriteHeader(test.originStatus)
				})
				c := start(t, testSite(site.URL, test.mode))
				got := c.get(protocol, "/item/7?q="+attackWord, "User-Agent", "test/1")
				if got.status != test.status {
					t.Errorf("status %d, want %d", got.status, test.status)
				}
				if reached := len(asked) == 1; reached != (test.mode != sekisho.ModeBlock) {
					t.Errorf("origin asked: %v", reached)
				}
				if test.action == "" {
					c.noEvent()
					return
				}
				event := c.event()
				if event.Action != test.action || event.Outcome != test.outcome || event.Status != test.status {
					t.Errorf("event %s %s %d, want %s %s %d", event.Action, event.Outcome, event.Status, test.action, test.outcome, test.status)
				}
				if event.Tenant != "yamada" || event.SiteID != "SITE1" || event.Site != testHost || event.Count != 1 || event.Score != 5 {
					t.Errorf("event %+v", event)
				}
				if event.Path != "/item/7" || event.URL != "" || event.Method != "GET" || event.UserAgent != "test/1" {
					t.Errorf("event path %q, url %q, method %q, user agent %q", event.Path, event.URL, event.Method, event.UserAgent)
				}
				if len(event.RuleIDs) != 1 || event.RuleIDs[0] != 900001 || event.Family != "test" {
					t.Errorf("event rules %v, family %q", event.RuleIDs, event.Family)
				}
				if got.header.Get(requestIDHeader) != string(event.ID) {
					t.Errorf("request id %q, event id %q", got.header.Get(requestIDHeader), event.ID)
				}
			})
		}
	}
}

func TestServe_showsAPageThatHelps(t *testing.T) {
	c := start(t, testSite("http://127.0.0.1:1", sekisho.ModeBlock))
	number := func() string {
		events := c.recorder.all()
		return events[len(events)-1].ID.Display()
	}
	page := c.get("h2", "/?q="+attackWord, "Accept", "text/html")
	for _, want := range []string{`<html lang="ja">`, "アクセスを止めました", "This request was stopped", number(), "<small>403</small>"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Index(page.body, "アクセスを止めました") > strings.Index(page.body, "This request was stopped") {
		t.Error("Japanese does not come first")
	}
	for _, never := range []string{"http://", "https://", "<script", "src=", attackWord, "900001", "Coraza"} {
		if strings.Contains(page.body, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q, want no-store", got)
	}
	if page := c.get("h1", "/?q="+attackWord, "Accept-Language", "en-GB,ja;q=0.5"); !strings.Contains(page.body, `<html lang="en">`) {
		t.Error("English is not first for who prefers it")
	}
	api := c.get("h1", "/?q="+attackWord, "Accept", "application/json")
	var said struct{ Error, Number string }
	if err := json.Unmarshal([]byte(api.body), &said); err != nil || said.Error != "blocked" || said.Number != number() {
		t.Errorf("JSON answer %q (%v), want blocked and %s", api.body, err, number())
	}
	if head := c.do("h1", http.MethodHead, "/?q="+attackWord, nil); head.status != 403 || head.body != "" {
		t.Errorf("HEAD: %d with %d bytes", head.status, len(head.body))
	}
}

func TestServe_answersHostsThatAreNobodysWithoutAskingAnybody(t *testing.T) {
	site := origin(t, func(http.ResponseWriter, *http.Request) { t.Error("an origin was asked") })
	c := start(t, testSite(site.URL, sekisho.ModeDetect))
	for _, host := range []string{"other.example", "shop.example.evil.test", "127.0.0.1", "_", "[::1]:80"} {
		request, _ := http.NewRequest(http.MethodGet, base("http")+"/", nil)
		request.Host = host
		response, err := c.client("http").Do(request)
		if err != nil {
			t.Fatal(err)
		}
		page, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusMisdirectedRequest || strings.Contains(string(page), testHost) {
			t.Errorf("host %q: %d, page names our site: %v", host, response.StatusCode, strings.Contains(string(page), testHost))
		}
	}
	c.noEvent()
}

func TestServe_refusesANameThatIsNobodysInTheHandshake(t *testing.T) {
	c := start(t, testSite("http://127.0.0.1:1", sekisho.ModeDetect))
	for _, name := range []string{"other.example", ""} {
		//nolint:gosec // what is shown, if anything, is the question
		_, err := tls.Dial("tcp", c.HTTPSAddr().String(), &tls.Config{ServerName: name, InsecureSkipVerify: true})
		if err == nil || !strings.Contains(err.Error(), "unrecognized name") { // RFC 6066, 3
			t.Errorf("name %q: %v, want the alert unrecognized_name", name, err)
		}
	}
}

func TestServe_findsTheSiteHoweverTheHostIsSpelled(t *testing.T) {
	var seen string
	site := origin(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Host })
	c := start(t, testSite(site.URL, sekisho.ModeDetect))
	for host, want := range map[string]string{
		"SHOP.Example": testHost, "shop.example.": testHost, "shop.example:80": "shop.example:80",
		"Shop.Example.:8443": "shop.example:8443", "shop.example:": testHost,
	} {
		request, _ := http.NewRequest(http.MethodGet, base("http")+"/", nil)
		request.Host = host
		response, err := c.client("http").Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != 200 || seen != want {
			t.Errorf("host %q: %d, origin saw %q, want %q", host, response.StatusCode, seen, want)
		}
	}
}

func TestServe_refusesASiteOnAnothersConnection(t *testing.T) {
	site := origin(t, func(http.ResponseWriter, *http.Request) { t.Error("an origin was asked") })
	other := testSite(site.URL, sekisho.ModeDetect)
	other.ID, other.Tenant, other.Host = "SITE2", "tanaka", "tanaka.example"
	c := start(t, testSite(site.URL, sekisho.ModeDetect), other)
	for _, protocol := range []string{"h1", "h2"} {
		request, _ := http.NewRequest(http.MethodGet, base(protocol)+"/", nil) // TLS name shop.example
		request.Host = "tanaka.example"
		response, err := c.client(protocol).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: status %d, want 421", protocol, response.StatusCode)
		}
	}
	c.noEvent()
}

func TestServe_neverMakesUpAnAnswer(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	c.steps[len(c.steps)-1] = func(x *exchange) bool { return x.left() }
	if answer := c.raw("GET / HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n"); answer != "" {
		t.Errorf("an exchange without an answer got %.60q", answer)
	}
}
