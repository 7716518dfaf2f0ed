package proxy

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestApply_switchesModesForTheNextRequest(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	sites := []sekisho.Site{testSite(server.URL, sekisho.ModeBlock)}
	c := start(t, sites...)
	off, detect, block := sekisho.ModeOff, sekisho.ModeDetect, sekisho.ModeBlock
	tests := []struct {
		name     string
		all      *sekisho.Mode
		perSite  map[sekisho.SiteID]sekisho.Mode
		status   int
		recorded int
	}{
		{"the site's own mode", nil, nil, 403, 1},
		{"off for all", &off, nil, 200, 0},
		{"detect for this site", nil, map[sekisho.SiteID]sekisho.Mode{"SITE1": detect}, 200, 1},
		{"off for this site", nil, map[sekisho.SiteID]sekisho.Mode{"SITE1": off}, 200, 0},
		{"all wins over one", &block, map[sekisho.SiteID]sekisho.Mode{"SITE1": detect}, 403, 1},
		{"but not over one that is off", &block, map[sekisho.SiteID]sekisho.Mode{"SITE1": off}, 200, 0},
		{"another site's override", nil, map[sekisho.SiteID]sekisho.Mode{"SITE2": off}, 403, 1},
	}
	for _, test := range tests {
		before := len(c.recorder.all())
		if err := c.Apply(sites, test.all, test.perSite); err != nil {
			t.Fatal(err)
		}
		if got := c.get("h1", "/?"+attackWord).status; got != test.status {
			t.Errorf("%s: status %d, want %d", test.name, got, test.status)
		}
		if got := len(c.recorder.all()) - before; got != test.recorded {
			t.Errorf("%s: %d events, want %d", test.name, got, test.recorded)
		}
	}
}

func TestApply_sharesOneEngineBetweenEqualPolicies(t *testing.T) {
	c := start(t)
	var sites []sekisho.Site
	for i := range 1000 {
		site := testSite("http://127.0.0.1:1", sekisho.ModeBlock)
		site.ID, site.Host = sekisho.SiteID(fmt.Sprint(i)), fmt.Sprintf("s%d.example", i)
		sites = append(sites, site)
	}
	for range 2 {
		if err := c.Apply(sites, nil, nil); err != nil {
			t.Fatal(err)
		}
		if live, _ := c.engines.counts(); live != 1 {
			t.Errorf("%d engines for 1000 equal sites, want 1", live)
		}
	}
	if err := c.Apply(nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if live, released := c.engines.counts(); live != 0 || released != 1 {
		t.Errorf("%d engines live, %d released; want 0, 1", live, released)
	}
}

func TestApply_keepsTheLastGoodPolicy(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	good := testSite(server.URL, sekisho.ModeBlock)
	good.Policy.CustomRules = "forbidden"
	beside := testSite(server.URL, sekisho.ModeBlock)
	beside.ID, beside.Host = "SITE2", "beside.example"
	c := start(t, good)
	c.engines.refuse = func(policy sekisho.Policy) error {
		if policy.CustomRules == "broken" {
			return sekisho.Invalid("custom_rules line 1: not a rule")
		}
		return nil
	}
	bad := good
	bad.Policy.CustomRules = "broken"
	for _, mode := range []sekisho.Mode{sekisho.ModeBlock, sekisho.ModeOff, sekisho.ModeBlock} {
		err := c.Apply([]sekisho.Site{bad, beside}, &mode, nil)
		if mode == sekisho.ModeOff {
			if err != nil {
				t.Errorf("a site that is off was compiled: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), testHost) || !strings.Contains(err.Error(), "line 1") || sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("Apply() = %v, want an invalid error with host and reason", err)
		}
		if got := c.get("h1", "/?q=forbidden").status; got != 403 {
			t.Errorf("the last good policy is gone: status %d", got)
		}
		if c.current.Load().sites["beside.example"] == nil {
			t.Error("the site beside it was not applied")
		}
	}
	bad.Host, bad.ID = "fresh.example", "SITE3"
	if err := c.Apply([]sekisho.Site{good, bad}, nil, nil); err == nil {
		t.Error("no error for a site without any policy")
	}
	request, _ := http.NewRequest(http.MethodGet, base("http")+"/", nil)
	request.Host = "fresh.example"
	response, err := c.client("http").Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != 503 {
		t.Errorf("a site without any engine answered %d, want its fail mode's 503", response.StatusCode)
	}
}

func TestApply_namesWhatCannotBeServedAndServesTheRest(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "first") })
	good := testSite(server.URL, sekisho.ModeBlock)
	c := start(t, good)
	twice := testSite("http://127.0.0.1:1", sekisho.ModeBlock)
	twice.ID = "SITE9"
	lost := testSite("ftp://nowhere", sekisho.ModeBlock)
	lost.ID, lost.Host = "SITE3", "lost.example"
	err := c.Apply([]sekisho.Site{good, twice, lost}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "stands twice") || !strings.Contains(err.Error(), "lost.example") {
		t.Errorf("Apply() = %v", err)
	}
	if got := c.get("h1", "/").body; got != "first" {
		t.Errorf("the good site answers %q", got)
	}
	broken := good
	broken.Origin = "nonsense"
	if err := c.Apply([]sekisho.Site{broken}, nil, nil); err == nil {
		t.Error("no error for a broken origin")
	}
	if got := c.get("h1", "/").body; got != "first" {
		t.Errorf("the last good settings are gone: %q", got)
	}
}

