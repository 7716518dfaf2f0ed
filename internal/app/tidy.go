package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// tidy deletes records whose time is over, and says to whom it may concern that a tenant's quota is full.
func (h *house) tidy(ctx context.Context, now time.Time) {
	gone, err := h.records.DeleteOld(ctx, now)
	if err != nil && ctx.Err() == nil {
		h.log.WarnContext(ctx, "old records not deleted", obs.Err(err))
	}
	if gone > 0 {
		h.log.InfoContext(ctx, "old events deleted", slog.Int64("count", gone))
	}
	usage, err := h.records.Usage(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.log.WarnContext(ctx, "storage of tenants not measured", obs.Err(err))
		}
		return
	}
	for _, u := range usage {
		if !isFull(u, now) {
			delete(h.toldFull, u.Tenant)
			continue
		}
		if now.Sub(h.toldFull[u.Tenant]) < fullNews {
			continue
		}
		if err := h.spool.Append(fullEvent(u, now)); err != nil {
			h.log.WarnContext(ctx, "full quota of a tenant not recorded", obs.Tenant(u.Tenant), obs.Err(err))
			continue
		}
		if h.toldFull == nil {
			h.toldFull = map[sekisho.TenantID]time.Time{}
		}
		h.toldFull[u.Tenant] = now
		h.log.WarnContext(ctx, "storage quota of a tenant is full, its oldest events go first", obs.Tenant(u.Tenant), slog.Int64("evicted", u.Evicted))
	}
}

// fullNews is how long it counts as news that events had to go, and how long it is told once.
const fullNews = 24 * time.Hour

func isFull(u sekisho.Usage, now time.Time) bool {
	return u.Quota > 0 && !u.FullAt.IsZero() && now.Sub(u.FullAt) < fullNews
}

// fullEvent tells a tenant's own list of events why it ends where it does. It is nobody's attack: no incident comes of it.
func fullEvent(u sekisho.Usage, now time.Time) sekisho.Event {
	return sekisho.Event{
		ID: sekisho.NewEventID(now), Time: now.UTC(), Trust: sekisho.TimeExact, Tenant: u.Tenant,
		Source: sekisho.SourceWAF, Vendor: "Sekisho", Product: "records", Format: "storage_quota", Class: sekisho.ClassNoise, Family: "storage_quota",
		Outcome: sekisho.OutcomeDetected, Action: sekisho.ActionDetected, Count: 1,
		Signature: fmt.Sprintf("the storage quota of %d bytes is full; %d of the oldest events were deleted, incidents stay", u.Quota, u.Evicted),
	}
}

// fullQuotas says whose quota is full.
func (h *house) fullQuotas(ctx context.Context, now time.Time) []sekisho.Text {
	usage, err := h.records.Usage(ctx)
	if err != nil {
		return nil // that the records are away is said elsewhere
	}
	var sentences []sekisho.Text
	for _, u := range usage {
		if isFull(u, now) {
			sentences = append(sentences, sekisho.Text{
				JA: fmt.Sprintf("%s の記録が保存容量の上限(%d バイト)に達したため、古いイベントから削除しています。インシデントは残ります。", u.Tenant, u.Quota),
				EN: fmt.Sprintf("The events of %s have reached their quota of %d bytes: the oldest are deleted first. Incidents stay.", u.Tenant, u.Quota),
			})
		}
	}
	return sentences
}
