package app

import (
	"context"
	"time"

	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// closeQuiet closes the cases of every tenant in which nothing happens any more.
func (h *house) closeQuiet(ctx context.Context, now time.Time) {
	tenants, err := h.records.ListTenants(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.log.WarnContext(ctx, "quiet cases not closed", obs.Err(err))
		}
		return
	}
	for _, tenant := range tenants {
		closed, err := incident.CloseQuiet(ctx, h.records, tenant.ID, now)
		if closed > 0 {
			h.announce(tenant.ID)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.log.WarnContext(ctx, "quiet cases not closed", obs.Tenant(tenant.ID), obs.Err(err))
		}
	}
}
