package nameserver

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// rates bounds the answers by UDP to one network, an IPv4 /24 or an IPv6 /56: behind a question in another's name stands a
// victim there. A resolver of a whole provider asks far less, since it remembers for a minute.
type rates struct {
	mu      sync.Mutex // guards what follows
	buckets map[netip.Prefix]bucket
	now     func() time.Time

	refused atomic.Uint64
}

type bucket struct {
	tokens float64
	at     time.Time
}

const (
	perSecond = 100
	burst     = 200
	// maxNetworks bounds the table; when it is full, those that have rested are forgotten, and else the stranger waits.
	maxNetworks = 1 << 16
	// slipEvery is how many of the refused get an empty answer that asks for TCP instead of none.
	slipEvery = 4
)

func (r *rates) allow(from netip.Addr) bool {
	bits := 24
	if from = from.Unmap(); from.Is6() {
		bits = 56
	}
	network, err := from.WithZone("").Prefix(bits)
	if err != nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	b, known := r.buckets[network]
	if !known {
		if len(r.buckets) >= maxNetworks && !r.forget(now) {
			return false
		}
		b = bucket{tokens: burst, at: now}
	}
	b.tokens = min(burst, b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	ok := b.tokens >= 1
	if ok {
		b.tokens--
	}
	r.buckets[network] = b
	return ok
}

// forget drops the networks whose bucket is full again, and reports whether there is room now.
func (r *rates) forget(now time.Time) bool {
	for network, b := range r.buckets {
		if now.Sub(b.at) > time.Second*burst/perSecond {
			delete(r.buckets, network)
		}
	}
	return len(r.buckets) < maxNetworks
}

func (r *rates) slip() bool { return r.refused.Add(1)%slipEvery == 0 }
