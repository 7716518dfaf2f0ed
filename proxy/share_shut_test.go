package proxy

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/testenv"
	"github.com/sekisho-waf/sekisho/proxy/pulse"
)

// redisNode is a node's own way to the Redis that nodes meet in.
func redisNode(t *testing.T, url string) *state.Redis {
	t.Helper()
	hot, err := state.OpenRedis(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hot.Close() })
	return hot
}

// meet lets nodes tell one another once.
func meet(t *testing.T, nodes map[*checkpoint]*state.Redis) {
	t.Helper()
	for range 2 { // whoever came first hears the second in the second turn
		for node, hot := range nodes {
			if err := node.shareShut(context.Background(), hot, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var afterThree = sekisho.Limits{Bans: sekisho.Bans{After: hourly(3), For: time.Hour}}

// ban makes a node ban an address.
func (c *checkpoint) ban(t *testing.T, address string) {
	t.Helper()
	for range 5 {
		c.from(address, "/?q="+attackWord)
	}
	if got := c.from(address, "/"); got.status != http.StatusTooManyRequests {
		t.Fatalf("the node itself: got %d, want 429", got.status)
	}
}

func TestShareShut_bansOnEveryNode(t *testing.T) {
	url := testenv.Redis(t)
	one, _ := limited(t, sekisho.ModeBlock, afterThree)
	two, seen := limited(t, sekisho.ModeBlock, afterThree)
	one.ban(t, "192.0.2.1")
	two.from("192.0.2.2", "/")
	meet(t, map[*checkpoint]*state.Redis{one: redisNode(t, url), two: redisNode(t, url)})
	before := seen.Load()
	got := two.from("192.0.2.1", "/")
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" || seen.Load() != before {
		t.Errorf("the other node: got %d %v, want 429 with Retry-After and nothing at the origin", got.status, got.header)
	}
	if got := two.from("192.0.2.2", "/"); got.status != 200 {
		t.Errorf("somebody else there: got %d, want 200", got.status)
	}
}

func TestShareShut_goesOnAloneAndTellsWhenRedisIsBack(t *testing.T) {
	url := testenv.Redis(t)
	one, _ := limited(t, sekisho.ModeBlock, afterThree)
	two, _ := limited(t, sekisho.ModeBlock, afterThree)
	one.ban(t, "192.0.2.1")
	away, cancel := context.WithCancel(context.Background())
	cancel()
	if err := one.shareShut(away, redisNode(t, url), time.Now()); sekisho.KindOf(err) != sekisho.KindUnavailable {
		t.Fatalf("nobody listens: got %v, want KindUnavailable", err)
	}
	if got := one.from("192.0.2.1", "/"); got.status != http.StatusTooManyRequests {
		t.Errorf("meanwhile: got %d, want 429", got.status)
	}
	two.from("192.0.2.2", "/")
	meet(t, map[*checkpoint]*state.Redis{one: redisNode(t, url), two: redisNode(t, url)})
	if got := two.from("192.0.2.1", "/"); got.status != http.StatusTooManyRequests {
		t.Errorf("the other node, once Redis is back: got %d, want 429", got.status)
	}
}

func TestShareShut_tightensLimitsOnEveryNodeAndForgetsByItself(t *testing.T) {
	url := testenv.Redis(t)
	one, _ := limited(t, sekisho.ModeBlock, sekisho.Limits{})
	two, _ := limited(t, sekisho.ModeBlock, sekisho.Limits{})
	load := func(c *checkpoint) *siteLoad { return c.current.Load().sites[testHost].load }
	load(one).alarm.Store(&alarm{state: pulse.Attack, since: time.Now(), counts: one.counts.need(load(one).key)})
	load(two).busy.Store(true)
	meet(t, map[*checkpoint]*state.Redis{one: redisNode(t, url), two: redisNode(t, url)})
	if got := two.UnderAttack(); len(got) != 1 || got[0].Why != "another node found out" {
		t.Fatalf("the other node: got %+v, want the site", got)
	}
	last := 0
	for range tight.Requests + 10 {
		last = two.from("192.0.2.1", "/").status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("more than an address may: got %d, want 429", last)
	}
	x := exchange{site: two.current.Load().sites[testHost], began: time.Now().Add(alarmFor + time.Second)}
	if x.alarm() != nil {
		t.Errorf("%s after the last word of it: got an alarm, want none", alarmFor)
	}
}
