package proxy

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/pulse"
)

// siteLoad is what a site takes of the node at the moment. It outlives snapshots: a change of settings gives nobody a
// second share.
type siteLoad struct {
	key trafficKey

	running atomic.Int64 // requests being served
	held    atomic.Int64 // bytes of bodies held for inspection

	asked, stopped     atomic.Int64 // requests since the last look, and those that were an attack or turned away
	answers, originsUS atomic.Int64 // answers of the origin, and the microseconds that it took for them

	pulse *pulse.Pulse          // the watch's own; nil until the site has seen a request
	alarm atomic.Pointer[alarm] // nil: not under attack, as far as this node found out
	heard atomic.Pointer[alarm] // what another node found out
	busy  atomic.Bool           // enough goes on here that what other nodes found out matters
	next  int64                 // of Sharing.ShareShut; used by the goroutine that shares alone

	sheds [len(shedReasons)]atomic.Int64
	told  atomic.Int64 // Unix nanoseconds: when an event last told of it
}

// shedReasons are the reasons for which there may be no room for a request.
var shedReasons = [...]sekisho.Reason{sekisho.ReasonOverload, sekisho.ReasonSiteShare}

// shed counts a request for which there was no room, and says whether an event should tell of it: one a minute does.
func (l *siteLoad) shed(reason sekisho.Reason, now int64) (tell bool) {
	l.sheds[slices.Index(shedReasons[:], reason)].Add(1)
	told := l.told.Load()
	return (told == 0 || now-told >= int64(tellEvery)) && l.told.CompareAndSwap(told, now)
}

// loadBook holds the loads of the sites that are served.
type loadBook struct {
	mu    sync.Mutex
	sites map[trafficKey]*siteLoad
}

func (b *loadBook) of(site *sekisho.Site) *siteLoad {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := trafficKey{site.Tenant, site.ID}
	load := b.sites[key]
	if load == nil {
		if b.sites == nil {
			b.sites = map[trafficKey]*siteLoad{}
		}
		load = &siteLoad{key: key}
		b.sites[key] = load
	}
	return load
}

// keep drops the loads of sites that are no longer served. Requests that still run have theirs by hand.
func (b *loadBook) keep(served map[string]*site) {
	b.mu.Lock()
	defer b.mu.Unlock()
	living := make(map[*siteLoad]bool, len(served))
	for _, site := range served {
		living[site.load] = true
	}
	maps.DeleteFunc(b.sites, func(_ trafficKey, load *siteLoad) bool { return !living[load] })
}

func (b *loadBook) all() []*siteLoad {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.sites))
}

// keepRoom looks at the memory until stop is closed.
func (s *Server) keepRoom(stop <-chan struct{}) {
	tick := time.NewTicker(roomInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.rooms.adjust()
		case <-stop:
			return
		}
	}
}
