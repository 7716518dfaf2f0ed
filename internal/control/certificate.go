package control

import (
	"context"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// Certificate shows a site's certificate, after an upload, a discard or a new try where one is asked for.
func (l *Local) Certificate(ctx context.Context, ask AskCertificate) (CertificateView, error) {
	host, err := ParseHost(ask.Host)
	if err != nil {
		return CertificateView{}, err
	}
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err != nil {
		return CertificateView{}, fmt.Errorf("certificate of %s: %w", host, err)
	}
	if l.Plane.Certificates == nil {
		return CertificateView{}, &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "certificates are kept by a running sekisho serve (with redis_url it needs certificate_key); start it first"}
	}
	switch {
	case len(ask.Chain) > 0 && site.CertFile != "":
		return CertificateView{}, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("site %s has a certificate file; take it away first: sekisho site set %s --cert-file '' --key-file ''", host, host)}
	case len(ask.Chain) > 0:
		err = l.Plane.Certificates.Upload(ctx, host, ask.Chain, ask.Key)
	case ask.Discard:
		err = l.Plane.Certificates.Discard(ctx, host)
	case ask.Retry:
		l.Plane.Certificates.Retry(ctx, host)
	}
	if err != nil {
		return CertificateView{}, err
	}
	return l.Plane.Certificates.Of(host), nil
}
