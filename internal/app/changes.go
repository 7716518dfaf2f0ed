package app

import (
	"context"
	"sync"

	"github.com/sekisho-waf/sekisho"
)

// changes tells the portal's open pages that something of a tenant has changed. A listener that is slow misses
// repetitions, never the last change: one pending notice per tenant is kept for it.
type changes struct {
	mu        sync.Mutex // guards listeners
	listeners map[*listener]struct{}
}

type listener struct {
	wake chan struct{}

	mu      sync.Mutex // guards pending
	pending map[sekisho.TenantID]struct{}
}

func newChanges() *changes { return &changes{listeners: map[*listener]struct{}{}} }

// publish never blocks.
func (c *changes) publish(tenant sekisho.TenantID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.listeners {
		l.mu.Lock()
		l.pending[tenant] = struct{}{}
		l.mu.Unlock()
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// subscribe returns a channel of changed tenants that is closed when ctx ends.
func (c *changes) subscribe(ctx context.Context) <-chan sekisho.TenantID {
	l := &listener{wake: make(chan struct{}, 1), pending: map[sekisho.TenantID]struct{}{}}
	out := make(chan sekisho.TenantID)
	c.mu.Lock()
	c.listeners[l] = struct{}{}
	c.mu.Unlock()
	go func() { // ends with ctx
		defer close(out)
		defer func() {
			c.mu.Lock()
			delete(c.listeners, l)
			c.mu.Unlock()
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case <-l.wake:
			}
			l.mu.Lock()
			pending := l.pending
			l.pending = map[sekisho.TenantID]struct{}{}
			l.mu.Unlock()
			for tenant := range pending {
				select {
				case <-ctx.Done():
					return
				case out <- tenant:
				}
			}
		}
	}()
	return out
}
