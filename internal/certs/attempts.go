package certs

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// attempt is what the last orders for a host have come to. It is kept on a shelf, so that neither a restart nor another
// process starts over: authorities allow five failures an hour, and then nothing.
type attempt struct {
	Failures int          `json:"failures"`
	Last     time.Time    `json:"last"`
	Next     time.Time    `json:"next"` // not before
	Problem  sekisho.Text `json:"problem"`
}

const (
	attemptShelf = "certificate-attempts"
	// The first pauses keep below five failures in an hour, the last one below the weekly limits.
	firstPause = 15 * time.Minute
	lastPause  = 12 * time.Hour
)

// pauseAfter is how long a host rests after its nth failure, with up to a tenth more so that many hosts do not come back
// together.
func pauseAfter(failures int) time.Duration {
	pause := lastPause
	if failures < 7 {
		pause = min(firstPause<<(failures-1), lastPause)
	}
	return pause + rand.N(pause/10)
}

// attempts is the memory of failed orders, by host.
type attempts struct {
	mu    sync.Mutex // guards what follows
	of    map[string]attempt
	done  map[string]time.Time // the last success of this process
	ready bool
}

// betweenOrders is how long a host rests after a success too: with a clock that is far off, every new certificate would
// seem old.
const betweenOrders = time.Hour

// rests reports whether no order is due for a host, whatever its certificate says.
func (a *attempts) rests(host string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	done, succeeded := a.done[host]
	return now.Before(a.of[host].Next) || succeeded && now.Sub(done).Abs() < betweenOrders
}

func (a *attempts) get(host string) (attempt, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one, ok := a.of[host]
	return one, ok
}

// load reads what other processes, or this one before its start, have gone through.
func (a *attempts) load(ctx context.Context, v *Vault) {
	a.mu.Lock()
	done := a.ready
	a.mu.Unlock()
	if done {
		return
	}
	keys, err := v.shelf.KeptKeys(ctx, attemptShelf)
	if err != nil {
		return // the next round tries again
	}
	found := map[string]attempt{}
	for _, key := range keys {
		var one attempt
		if v.get(ctx, attemptShelf, key, &one) == nil {
			found[key] = one
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of, a.ready = found, true
}

// failed notes a failure. retryAfter, if not zero, is when the authority wants to be asked again.
func (a *attempts) failed(ctx context.Context, v *Vault, host string, now time.Time, problem sekisho.Text, retryAfter time.Duration) attempt {
	a.mu.Lock()
	if a.of == nil {
		a.of = map[string]attempt{}
	}
	one := a.of[host]
	one.Failures++
	one.Last, one.Problem = now.UTC(), problem
	one.Next = now.Add(max(pauseAfter(one.Failures), retryAfter)).UTC()
	a.of[host] = one
	a.mu.Unlock()
	_ = v.put(ctx, attemptShelf, shelfKey(host), one) // else it is remembered by this process alone
	return one
}

// now ends a host's rest, and remembers what it has gone through.
func (a *attempts) now(ctx context.Context, v *Vault, host string) {
	a.mu.Lock()
	one, known := a.of[host]
	one.Next = time.Time{}
	delete(a.done, host)
	if known {
		a.of[host] = one
	}
	a.mu.Unlock()
	if known {
		_ = v.put(ctx, attemptShelf, shelfKey(host), one)
	}
}

// succeeded begins anew.
func (a *attempts) succeeded(ctx context.Context, v *Vault, host string, now time.Time) {
	a.mu.Lock()
	_, known := a.of[host]
	delete(a.of, host)
	if a.done == nil {
		a.done = map[string]time.Time{}
	}
	a.done[host] = now
	a.mu.Unlock()
	if known {
		_ = v.shelf.Forget(ctx, attemptShelf, shelfKey(host))
	}
}
