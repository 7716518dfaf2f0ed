package certs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Status is how a name's certificate is doing, for people.
type Status struct {
	Issuer  Issuer       `json:"issuer,omitempty"` // of the certificate that is shown; empty: none is
	Expires time.Time    `json:"expires,omitzero"`
	Text    sekisho.Text `json:"text"`
	Trouble bool         `json:"trouble"` // somebody should look
	// Delegation is where the owner may point _acme-challenge to, for a certificate before the switch; empty without our
	// own name server.
	Delegation string       `json:"delegation,omitempty"`
	Problem    sekisho.Text `json:"problem,omitzero"` // why the last order failed
	Next       time.Time    `json:"next,omitzero"`    // when it is tried again
}

// Ready reports whether visitors of a host are shown a certificate that their browsers accept, or, where none is ordered,
// the local authority's.
func (a *Authority) Ready(host string) bool {
	n := (*a.names.Load())[host]
	if n == nil {
		return false
	}
	shown, ok := a.shown(n)
	return ok && a.now().Before(shown.expires)
}

// Status says how the certificate of a host is doing. A host that is not served has none.
func (k *Keeper) Status(host string) Status {
	a := k.authority
	n := (*a.names.Load())[host]
	if n == nil {
		return Status{Text: sekisho.Text{JA: "まだ公開していないため、証明書はありません。", EN: "Not served yet, so it has no certificate."}}
	}
	status := a.status(n)
	if n.ordered && k.cfg.Directory != "" {
		status.Delegation = k.delegation(n)
		if last, failed := k.attempts.get(host); failed {
			status.Problem, status.Next, status.Trouble = last.Problem, last.Next, true
			status.Text.JA += last.Problem.JA
			status.Text.EN += " " + last.Problem.EN
		}
	}
	return status
}

func (a *Authority) status(n *name) Status {
	shown, ok := a.shown(n)
	if !ok {
		return Status{Trouble: n.problem != nil, Text: sekisho.Text{
			JA: "証明書を準備しています。用意ができるまで、このサイトは表示されません。",
			EN: "A certificate is being made ready. Until then the site is not shown.",
		}}
	}
	status := Status{Issuer: shown.issuer, Expires: shown.expires.UTC()}
	day := status.Expires.Format(time.DateOnly)
	left := status.Expires.Sub(a.now())
	switch {
	case left <= 0:
		status.Trouble = true
		status.Text = sekisho.Text{
			JA: fmt.Sprintf("証明書の期限が%sに切れました。閲覧する方に警告が表示されます。", day),
			EN: fmt.Sprintf("The certificate expired on %s. Visitors see a warning.", day),
		}
	case shown.issuer == IssuerLocal:
		status.Text = sekisho.Text{
			JA: "この機械だけの証明書です。一般の閲覧には、正式な証明書が必要です。",
			EN: "A certificate of this machine's own; the public needs a real one.",
		}
	case left <= noticeBefore:
		status.Trouble = true
		status.Text = sekisho.Text{
			JA: fmt.Sprintf("証明書の期限が%sに切れます。更新されていません。", day),
			EN: fmt.Sprintf("The certificate expires on %s and has not been renewed.", day),
		}
	default:
		status.Text = sekisho.Text{JA: fmt.Sprintf("証明書は%sまで有効です。", day), EN: fmt.Sprintf("The certificate is good until %s.", day)}
		if shown.issuer == IssuerACME {
			status.Text.JA += "期限の前に自動で更新します。"
			status.Text.EN += " It is renewed by itself."
		}
	}
	if n.problem != nil && left > 0 {
		status.Trouble = true
		status.Text.JA += "証明書のファイルを読めないため、最後に読めたものを使っています。"
		status.Text.EN += " Its file cannot be used, so the last good one is shown."
	}
	return status
}

// Retry orders anew what rests after a failure.
func (k *Keeper) Retry(ctx context.Context, host string) {
	k.attempts.now(ctx, k.vault, host)
	k.tell(ctx, "look "+shelfKey(host))
	k.Look()
}

// Upload keeps a certificate that a person gives, in PEM, and shows it at once. No order ever replaces it. KindInvalid: it
// cannot be used for the host, and why.
func (k *Keeper) Upload(ctx context.Context, host string, chain, key []byte) error {
	cert, err := pair(chain, key)
	if err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: "certificate of " + host + ": chain and key do not belong together", Err: err}
	}
	if err := fits(cert, host, k.now()); err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: "certificate of " + host + ": " + sekisho.MessageOf(err), Err: errors.Unwrap(err)}
	}
	if err := k.take(ctx, host, IssuerUpload, cert); err != nil {
		return fmt.Errorf("keep the certificate of %s: %w", host, err)
	}
	return nil
}

// Discard forgets what is kept of a host, so that a certificate is ordered where it was uploaded before.
func (k *Keeper) Discard(ctx context.Context, host string) error {
	if err := k.vault.shelf.Forget(ctx, certificateShelf, shelfKey(host)); err != nil {
		return fmt.Errorf("discard the certificate of %s: %w", host, err)
	}
	k.authority.kept.Delete(shelfKey(host))
	k.tell(ctx, shelfKey(host))
	k.Retry(ctx, host)
	return nil
}
