package dashboard

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Config says where the portal listens.
type Config struct {
	Addr      string      // host:port to listen on
	PublicURL string      // what people type, for a portal behind another name; empty when that is Addr
	TLS       *tls.Config // nil serves plain HTTP, for a loopback address or behind a proxy that ends TLS
	Desk      string      // how to reach a human, shown on every page: "0120-000-000 (平日9–17時)"; may be empty
}

// DefaultConfig listens on this machine alone.
func DefaultConfig() Config { return Config{Addr: "127.0.0.1:8081"} }

// Validate reports the first setting that cannot work (KindInvalid).
func (c *Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return sekisho.Invalid(fmt.Sprintf("portal address %q: use host:port, such as 127.0.0.1:8081", c.Addr))
	}
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return sekisho.Invalid(fmt.Sprintf("portal URL %q: use an address such as https://portal.example.co.jp", c.PublicURL))
	}
	return nil
}

// secure reports whether browsers reach the portal by https: here, or at a proxy in front.
func (c *Config) secure() bool { return c.TLS != nil || strings.HasPrefix(c.PublicURL, "https://") }
