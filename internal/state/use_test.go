package state_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

func share(t *testing.T, node *state.Redis, site sekisho.SiteID, here map[string]int) map[string]int {
	t.Helper()
	elsewhere, err := node.ShareUse(t.Context(), site, here)
	if err != nil {
		t.Fatal(err)
	}
	return elsewhere
}

func TestShareUse_tellsEachNodeOnceWhatOthersTook(t *testing.T) {
	url := testenv.Redis(t)
	one, two := openRedis(t, url), openRedis(t, url)
	for _, step := range []struct {
		node *state.Redis
		here map[string]int
		want map[string]int
	}{
		{one, map[string]int{"a": 3}, nil},
		{two, map[string]int{"a": 1, "b": 9}, map[string]int{"a": 3}},
		{one, map[string]int{"a": 2}, map[string]int{"a": 1}},
		{one, map[string]int{"a": 1}, nil},
		{two, map[string]int{"a": 1}, map[string]int{"a": 3}},
		{one, map[string]int{"b": 1}, map[string]int{"b": 9}},
	} {
		if got := share(t, step.node, "SITE1", step.here); !maps.Equal(got, step.want) {
			t.Fatalf("told %v: got %v, want %v", step.here, got, step.want)
		}
	}
	if got := share(t, two, "SITE2", map[string]int{"a": 1}); len(got) != 0 {
		t.Errorf("another site: got %v, want nothing", got)
	}
}

func TestShareUse_losesNothingFromOneWindowToTheNext(t *testing.T) {
	url := testenv.Redis(t)
	nodes := []*state.Redis{openRedis(t, url), openRedis(t, url), openRedis(t, url)}
	const turns = 60 // some 3 s: at least one window begins on the way
	told, heard := make([]int, len(nodes)), make([]int, len(nodes))
	for turn := range turns {
		for i, node := range nodes {
			told[i] += turn % 3
			heard[i] += share(t, node, "SITE1", map[string]int{"a": turn % 3})["a"]
		}
		time.Sleep(50 * time.Millisecond) // the pace of the nodes, which is what is tested: Redis's clock is not ours to set
	}
	all := 0
	for _, n := range told {
		all += n
	}
	for i, node := range nodes {
		heard[i] += share(t, node, "SITE1", map[string]int{"a": 0})["a"]
		if heard[i] != all-told[i] {
			t.Errorf("node %d: heard of %d, want %d of the others", i, heard[i], all-told[i])
		}
	}
}

func TestShareUse_survivesAFlushAndSaysWhenRedisIsAway(t *testing.T) {
	server := testenv.StartRedis(t)
	node := openRedis(t, server.URL())
	share(t, node, "SITE1", map[string]int{"a": 3})
	if err := client(t, server.URL()).FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if got := share(t, node, "SITE1", map[string]int{"a": 1}); len(got) != 0 {
		t.Errorf("after a flush: got %v, want nothing, and nothing below zero", got)
	}
	server.Stop()
	if _, err := node.ShareUse(t.Context(), "SITE1", map[string]int{"a": 1}); sekisho.KindOf(err) != sekisho.KindUnavailable {
		t.Errorf("Redis away: got %v, want KindUnavailable", err)
	}
}

func TestShareUse_isSafeForConcurrentUse(t *testing.T) {
	url := testenv.Redis(t)
	one, two := openRedis(t, url), openRedis(t, url)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 10 {
				for _, node := range []*state.Redis{one, two} {
					if _, err := node.ShareUse(t.Context(), sekisho.SiteID(fmt.Sprint("S", i%2)), map[string]int{"a": 1}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
}
