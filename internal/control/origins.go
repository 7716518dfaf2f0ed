package control

import (
	"context"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// ServerState is how one server behind a site is doing, as requests and checks have seen it.
type ServerState struct {
	Origin string `json:"origin"`
	Weight int    `json:"weight"`
	Away   bool   `json:"away"` // left alone for the moment
	Why    string `json:"why,omitempty"`
}

// SiteProbe says whether a site's servers can be reached around us.
type SiteProbe struct {
	Site    SiteView      `json:"site"`
	Servers []ServerProbe `json:"servers"`
}

// ServerProbe is what one server answered to a stranger, and to us. A status of 0 is no answer.
type ServerProbe struct {
	Origin string `json:"origin"`
	Open   bool   `json:"open"` // it treats strangers like us
	Status int    `json:"status"`
	Ours   int    `json:"ours"`
	Why    string `json:"why,omitempty"`
}

// ProbeSite asks the servers of a site as a stranger would.
func (l *Local) ProbeSite(ctx context.Context, host string) (SiteProbe, error) {
	if l.Plane.Probe == nil {
		return SiteProbe{}, &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "site probe needs a running sekisho serve, which knows how it reaches the servers"}
	}
	host, err := ParseHost(host)
	if err != nil {
		return SiteProbe{}, err
	}
	site, err := l.findSite(ctx, host)
	if err != nil {
		return SiteProbe{}, fmt.Errorf("probe site %s: %w", host, err)
	}
	view, err := l.viewOne(ctx, site)
	if err != nil {
		return SiteProbe{}, err
	}
	servers, err := l.Plane.Probe(ctx, site)
	if err != nil {
		return SiteProbe{}, fmt.Errorf("probe site %s: %w", host, err)
	}
	return SiteProbe{Site: view, Servers: servers}, nil
}
