package proxy

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// shop answers logins as the product of a preset does: password "right" is right.
func shop(preset sekisho.LoginPreset) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		right := r.PostFormValue("password") == "right"
		switch {
		case r.Method != http.MethodPost:
		case preset == sekisho.LoginWordPress && right:
			w.Header().Set("Location", "/wp-admin/")
			w.WriteHeader(http.StatusFound)
		case preset == sekisho.LoginECCUBE && right:
			w.Header().Set("Location", "/kanri/")
			w.WriteHeader(http.StatusFound)
		case preset == sekisho.LoginECCUBE:
			w.Header().Set("Location", "https://shop.example/kanri/login")
			w.WriteHeader(http.StatusFound)
		case preset == sekisho.LoginMovableType && right:
			w.Header().Set("Set-Cookie", "mt_user=jiro::x; path=/")
		}
	}
}

func TestLoginGuard_stopsGuessingAndReadsTheOutcome(t *testing.T) {
	for _, test := range []struct {
		preset      sekisho.LoginPreset
		path, other string
	}{
		{sekisho.LoginWordPress, "/blog/wp-login.php", "/wp-comments-post.php"},
		{sekisho.LoginECCUBE, "/kanri/login", "/cart/buystep"},
		{sekisho.LoginMovableType, "/mt/mt.cgi", "/mt/mt-search.cgi"},
	} {
		t.Run(string(test.preset), func(t *testing.T) {
			server := origin(t, shop(test.preset))
			site := testSite(server.URL, sekisho.ModeBlock)
			site.Limits.Login = sekisho.LoginGuard{Preset: test.preset, Failures: hourly(3)}
			c := startWith(t, func(config *Config) {
				config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
			}, site)
			login := func(address, path, password string) int {
				return c.do("http", "POST", path, strings.NewReader("username=jiro&password="+password),
					"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", address).status
			}
			for range 9 { // an office behind one address
				if got := login("192.0.2.1", test.path, "right"); got == 429 {
					t.Fatal("logins that work: got 429")
				}
			}
			for i := range 3 {
				if got := login("192.0.2.1", test.path, "wrong"); got == 429 {
					t.Fatalf("wrong password %d: got 429 already", i+1)
				}
			}
			if got := login("192.0.2.1", test.path, "right"); got != 429 {
				t.Errorf("after three wrong ones: got %d, want 429 even for the right one", got)
			}
			if got := login("192.0.2.2", test.path, "right"); got == 429 {
				t.Error("somebody else: got 429")
			}
			if got := login("192.0.2.1", test.other, "x"); got == 429 {
				t.Error("another page: got 429")
			}
			if got := c.from("192.0.2.1", test.path); got.status == 429 {
				t.Error("looking at the form: got 429")
			}
			if event := c.event(); event.Reason != sekisho.ReasonLoginLimit {
				t.Errorf("got event %s, want one, login_limit", event.Reason)
			}
		})
	}
}
