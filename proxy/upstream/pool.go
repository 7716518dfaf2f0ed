package upstream

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/safedial"
)

// Pool is the servers behind one site, in one snapshot of its settings. Safe for concurrent use; it does not change.
type Pool struct {
	SecretHeader string // which field carries the secret, in canonical form; empty: none. A visitor's must not pass.

	site    sekisho.SiteID
	host    string
	log     *slog.Logger
	secret  string
	servers []*server
	weights []int
}

func secretHeader(o *sekisho.Origins) string {
	switch {
	case o.SecretFile == "":
		return ""
	case o.SecretHeader == "":
		return sekisho.DefaultSecretHeader
	}
	return textproto.CanonicalMIMEHeaderKey(o.SecretHeader)
}

func (p *Pool) add(s *server, weight int) {
	p.servers, p.weights = append(p.servers, s), append(p.weights, weight)
}

// Shares reports whether two pools have a server, and so its connections, in common.
func (p *Pool) Shares(other *Pool) bool {
	return slices.ContainsFunc(p.servers, func(s *server) bool { return slices.Contains(other.servers, s) })
}

// Visitor is who a request is sent for.
type Visitor interface {
	// Waits reports whether the visitor is still there, is not the reason for the failure, and has been sent nothing yet:
	// another server may answer.
	Waits() bool
}

// Away is the error of a request that was sent nowhere, because every server has failed too often of late.
type Away struct{ RetryAfter time.Duration }

// Error says so.
func (*Away) Error() string {
	return "every server of the site is left alone for a moment after many failures"
}

// Send sends a request to one of the site's servers and returns the answer once it begins. The request is the pool's own
// from now on.
//
// It goes to another server where that is safe: the first one could not be connected to, or the method may be repeated
// (RFC 9110, 9.2.2); the body is none or can be sent again; the visitor waits. What takes too long is not tried again,
// because the visitor's time is over.
func (p *Pool) Send(r *http.Request, visitor Visitor) (*http.Response, error) {
	if p.secret != "" {
		r.Header[p.SecretHeader] = []string{p.secret}
	}
	if len(p.servers) == 1 && p.servers[0].circuit.closed() { // nearly always
		s := p.servers[0]
		s.aim(r)
		answer, err := s.transport.RoundTrip(r)
		p.learn(s, r, err, false, visitor)
		return answer, err
	}
	return p.sendToOneOf(r, visitor)
}

func (s *server) aim(r *http.Request) { r.URL.Scheme, r.URL.Host = s.url.Scheme, s.url.Host }

func (p *Pool) sendToOneOf(r *http.Request, visitor Visitor) (*http.Response, error) {
	var asked uint32 // one bit a server
	var last error
	for {
		i, trial := p.choose(asked, repeatable(r))
		if i < 0 && asked == 0 {
			i, trial = p.choose(asked, true) // nothing to lose
		}
		if i < 0 {
			if last == nil {
				last = &Away{RetryAfter: p.retryAfter(time.Now())}
			}
			return nil, last
		}
		asked |= 1 << i
		s := p.servers[i]
		s.aim(r)
		answer, err := s.transport.RoundTrip(r)
		p.learn(s, r, err, trial, visitor)
		if err == nil || !visitor.Waits() || !maySendAgain(r, err) {
			return answer, err
		}
		next, ok := again(r)
		if !ok {
			return nil, err
		}
		r, last = next, err
	}
}

// choose picks a server that was not asked yet, by weight: one whose trial is due, else one that is well, else one that
// stands by, else one that only the checks call sick. It returns -1 when there is none.
func (p *Pool) choose(asked uint32, mayTry bool) (index int, trial bool) {
	total, standby, sick := 0, -1, -1
	var now time.Time
	for i, s := range p.servers {
		if asked&(1<<i) != 0 {
			continue
		}
		if !s.circuit.closed() {
			if now.IsZero() {
				now = time.Now()
			}
			if mayTry && s.circuit.trial(now) {
				return i, true
			}
			continue
		}
		switch {
		case s.sick.Load():
			sick = i
		case p.weights[i] == 0:
			standby = i
		default:
			total += p.weights[i]
		}
	}
	switch {
	case total > 0:
	case standby >= 0:
		return standby, false
	default:
		return sick, false
	}
	at, well := rand.IntN(total), max(standby, sick) // which holds if all fall ill between the two loops
	for i, s := range p.servers {
		if asked&(1<<i) != 0 || p.weights[i] == 0 || !s.circuit.closed() || s.sick.Load() {
			continue
		}
		well = i
		if at -= p.weights[i]; at < 0 {
			break
		}
	}
	return well, false
}

// learn notes how a server did, unless the failure says nothing about it.
func (p *Pool) learn(s *server, r *http.Request, err error, trial bool, visitor Visitor) {
	if err == nil {
		if s.circuit.good() {
			p.log.LogAttrs(r.Context(), slog.LevelInfo, "origin answers again", obs.Site(p.host), slog.String("origin", s.origin))
		}
		return
	}
	var refused *safedial.Refused
	if r.Context().Err() != nil || !visitor.Waits() || errors.As(err, &refused) {
		return // the visitor's doing, or a setting
	}
	why := err.Error()
	s.why.Store(&why)
	if s.circuit.bad(time.Now(), trial) {
		p.log.LogAttrs(r.Context(), slog.LevelWarn, "origin left alone after many failures", obs.Site(p.host), slog.String("origin", s.origin), obs.Err(err))
	}
}

func (p *Pool) retryAfter(now time.Time) time.Duration {
	soonest := longRest
	for _, s := range p.servers {
		if !s.circuit.closed() {
			soonest = min(soonest, s.circuit.retryAfter(now))
		}
	}
	return soonest
}
