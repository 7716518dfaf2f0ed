package state_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

func shareShut(t *testing.T, node *state.Redis, site sekisho.SiteID, since int64, here map[string]time.Duration) (map[string]time.Duration, int64) {
	t.Helper()
	shut, next, err := node.ShareShut(t.Context(), site, since, here)
	if err != nil {
		t.Fatal(err)
	}
	return shut, next
}

func TestShareShut_tellsEveryNodeUntilItExpiresByRedisTime(t *testing.T) {
	url := testenv.Redis(t)
	one, two := openRedis(t, url), openRedis(t, url)
	shareShut(t, one, "SITE1", 0, map[string]time.Duration{"a": time.Hour, "soon": 20 * time.Millisecond, "past": -time.Second})
	heard, next := shareShut(t, two, "SITE1", 0, nil)
	if left := heard["a"]; left < 59*time.Minute || left > time.Hour || len(heard) > 2 {
		t.Errorf("the other node: got %v, want an hour of a", heard)
	}
	shareShut(t, one, "SITE1", 0, map[string]time.Duration{"a": time.Minute}) // shorter: the hour holds
	deadline := time.Now().Add(10 * time.Second)
	for { // Redis's clock is not ours to set
		heard, _ = shareShut(t, two, "SITE1", 0, nil)
		if _, there := heard["soon"]; !there {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("what was shut for 20 ms never opened")
		}
	}
	if heard["a"] < 59*time.Minute {
		t.Errorf("after a shorter time was told: got %v, want the longer", heard)
	}
	shareShut(t, one, "SITE1", 0, map[string]time.Duration{"b": time.Hour})
	if heard, _ = shareShut(t, two, "SITE1", next, nil); heard["b"] == 0 {
		t.Errorf("asked for what is new: got %v, want b", heard)
	}
	if heard, _ := shareShut(t, two, "SITE2", 0, nil); len(heard) != 0 {
		t.Errorf("another site: got %v, want nothing", heard)
	}
}

func TestShareShut_isBoundedAndToldInParts(t *testing.T) {
	node := openRedis(t, testenv.Redis(t))
	for part := range 24 {
		here := map[string]time.Duration{}
		for i := range 500 {
			here[fmt.Sprint("name", 500*part+i)] = time.Hour + time.Duration(part)*time.Minute
		}
		shareShut(t, node, "SITE1", 0, here)
	}
	all, since := map[string]time.Duration{}, int64(0)
	for range 20 {
		heard, next := shareShut(t, node, "SITE1", since, nil)
		if len(heard) > 2000 {
			t.Fatalf("got %d at once", len(heard))
		}
		for name, left := range heard {
			all[name] = left
		}
		since = next
	}
	if len(all) != 10000 || all["name11999"] == 0 || all["name0"] != 0 {
		t.Errorf("got %d of 12,000, want the 10,000 that are shut the longest", len(all))
	}
}
