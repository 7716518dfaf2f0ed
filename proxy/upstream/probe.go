package upstream

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Probe is what one server of a site answered to a stranger and to us.
type Probe struct {
	Origin string
	Open   bool   // it treats strangers like us: whoever finds its address gets past inspection
	Status int    // to a stranger; 0: no answer
	Ours   int    // to us; 0: no answer
	Why    string // there was no answer to a stranger, or to us
}

const probeTimeout = 10 * time.Second

// Probe asks each server of a site for its first page twice: as a stranger who has found its address, without secret and
// client certificate, and as we do. It is asked from this machine, so a firewall that lets this machine through is not
// seen. KindInvalid: one of the site's files cannot be used.
func (b *Book) Probe(ctx context.Context, site *sekisho.Site) ([]Probe, error) {
	pool, err := b.Begin().Pool(site)
	if err != nil {
		return nil, err
	}
	probes := make([]Probe, len(pool.servers))
	var all sync.WaitGroup
	for i, s := range pool.servers {
		all.Go(func() { probes[i] = pool.probe(ctx, s) })
	}
	all.Wait()
	return probes, nil
}

func (p *Pool) probe(ctx context.Context, s *server) Probe {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	probe := Probe{Origin: s.origin}
	ours := s.transport.Clone()
	ours.DisableKeepAlives = true
	var err error
	if probe.Ours, err = p.firstPage(ctx, s, ours, p.secret); err != nil {
		probe.Why = err.Error()
	}
	stranger := s.transport.Clone()
	stranger.DisableKeepAlives = true
	stranger.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // a stranger does not care, and we tell the server nothing
	if probe.Status, err = p.firstPage(ctx, s, stranger, ""); err != nil {
		probe.Why = err.Error()
		return probe
	}
	probe.Open = probe.Status < http.StatusBadRequest || probe.Status == probe.Ours
	return probe
}

func (p *Pool) firstPage(ctx context.Context, s *server, transport *http.Transport, secret string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.Scheme+"://"+s.url.Host+"/", http.NoBody)
	if err != nil {
		return 0, err
	}
	request.Host = p.host
	request.Header.Set("User-Agent", "sekisho-probe")
	if secret != "" {
		request.Header[p.SecretHeader] = []string{secret}
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // the status is what counts
	return answer.StatusCode, nil
}