// Under load, snapshots are swapped and policies change; no request meets an engine that was released, and in the end
// every engine has been released exactly once (the engine panics otherwise).
func TestApply_releasesEnginesOnlyBehindTheirLastRequest(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>page")
	})
	site := testSite(server.URL, sekisho.ModeBlock)
	c := start(t, site)
	var stop atomic.Bool
	var visitors sync.WaitGroup
	var served atomic.Int64
	for range 4 {
		visitors.Go(func() {
			client := c.client("h1")
			for !stop.Load() {
				response, err := client.Get(base("h1") + "/")
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if response.StatusCode != 200 {
					t.Errorf("status %d during a swap", response.StatusCode)
					return
				}
				served.Add(1)
			}
		})
	}
	for i := range 200 {
		next := site
		next.Policy.CustomRules = fmt.Sprintf("word-%d", i%7)
		next.Mode = allModes[i%3]
		if err := c.Apply([]sekisho.Site{next}, nil, nil); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			target := served.Load() + 8
			eventually(t, "requests between swaps", func() bool { return served.Load() >= target || t.Failed() })
		}
	}
	stop.Store(true)
	visitors.Wait()
	c.noEvent()
	c.stop()
	live, released := c.engines.counts()
	acquired := 0
	for _, n := range c.engines.acquired {
		acquired += n
	}
	if live != 0 || released != acquired {
		t.Errorf("%d engines acquired, %d released, %d live", acquired, released, live)
	}
}

func TestApply_neverLetsTenantsShareConnections(t *testing.T) {
	c := start(t)
	one := testSite("http://127.0.0.1:1", sekisho.ModeOff)
	two := one
	two.ID, two.Host, two.Tenant = "SITE2", "two.example", "tanaka"
	three := one
	three.ID, three.Host = "SITE3", "three.example"
	if err := c.Apply([]sekisho.Site{one, two, three}, nil, nil); err != nil {
		t.Fatal(err)
	}
	sites := c.current.Load().sites
	if sites[testHost].origins.Shares(sites["two.example"].origins) {
		t.Error("two tenants share connections to one origin")
	}
	if !sites[testHost].origins.Shares(sites["three.example"].origins) {
		t.Error("one tenant's sites do not share connections to their origin")
	}
}

func TestNew_saysWhichPortIsInUse(t *testing.T) {
	c := start(t)
	config := DefaultConfig()
	config.HTTP, config.HTTPS = "127.0.0.1:0", c.HTTPSAddr().String()
	_, err := New(config, Deps{Engines: c.engines, Recorder: c.recorder, Traffic: c.traffic, Certificates: c.authority}, c.log)
	if sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(sekisho.MessageOf(err), c.HTTPSAddr().String()) {
		t.Errorf("New() = %v, want an invalid error that names the address", err)
	}
	var se *sekisho.Error
	if !errors.As(err, &se) || !strings.Contains(se.Op, "https") {
		t.Errorf("the error does not name the key: %v", err)
	}
}
