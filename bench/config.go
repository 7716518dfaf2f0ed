package bench

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// LoadConfig says what [Load] measures and for how long.
type LoadConfig struct {
	// Duration is how long each program is measured in each phase: closed loop, shared out among the rounds, and open
	// loop. A whole run takes about seven times as long.
	Duration    time.Duration
	Rounds      int    // interleaved closed-loop rounds
	Connections int    // connections of the closed loop, each with one request at a time
	TLS         bool   // measure over TLS 1.3 instead of plain HTTP
	Seed        uint64 // equal seeds send equal requests in equal order

	// Mode is how the inspecting proxy is started: detect or block. In both every request is inspected.
	Mode sekisho.Mode

	// Peers measures nginx, and nginx with ModSecurity, beside us, where they are installed.
	Peers bool
	// Attacks is how many percent of the requests of one more phase are attacks; 0 goes without it.
	Attacks float64

	// URL, when set, measures a proxy that runs already, instead of starting any. Loopback only.
	URL string
	// Host is the Host header and the site's name; empty means the URL's own host, or bench.localhost.
	Host string

	// Binary is the program that is started; empty means the running one. It must know `serve`, `bench origin` and
	// `bench bare` (see [ServeOrigin] and [ServeBare]).
	Binary string
	// Command is how the run was asked for, for the report; empty means this process's command line.
	Command string
}

const (
	maxDuration    = 10 * time.Minute
	maxRounds      = 100
	maxConnections = 1024
)

// DefaultLoad is ten seconds for each program and phase: 16 plain keep-alive connections, five rounds, block mode.
func DefaultLoad() LoadConfig {
	return LoadConfig{Duration: 10 * time.Second, Rounds: 5, Connections: 16, Seed: 1, Mode: sekisho.ModeBlock, Peers: true}
}

// Validate reports the first setting that cannot work, with what fits (KindInvalid).
func (c LoadConfig) Validate() error {
	switch {
	case c.Rounds < 1 || c.Rounds > maxRounds:
		return sekisho.Invalid(fmt.Sprintf("rounds %d: use 1 to %d", c.Rounds, maxRounds))
	case c.Duration < time.Duration(c.Rounds)*10*time.Millisecond || c.Duration > maxDuration:
		return sekisho.Invalid(fmt.Sprintf("duration %s: use at least 10ms a round, at most %s", c.Duration, maxDuration))
	case c.Connections < 1 || c.Connections > maxConnections:
		return sekisho.Invalid(fmt.Sprintf("connections %d: use 1 to %d", c.Connections, maxConnections))
	case c.Attacks < 0 || c.Attacks > 50:
		return sekisho.Invalid(fmt.Sprintf("attacks %g: use 0 to 50 percent", c.Attacks))
	case c.Attacks > 0 && (c.URL != "" || c.Mode != sekisho.ModeBlock):
		return sekisho.Invalid("attacks: they are measured with proxies of our own in block mode only")
	case c.Mode == sekisho.ModeOff:
		return sekisho.Invalid("mode off: it is measured anyway; use detect or block for the other side")
	}
	if c.URL != "" {
		if _, err := parseTarget(c.URL, c.Host); err != nil {
			return err
		}
	}
	return nil
}

// target is one listener that is measured.
type target struct {
	address string // loopback IP and port: the only thing that is ever dialled
	host    string // Host header and TLS name
	tls     bool
}

// parseTarget reads a base URL and refuses every one that leaves this machine: a load generator that can be pointed at
// strangers is a weapon. Names under localhost (RFC 6761, 6.3) are taken for 127.0.0.1 without asking a resolver.
func parseTarget(raw, host string) (target, error) {
	refuse := func(why string) (target, error) {
		return target{}, sekisho.Invalid(fmt.Sprintf("url %q: %s; use a loopback address such as http://127.0.0.1:8080", raw, why))
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "":
		return refuse("not a URL with a host")
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("the scheme must be http or https")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return refuse("it must be a scheme, a host and a port alone")
	}
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	address, err := netip.ParseAddr(name)
	switch {
	case name == "localhost" || strings.HasSuffix(name, ".localhost"):
		address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case err != nil || !address.Unmap().IsLoopback():
		return refuse("it is not on this machine")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if host == "" {
		host = u.Host
	}
	return target{address: net.JoinHostPort(address.String(), port), host: host, tls: u.Scheme == "https"}, nil
}

// command is how the run was asked for.
func (c LoadConfig) command() string {
	if c.Command != "" {
		return c.Command
	}
	return strings.Join(os.Args, " ")
}
