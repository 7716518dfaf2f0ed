package proxy

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

var hardened = sekisho.Hardening{
	HTTPSRedirect: true, HSTS: 31536000, NoSniff: true, ReferrerPolicy: "strict-origin-when-cross-origin",
	FrameAncestors: "self", CSP: "default-src 'self'", CookieFlags: "secure,httponly,samesite=lax",
}

func TestHarden_addsWhatTheOriginLeavesOut(t *testing.T) {
	enforced, override := hardened, hardened
	enforced.CSPEnforce = true
	override.Override = true
	tests := []struct {
		name  string
		h     sekisho.Hardening
		https bool
		in    http.Header
		want  map[string]string // values joined by " | "
	}{
		{"nothing wanted, nothing added", sekisho.Hardening{}, true, http.Header{"Server": {"x"}}, map[string]string{"Server": "x", "X-Frame-Options": "", "Strict-Transport-Security": ""}},
		{"everything", hardened, true, http.Header{"Set-Cookie": {"id=1; Path=/"}}, map[string]string{
			"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "SAMEORIGIN", cspHeader: "frame-ancestors 'self'",
			cspReportHeader: "default-src 'self'", "Set-Cookie": "id=1; Path=/; Secure; HttpOnly; SameSite=Lax",
		}},
		{"enforced", enforced, true, http.Header{}, map[string]string{cspHeader: "default-src 'self' | frame-ancestors 'self'", cspReportHeader: ""}},
		{"plain HTTP gets no HSTS and no secure cookie", hardened, false, http.Header{"Set-Cookie": {"id=1"}}, map[string]string{"Strict-Transport-Security": "", "Set-Cookie": "id=1; HttpOnly; SameSite=Lax"}},
		{
			"the origin's own stand", hardened, true,
			http.Header{"Strict-Transport-Security": {"max-age=1"}, cspHeader: {"Frame-Ancestors https://a.example"}, "Referrer-Policy": {"origin"}, "Set-Cookie": {"a=1; samesite=None; Secure", "b=secure; HTTPONLY"}},
			map[string]string{"Strict-Transport-Security": "max-age=1", cspHeader: "Frame-Ancestors https://a.example", "X-Frame-Options": "", "Referrer-Policy": "origin", "Set-Cookie": "a=1; samesite=None; Secure; HttpOnly | b=secure; HTTPONLY; Secure; SameSite=Lax"},
		},
		{
			"unless asked otherwise", override, true,
			http.Header{"Strict-Transport-Security": {"max-age=1"}, "X-Frame-Options": {"ALLOWALL"}, "Set-Cookie": {"a=1; samesite=None; Secure"}},
			map[string]string{"Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "SAMEORIGIN", "Set-Cookie": "a=1; SameSite=Lax; Secure; HttpOnly"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			harden(&test.h, test.in, test.https)
			for name, want := range test.want {
				if got := strings.Join(test.in[name], " | "); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestServe_sendsVisitorsToHTTPSAndHardensAnswers(t *testing.T) {
	site := testSite(origin(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }).URL, sekisho.ModeBlock)
	site.Hardening = hardened
	c := start(t, site)
	for method, want := range map[string]int{http.MethodGet: http.StatusMovedPermanently, http.MethodPost: http.StatusPermanentRedirect} {
		got := c.do("http", method, "/a?q=1", nil)
		if got.status != want || got.header.Get("Location") != "https://"+testHost+"/a?q=1" {
			t.Errorf("%s: got %d to %q, want %d", method, got.status, got.header.Get("Location"), want)
		}
	}
	if got := c.get("http", challengePath+"origins-own"); got.status != http.StatusNoContent {
		t.Errorf("an authority that asks the origin: got %d, want its answer", got.status)
	}
	if got := c.get("h2", "/"); got.header.Get("X-Frame-Options") != "SAMEORIGIN" || got.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("got %v, want hardened", got.header)
	}
	c.noEvent()
}

// tokens answers one token.
type tokens map[string]string

func (t tokens) HTTPChallenge(token string) (string, bool) { answer, ok := t[token]; return answer, ok }

func TestAnswerChallenge_answersOurTokensAndLeavesTheOriginsToIt(t *testing.T) {
	c := start(t, testSite(origin(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("origin " + r.URL.Path)) }).URL, sekisho.ModeBlock))
	c.challenges = tokens{"ours": "ours.thumbprint"}
	tests := []struct{ name, method, path, want string }{
		{"our token", http.MethodGet, challengePath + "ours", "ours.thumbprint"},
		{"the origin's token", http.MethodGet, challengePath + "theirs", "origin " + challengePath + "theirs"},
		{"no token", http.MethodGet, challengePath, "origin " + challengePath},
		{"another way to ask", http.MethodPost, challengePath + "ours", "origin " + challengePath + "ours"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := c.do("http", test.method, test.path, nil); got.body != test.want || got.status != http.StatusOK {
				t.Errorf("got %d %q, want %q", got.status, got.body, test.want)
			}
		})
	}
	request, err := http.NewRequest(http.MethodGet, "http://unknown.example"+challengePath+"ours", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.client("http").Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("asked by way of another host: got %s, want our answer", response.Status)
	}
}
