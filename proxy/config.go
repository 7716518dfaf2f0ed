package proxy

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Config is what an operator sets about the data plane as a whole. What differs from site to site is in [sekisho.Site].
type Config struct {
	HTTP  string // listening address; empty for none
	HTTPS string // listening address; empty for none

	// TrustedProxies may tell us the visitor's address in X-Forwarded-For. Empty: nobody may.
	TrustedProxies []netip.Prefix

	// ProxyProtocolFrom are the balancers that begin each connection with a PROXY header, which then names the visitor.
	// Every connection from there must; nobody else's header is read. Empty: nobody's.
	ProxyProtocolFrom []netip.Prefix

	HeaderTimeout  time.Duration // for a visitor to send the head of a request
	StallTimeout   time.Duration // without a byte moving while a visitor sends a body or takes an answer
	IdleTimeout    time.Duration // between two requests of one connection
	MaxHeaderBytes int

	// OriginNetworks may hold origins that customers have named although they are not public; see [safedial.Rules]. Sites whose
	// origins are vouched for need none.
	OriginNetworks []netip.Prefix
	OwnAddresses   []netip.AddrPort // listeners of this program beside these two: no customer's origin leads there
	EdgeAddresses  []netip.Addr     // at which visitors reach us: likewise
	OriginResolver *net.Resolver    // asked for the names of origins; nil: the machine's own

	DialTimeout   time.Duration // to reach an origin, TLS included
	OriginTimeout time.Duration // for an origin to begin its answer once it has the request
	DrainTimeout  time.Duration // for running requests to end at shutdown

	// MaxRequests is how many requests are served at once; further ones are answered 503. 0: as many as a quarter of the
	// memory limit (GOMEMLIMIT) bears at 64 KiB each.
	MaxRequests int

	look func() (used, limit int64) // at the memory; nil: the runtime's

	// AccessLog gets one JSON line per request, written behind the requests' back; nil for none.
	AccessLog io.Writer
}

// DefaultConfig fits a small site behind a home router as well as a busy one.
func DefaultConfig() Config {
	return Config{
		HTTP:           ":80",
		HTTPS:          ":443",
		HeaderTimeout:  10 * time.Second,
		StallTimeout:   60 * time.Second,
		IdleTimeout:    120 * time.Second,
		MaxHeaderBytes: 64 << 10,
		DialTimeout:    10 * time.Second,
		OriginTimeout:  60 * time.Second,
		DrainTimeout:   10 * time.Second,
	}
}

// Validate reports the first value that cannot work by its name (KindInvalid).
func (c *Config) Validate() error {
	if c.HTTP == "" && c.HTTPS == "" {
		return sekisho.Invalid("http and https are both empty: give at least one listening address, such as :443")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"header_timeout", c.HeaderTimeout},
		{"stall_timeout", c.StallTimeout},
		{"idle_timeout", c.IdleTimeout},
		{"dial_timeout", c.DialTimeout},
		{"origin_timeout", c.OriginTimeout},
		{"drain_timeout", c.DrainTimeout},
	} {
		if d.value <= 0 {
			return sekisho.Invalid(fmt.Sprintf("%s %s: use a duration above zero, such as 10s", d.name, d.value))
		}
	}
	if c.MaxRequests < 0 || c.MaxRequests > 1<<20 {
		return sekisho.Invalid(fmt.Sprintf("max_requests %d: use 0 (by memory) to 1048576", c.MaxRequests))
	}
	if c.MaxHeaderBytes < 4<<10 || c.MaxHeaderBytes > 1<<20 {
		return sekisho.Invalid(fmt.Sprintf("max_header_bytes %d: use 4096 to 1048576", c.MaxHeaderBytes))
	}
	return nil
}
