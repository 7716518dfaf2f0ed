package app

import (
	"context"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestChanges_keepsOneNoticePerTenantForASlowListener(t *testing.T) {
	c := newChanges()
	ctx, cancel := context.WithCancel(t.Context())
	heard := c.subscribe(ctx)
	for range 1000 { // never blocks, though nobody listens yet
		c.publish("yamada")
		c.publish("minato")
	}
	got := map[sekisho.TenantID]bool{}
	for len(got) < 2 {
		got[<-heard] = true
	}
	if !got["yamada"] || !got["minato"] {
		t.Errorf("got %v, want both tenants", got)
	}
	cancel()
	for range heard { // closed once ctx has ended
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.listeners) != 0 {
		t.Errorf("got %d listeners after the end, want none", len(c.listeners))
	}
}
