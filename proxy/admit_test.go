package proxy

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// limited is a checkpoint whose one site has limits, and a count of what its origin saw.
func limited(t *testing.T, mode sekisho.Mode, limits sekisho.Limits) (*checkpoint, *atomic.Int64) {
	t.Helper()
	var seen atomic.Int64
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) { seen.Add(1); fmt.Fprint(w, "hello") })
	site := testSite(server.URL, mode)
	site.Limits = limits
	trust := func(config *Config) { config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }
	return startWith(t, trust, site), &seen
}

// from makes a request of a visitor with the given address.
func (c *checkpoint) from(address, path string, header ...string) answered {
	return c.get("http", path, append(header, "X-Forwarded-For", address)...)
}

// hourly refills so slowly that a test cannot see it.
func hourly(requests int) sekisho.Rate { return sekisho.Rate{Requests: requests, Per: 24 * time.Hour} }

func TestAdmit_turnsAwayBeyondTheRate(t *testing.T) {
	for _, test := range []struct {
		name    string
		limits  sekisho.Limits
		request func(*checkpoint) answered
		reason  sekisho.Reason
		status  int
		other   func(*checkpoint) answered // is not limited, all the same
	}{
		{
			"address",
			sekisho.Limits{Address: hourly(3)},
			func(c *checkpoint) answered { return c.from("192.0.2.1", "/") },
			sekisho.ReasonAddressLimit, 429,
			func(c *checkpoint) answered { return c.from("192.0.2.2", "/") },
		},
		{
			"IPv6 subscriber",
			sekisho.Limits{Address: hourly(3)},
			func(c *checkpoint) answered {
				return c.from(fmt.Sprintf("2001:db8::%x", time.Now().UnixNano()&0xffff), "/")
			},
			sekisho.ReasonAddressLimit, 429,
			func(c *checkpoint) answered { return c.from("2001:db8:0:1::1", "/") },
		},
		{
			"path",
			sekisho.Limits{Paths: []sekisho.PathLimit{{Prefix: "/contact", Rate: hourly(3)}}},
			func(c *checkpoint) answered { return c.from("192.0.2.1", "/contact/send") },
			sekisho.ReasonPathLimit, 429,
			func(c *checkpoint) answered { return c.from("192.0.2.1", "/contacts") },
		},
		{
			"session",
			sekisho.Limits{Session: hourly(3), Cookie: "sid"},
			func(c *checkpoint) answered { return c.from("192.0.2.1", "/", "Cookie", "a=b; sid=one") },
			sekisho.ReasonSessionLimit, 429,
			func(c *checkpoint) answered { return c.from("192.0.2.1", "/", "Cookie", "sid=two") },
		},
		{
			"site",
			sekisho.Limits{Site: hourly(3), Allow: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}},
			func(c *checkpoint) answered { return c.from("192.0.2.1", "/") },
			sekisho.ReasonSiteLimit, 503,
			func(c *checkpoint) answered { return c.from("198.51.100.1", "/") },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, seen := limited(t, sekisho.ModeBlock, test.limits)
			for i := range 3 {
				if got := test.request(c); got.status != 200 {
					t.Fatalf("request %d: got %d, want 200", i+1, got.status)
				}
			}
			for range 4 {
				got := test.request(c)
				if got.status != test.status || got.header.Get("Retry-After") == "" || got.header.Get("Retry-After") == "0" {
					t.Fatalf("got %d and Retry-After %q, want %d and a time", got.status, got.header.Get("Retry-After"), test.status)
				}
			}
			if seen.Load() != 3 {
				t.Errorf("the origin saw %d requests, want 3", seen.Load())
			}
			if got := test.other(c); got.status != 200 {
				t.Errorf("somebody else: got %d, want 200", got.status)
			}
			if event := c.event(); event.Reason != test.reason || event.Action != sekisho.ActionRefused {
				t.Errorf("got event %s %s, want one event, refused %s", event.Action, event.Reason, test.reason)
			}
			if got := c.TurnedAway()["SITE1"][test.reason]; got != 4 {
				t.Errorf("counted %d, want 4", got)
			}
		})
	}
}

func TestAdmit_onlyCountsInDetectModeAndNotAtAllInModeOff(t *testing.T) {
	limits := sekisho.Limits{Address: hourly(1), Deny: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}
	for _, test := range []struct {
		mode sekisho.Mode
		want int64
	}{{sekisho.ModeDetect, 2}, {sekisho.ModeOff, 0}} {
		c, _ := limited(t, test.mode, limits)
		for range 3 {
			if got := c.from("192.0.2.1", "/"); got.status != 200 {
				t.Errorf("%s: got %d, want 200", test.mode, got.status)
			}
		}
		if got := c.from("203.0.113.9", "/"); got.status != 200 {
			t.Errorf("%s, denied address: got %d, want 200", test.mode, got.status)
		}
		c.noEvent()
		if got := c.TurnedAway()["SITE1"][sekisho.ReasonAddressLimit]; got != test.want {
			t.Errorf("%s: counted %d, want %d", test.mode, got, test.want)
		}
	}
}

