package proxy

import (
	"context"
	"net"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/safedial"
	"github.com/sekisho-waf/sekisho/proxy/upstream"
)

// origins is what holds for the origins of all sites. Neither a customer nor an operator may lead us to our own front door:
// requests would go round for ever. The other doors are closed to customers alone: a portal can be an operator's site.
func (c *Config) origins(front ...net.Listener) upstream.Config {
	doors := make([]net.Addr, 0, len(front)+len(c.OwnAddresses))
	for _, listener := range front {
		doors = append(doors, addrOf(listener))
	}
	vouched := &safedial.Rules{Anywhere: true, Own: safedial.NewOwn(doors, nil)}
	for _, addr := range c.OwnAddresses {
		doors = append(doors, tcpAddr(addr))
	}
	return upstream.Config{
		Rules:        &safedial.Rules{Networks: c.OriginNetworks, Own: safedial.NewOwn(doors, c.EdgeAddresses)},
		VouchedRules: vouched,
		Resolver:     c.OriginResolver,
		Connect:      c.DialTimeout, Answer: c.OriginTimeout, Stall: c.StallTimeout,
	}
}

// CheckOrigins refuses a site whose servers can never be reached as it stands (KindInvalid). Names are asked for at each
// request, so they are not asked for here.
func (s *Server) CheckOrigins(site sekisho.Site) error { return s.origins.Check(&site) }

// Probe asks a site's servers as a stranger would who has found their addresses, and as we do.
func (s *Server) Probe(ctx context.Context, site sekisho.Site) ([]upstream.Probe, error) {
	return s.origins.Probe(ctx, &site)
}

// Origins returns how the servers of each site are doing.
func (s *Server) Origins() map[sekisho.SiteID][]upstream.State { return s.origins.States() }
