package names

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/safedial"
)

// ProbeLife is how long a look at an origin may be believed: the way past us is offered no longer than that.
const ProbeLife = 10 * time.Minute

// Probe is what was seen of an origin that was asked for a site's host without us.
type Probe struct {
	At        time.Time    `json:"at"`
	Addresses []netip.Addr `json:"addresses,omitempty"` // that answer for the host with a certificate that browsers accept
	Problem   sekisho.Text `json:"problem,omitzero"`    // when there is none
}

// Prober looks whether origins would answer visitors by themselves, and remembers the last look at each site.
type Prober struct {
	resolver *Resolver
	edges    []netip.Addr
	roots    *x509.CertPool // nil: the system's
	port     int
	public   func(netip.Addr) bool

	mu   sync.Mutex // guards last
	last map[sekisho.SiteID]Probe
}

// NewProber asks DNS by the resolver. Edges are our own addresses: an origin that is us is none.
func NewProber(resolver *Resolver, edges []netip.Addr) *Prober {
	return &Prober{resolver: resolver, edges: edges, port: 443, public: safedial.Public, last: map[sekisho.SiteID]Probe{}}
}

// Fresh returns the last look at a site if it is young enough to be believed and found a way, and otherwise looks again.
func (p *Prober) Fresh(ctx context.Context, site sekisho.Site) Probe {
	p.mu.Lock()
	last := p.last[site.ID]
	p.mu.Unlock()
	if len(last.Addresses) > 0 && time.Since(last.At) < ProbeLife {
		return last
	}
	return p.Look(ctx, site)
}

// Look asks a site's origin for the site's host, as a visitor would over HTTPS, at each of the origin's addresses.
func (p *Prober) Look(ctx context.Context, site sekisho.Site) Probe {
	probe := Probe{At: time.Now()}
	probe.Addresses, probe.Problem = p.look(ctx, site)
	if ctx.Err() == nil {
		p.mu.Lock()
		p.last[site.ID] = probe
		p.mu.Unlock()
	}
	return probe
}

// Keep forgets the looks at all sites but these, so that the table is never longer than the list of sites.
func (p *Prober) Keep(sites []sekisho.Site) {
	known := make(map[sekisho.SiteID]bool, len(sites))
	for i := range sites {
		known[sites[i].ID] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range p.last {
		if !known[id] {
			delete(p.last, id)
		}
	}
}

func (p *Prober) look(ctx context.Context, site sekisho.Site) (good []netip.Addr, problem sekisho.Text) {
	origin, err := sekisho.ParseOrigin(site.Origin)
	if err != nil {
		return nil, noWay(err)
	}
	addrs, err := p.resolver.Addresses(ctx, origin.Hostname())
	if err != nil {
		return nil, noWay(err)
	}
	if len(addrs) == 0 {
		return nil, noWay(sekisho.Invalid("the origin has no address in DNS"))
	}
	var last error
	for _, addr := range addrs[:min(len(addrs), 8)] {
		switch {
		case slices.Contains(p.edges, addr):
			last = sekisho.Invalid(fmt.Sprintf("%s is an address of ours", addr))
		case !p.public(addr):
			last = sekisho.Invalid(fmt.Sprintf("%s is not a public address", addr))
		default:
			if err := p.visit(ctx, site.Host, addr); err != nil {
				last = fmt.Errorf("%s: %w", addr, reason(err))
				continue
			}
			good = append(good, addr)
		}
	}
	if len(good) == 0 {
		return nil, noWay(last)
	}
	return good, sekisho.Text{}
}

func noWay(err error) sekisho.Text {
	return sekisho.Text{
		JA: fmt.Sprintf("元のサーバーだけでは、このサイトを安全に表示できません(%v)。", err),
		EN: fmt.Sprintf("The origin alone cannot show this site safely: %v.", err),
	}
}

// visit asks one address for the host's first page. An error of the origin's own (5xx) counts as no answer.
func (p *Prober) visit(ctx context.Context, host string, addr netip.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/", http.NoBody)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", host, err)
	}
	request.Header.Set("User-Agent", "sekisho-probe")
	transport := &http.Transport{
		DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, TLSClientConfig: &tls.Config{RootCAs: p.roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: fetchTimeout}).DialContext(ctx, network, net.JoinHostPort(addr.String(), strconv.Itoa(p.port)))
		},
	}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, maxProof) // the status is what counts
	if response.StatusCode >= http.StatusInternalServerError {
		return sekisho.Invalid("it answers " + response.Status)
	}
	return nil
}
