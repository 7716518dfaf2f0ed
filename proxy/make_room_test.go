package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// twoSites are a site whose origin holds every request until release is called, and one whose origin answers at once.
func twoSites(t *testing.T, change func(*Config)) (c *checkpoint, seen *atomic.Int64, release func()) {
	t.Helper()
	gate := make(chan struct{})
	release = sync.OnceFunc(func() { close(gate) })
	seen = new(atomic.Int64)
	slow := origin(t, func(w http.ResponseWriter, _ *http.Request) { seen.Add(1); <-gate; fmt.Fprint(w, "late") })
	quick := origin(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	flooded, quiet := testSite(slow.URL, sekisho.ModeBlock), testSite(quick.URL, sekisho.ModeBlock)
	quiet.ID, quiet.Host = "SITE2", "quiet.example"
	c = startWith(t, change, flooded, quiet)
	t.Cleanup(release)
	return c, seen, release
}

func (c *checkpoint) getOf(host, path string) (status int, header http.Header) {
	request, err := http.NewRequest(http.MethodGet, "http://"+host+path, nil)
	if err != nil {
		c.t.Error(err)
		return 0, nil
	}
	response, err := c.client("http").Do(request)
	if err != nil {
		c.t.Error(err)
		return 0, nil
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Header
}

func TestMakeRoom_keepsOneFloodedSiteFromTakingTheNode(t *testing.T) {
	c, seen, release := twoSites(t, func(config *Config) { config.MaxRequests = 50 })
	const asked = 100
	statuses := make(chan int, asked)
	var flood sync.WaitGroup
	for range asked {
		flood.Go(func() {
			status, header := c.getOf(testHost, "/")
			if wait, err := strconv.Atoi(header.Get("Retry-After")); status == 503 && (err != nil || wait < 3 || wait > 6) {
				t.Errorf("503 with Retry-After %q, want 3 to 6 seconds", header.Get("Retry-After"))
			}
			statuses <- status
		})
	}
	eventually(t, "every request of the flood is held or was sent away", func() bool { return int(seen.Load())+len(statuses) == asked })
	if got := seen.Load(); got < 30 || got > 41 {
		t.Errorf("the flooded site: got %d requests let in, want about four fifths of 50", got)
	}
	for range 20 {
		if status, _ := c.getOf("quiet.example", "/"); status != 200 {
			t.Fatalf("the other site, meanwhile: got %d, want 200", status)
		}
	}
	release()
	flood.Wait()
	close(statuses)
	away := int64(0)
	for status := range statuses {
		if status == 503 {
			away++
		} else if status != 200 {
			t.Errorf("got %d, want 200 or 503", status)
		}
	}
	if got := c.TurnedAway()["SITE1"][sekisho.ReasonSiteShare]; got != away || c.Refused()[string(sekisho.ReasonSiteShare)] != away {
		t.Errorf("counted %d by site and %d in all, want %d", got, c.Refused()[string(sekisho.ReasonSiteShare)], away)
	}
	if event := c.event(); event.Reason != sekisho.ReasonSiteShare || event.Class != sekisho.ClassNoise {
		t.Errorf("event %+v, want one of the site's share for the whole flood", event)
	}
	eventually(t, "everything is given back", func() bool { return c.Load().Running == 0 })
	if c.Load().LastShed.IsZero() {
		t.Error("nothing says that visitors were sent away")
	}
}

func TestMakeRoom_holdsNoMoreBodiesThanThereIsRoomFor(t *testing.T) {
	c, seen, release := twoSites(t, nil)
	var others atomic.Int64
	room := &c.rooms.bytes
	if reason := room.take(&others, room.size.Load()-256<<10); reason != "" {
		t.Fatal(reason)
	}
	body := bytes.Repeat([]byte("a"), 100<<10)
	var flood sync.WaitGroup
	var away atomic.Int64
	for range 8 {
		flood.Go(func() {
			if got := c.do("http", http.MethodPost, "/", bytes.NewReader(body), "Content-Type", "application/octet-stream"); got.status == 503 {
				away.Add(1)
			}
		})
	}
	eventually(t, "every upload is held or was sent away", func() bool { return seen.Load()+away.Load() == 8 })
	if held := c.Load().Held - others.Load(); held > 256<<10 || seen.Load() == 0 || away.Load() == 0 {
		t.Errorf("held %d bytes of %d uploads, %d sent away; want at most 256 KiB, and some of both", held, seen.Load(), away.Load())
	}
	release()
	flood.Wait()
	room.give(&others, others.Load())
	eventually(t, "everything is given back", func() bool { return c.Load().Held == 0 && c.Load().Running == 0 })
}

func TestMakeRoom_endsConnectionsWhenMemoryIsShort(t *testing.T) {
	c, seen, _ := twoSites(t, func(config *Config) {
		config.look = func() (used, limit int64) { return 90, 100 }
	})
	var others atomic.Int64
	if reason := c.rooms.requests.take(&others, leastRequests); reason != "" {
		t.Fatal(reason)
	}
	for _, protocol := range protocols {
		response, err := c.client(protocol).Get(base(protocol) + "/")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || protocol != "h2" && !response.Close {
			t.Errorf("%s: got %d %v, want 503 with Retry-After and the end of the connection", protocol, response.StatusCode, response.Header)
		}
	}
	if got := c.TurnedAway()["SITE1"][sekisho.ReasonOverload]; got != 3 || seen.Load() != 0 {
		t.Errorf("got %d counted and %d at the origin, want 3 and 0", got, seen.Load())
	}
	c.rooms.requests.give(&others, leastRequests)
	if status, _ := c.getOf("quiet.example", "/"); status != 200 {
		t.Errorf("with a place free: got %d, want 200 however short memory is", status)
	}
}
