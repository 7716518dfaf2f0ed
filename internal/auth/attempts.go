package auth

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Attempts limits how often one network may try to sign in. Memory is bounded: the network that was quiet longest is
// forgotten first. Safe for concurrent use.
type Attempts struct {
	every time.Duration
	burst int
	bound int

	mu      sync.Mutex // guards the two below
	recent  *list.List // of *attempt, most recent first
	network map[netip.Prefix]*list.Element
}

type attempt struct {
	network netip.Prefix
	limiter *rate.Limiter
}

// NewAttempts allows burst attempts at once and one more after each interval, for at most bound networks.
func NewAttempts(burst int, every time.Duration, bound int) *Attempts {
	return &Attempts{
		every: every, burst: burst, bound: bound,
		recent: list.New(), network: make(map[netip.Prefix]*list.Element),
	}
}

// Allow counts one attempt from addr at now and reports whether it may go on. One household or server easily owns a
// whole IPv6 /64, so that counts as one network; IPv4 counts by address. An invalid addr shares one limit.
func (a *Attempts) Allow(addr netip.Addr, now time.Time) bool {
	key := networkOf(addr)
	a.mu.Lock()
	defer a.mu.Unlock()
	element, known := a.network[key]
	if known {
		a.recent.MoveToFront(element)
	} else {
		if a.recent.Len() >= a.bound {
			oldest := a.recent.Back()
			delete(a.network, oldest.Value.(*attempt).network)
			a.recent.Remove(oldest)
		}
		element = a.recent.PushFront(&attempt{network: key, limiter: rate.NewLimiter(rate.Every(a.every), a.burst)})
		a.network[key] = element
	}
	return element.Value.(*attempt).limiter.AllowN(now, 1)
}

func networkOf(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}