func TestAdmit_deniesAndAllowsByList(t *testing.T) {
	c, seen := limited(t, sekisho.ModeBlock, sekisho.Limits{
		Deny: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.7/32")},
	})
	if got := c.from("203.0.113.9", "/"); got.status != 403 || seen.Load() != 0 {
		t.Errorf("denied: got %d, origin saw %d, want 403 and nothing", got.status, seen.Load())
	}
	if got := c.from("203.0.113.7", "/"); got.status != 200 {
		t.Errorf("allowed within the denied network: got %d, want 200", got.status)
	}
	if got := c.from("203.0.113.7", "/?q="+attackWord); got.status != 403 || len(c.recorder.all()) != 2 {
		t.Errorf("an attack from an allowed address: got %d, want 403: allowed is not trusted", got.status)
	}
}

func TestAdmit_bansAfterAttacks(t *testing.T) {
	c, seen := limited(t, sekisho.ModeBlock, sekisho.Limits{Bans: sekisho.Bans{After: hourly(3), For: time.Hour}})
	for i := range 4 {
		if got := c.from("192.0.2.1", "/?q="+attackWord); got.status != 403 {
			t.Fatalf("attack %d: got %d, want 403", i+1, got.status)
		}
	}
	got := c.from("192.0.2.1", "/")
	if got.status != 429 || got.header.Get("Retry-After") != "3600" || seen.Load() != 0 {
		t.Errorf("then: got %d, Retry-After %s, origin saw %d, want 429, 3600 and nothing", got.status, got.header.Get("Retry-After"), seen.Load())
	}
	if got := c.from("192.0.2.2", "/"); got.status != 200 {
		t.Errorf("somebody else: got %d, want 200", got.status)
	}
	for range 9 { // ordinary requests bring nobody nearer to a ban
		c.from("192.0.2.3", "/")
	}
	if got := c.from("192.0.2.3", "/"); got.status != 200 {
		t.Errorf("an ordinary visitor: got %d, want 200", got.status)
	}
}

func TestAdmit_keepsCountingOverAChangeOfSettings(t *testing.T) {
	c, _ := limited(t, sekisho.ModeBlock, sekisho.Limits{Address: hourly(2)})
	c.from("192.0.2.1", "/")
	site := c.current.Load().sites[testHost].Site
	site.FailMode = sekisho.FailOpen
	if err := c.Apply([]sekisho.Site{site}, nil, nil); err != nil {
		t.Fatal(err)
	}
	c.from("192.0.2.1", "/")
	if got := c.from("192.0.2.1", "/"); got.status != 429 {
		t.Errorf("got %d, want 429: the bucket of before", got.status)
	}
	site.Limits = sekisho.Limits{}
	if err := c.Apply([]sekisho.Site{site}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := c.from("192.0.2.1", "/"); got.status != 200 || len(c.counts.all()) != 0 {
		t.Errorf("without limits: got %d and %d books, want 200 and none", got.status, len(c.counts.all()))
	}
}

// sharedBook is what nodes share, in memory: the test is about the nodes, the real one is tested in internal/state.
type sharedBook struct{ waiting map[string]int }

func (b *sharedBook) ShareUse(_ context.Context, _ sekisho.SiteID, here map[string]int) (map[string]int, error) {
	elsewhere := b.waiting
	b.waiting = here
	return elsewhere, nil
}

func (b *sharedBook) ShareShut(context.Context, sekisho.SiteID, int64, map[string]time.Duration) (map[string]time.Duration, int64, error) {
	return nil, 0, nil
}

func TestShare_makesTheNodesCountTogether(t *testing.T) {
	limits := sekisho.Limits{Address: hourly(4)}
	one, _ := limited(t, sekisho.ModeBlock, limits)
	two, _ := limited(t, sekisho.ModeBlock, limits)
	one.from("192.0.2.1", "/")
	one.from("192.0.2.1", "/")
	two.from("192.0.2.1", "/")
	book := &sharedBook{}
	for _, node := range []*checkpoint{one, two} {
		if err := node.shareOnce(context.Background(), book, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := two.from("192.0.2.1", "/"); got.status != 200 {
		t.Errorf("the fourth: got %d, want 200", got.status)
	}
	if got := two.from("192.0.2.1", "/"); got.status != 429 {
		t.Errorf("the fifth: got %d, want 429", got.status)
	}
}

func TestAdmit_saysItInWords(t *testing.T) {
	c, _ := limited(t, sekisho.ModeBlock, sekisho.Limits{Address: hourly(1)})
	c.from("192.0.2.1", "/")
	if got := c.from("192.0.2.1", "/"); !strings.Contains(got.body, "アクセスの回数が多すぎます") || !strings.Contains(got.body, "Too many requests") {
		t.Errorf("got page %s, want it in both languages", got.body)
	}
	if got := c.from("192.0.2.1", "/", "Accept", "application/json"); !strings.Contains(got.body, `"too_many_requests"`) {
		t.Errorf("got %s, want a word for programs", got.body)
	}
}
