package certs

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const (
	noticeShelf = "certificate-notices"
	// noticeBefore is when people hear of a certificate that nobody has renewed: enough for a letter to a vendor.
	noticeBefore = 14 * 24 * time.Hour
	// ReasonExpiring is the reason of the event.
	ReasonExpiring sekisho.Reason = "certificate_expiring"
)

// notice is the certificate that people were told of last.
type notice struct {
	Expires time.Time `json:"expires"`
}

// warn tells of each certificate that has two weeks left, once: an event for the owner, a line for the operator.
func (k *Keeper) warn(ctx context.Context) {
	now := k.now()
	for _, n := range *k.authority.names.Load() {
		shown, ok := k.authority.shown(n)
		if !ok || ctx.Err() != nil || shown.expires.Sub(now) > noticeBefore || shown.issuer == IssuerLocal {
			continue
		}
		var told notice
		err := k.vault.get(ctx, noticeShelf, shelfKey(n.host), &told)
		if err == nil && told.Expires.Equal(shown.expires) {
			continue
		}
		if err != nil && sekisho.KindOf(err) == sekisho.KindUnavailable {
			continue // better late than every minute
		}
		if err := k.vault.put(ctx, noticeShelf, shelfKey(n.host), notice{Expires: shown.expires.UTC()}); err != nil {
			k.log.WarnContext(ctx, "certificate notice not kept", obs.Site(n.host), obs.Err(err))
			continue
		}
		k.log.WarnContext(ctx, "certificate expires soon", obs.Site(n.host), slog.Time("expires", shown.expires))
		if err := k.recorder.Append(expiring(n, shown, now)); err != nil {
			k.log.ErrorContext(ctx, "event not recorded", obs.Site(n.host), obs.Err(err))
		}
	}
}

func expiring(n *name, shown shown, now time.Time) sekisho.Event {
	expires := shown.expires.UTC()
	return sekisho.Event{
		ID: sekisho.NewEventID(now), Time: now.UTC(), Tenant: n.tenant, SiteID: n.site, Site: n.host,
		Source: sekisho.SourceWAF, Vendor: "Sekisho", Product: "certificates",
		Class: sekisho.ClassSensorFault, Family: string(ReasonExpiring), Outcome: sekisho.OutcomeDetected,
		Action: sekisho.ActionFailed, Reason: ReasonExpiring, Count: 1,
		Signature: fmt.Sprintf("certificate of %s expires on %s", n.host, expires.Format(time.DateOnly)),
	}
}

// copyFiles keeps copies of the certificates that the operator gave as files, so that a file that is gone or half
// replaced at the next start leaves the last good one to show.
func (k *Keeper) copyFiles(ctx context.Context) {
	for _, n := range *k.authority.names.Load() {
		if n.given == nil || n.lapsed || ctx.Err() != nil {
			continue
		}
		current := k.authority.keptOf(n)
		if current != nil && (current.issuer == IssuerUpload || bytes.Equal(current.cert.Certificate[0], n.given.Certificate[0])) {
			continue
		}
		if err := k.take(ctx, n.host, IssuerFile, n.given); err != nil {
			k.log.WarnContext(ctx, "certificate file not copied", obs.Site(n.host), obs.Err(err))
		}
	}
}
