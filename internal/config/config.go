// Package config reads what an operator sets: one YAML file, then SEKISHO_* variables, then flags, each over the one
// before. Every setting stands once, in [Config.Settings]; its YAML key, variable and flag follow from the key's name.
//
// It owns reading, checking and printing; what a setting does is the business of the role that it is handed to.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Config is everything `sekisho serve` can be told.
type Config struct {
	DataDir         string
	HTTP            string // listening addresses
	HTTPS           string
	Portal          string
	PortalURL       string // what people type to reach the portal; empty: derived from Portal
	Desk            string // how owners reach a person; may be empty
	Mode            sekisho.Mode
	ModeSet         bool // Mode was given, so --site sets it on sites that are already there too
	TrustedProxies  []netip.Prefix
	OriginNetworks  []netip.Prefix // where customers' origins may stand although it is not public
	RedisURL        Secret         // empty: hot state stays in this process
	DatabaseURL     Secret         // of PostgreSQL; empty: the records are in the data directory
	Resolver        string         // DNS server that is asked about names; empty: the machine's own
	ACMEDirectory   string         // authority that certificates are ordered from; empty: none
	ACMEEmail       string
	ACMECAFile      string       // PEM that the directory's own server is trusted by; empty: the system's
	CertificateKey  Secret       // private keys are sealed with it; empty: one is made in the data directory
	DNSListen       string       // address of our name server
	DNSZone         string       // that it answers for; empty: it does not run
	EdgeAddresses   []netip.Addr // where visitors reach us, as DNS should say; empty: nobody watches
	AccessLog       string       // "-" is standard output, "off" none, else a file
	LogLevel        string
	LogFormat       string
	SpoolBytes      int64
	Storage         sekisho.Storage // of tenants without settings of their own
	DrainTimeout    time.Duration
	Sites           []Site
	KnownBad        []string // files of addresses, domains and hashes that are known to be bad
	SensorsTLS      string   // address for syslog over TLS; empty: none
	SensorsHTTPS    string   // address for pushes of sensors; empty: none
	SensorsNames    []string // under which sensors reach these two
	Metrics         string   // address for figures in the format of Prometheus; empty: none
	Admin           string   // address for health, figures and profiles; empty: none
	AdminRemote     bool     // Admin may be another than a loopback address
	IncidentWeights string   // file with the scale of severity; empty: the one that comes with the program

	// ProxyProtocolFrom are the balancers whose connections begin with a PROXY header.
	ProxyProtocolFrom []netip.Prefix

	MaxRequests int // served at once; 0: by the memory limit

	InspectionWorkers int           // how many requests the rules look at at once; 0: by the processor's cores
	InspectionBudget  time.Duration // processor time that the rules may take for one request
	InspectionWait    time.Duration // how long a request may wait for the rules
}

// Site is a site that the operator vouches for; it is added, or brought to these values, at every start.
type Site struct {
	Host        string
	Origin      string
	Tenant      sekisho.TenantID
	Mode        *sekisho.Mode
	FailMode    *sekisho.FailMode
	BeyondLimit *sekisho.BeyondLimit
	CertFile    string
	KeyFile     string
	Policy      *sekisho.Policy
	Hardening   *sekisho.Hardening
	Origins     *sekisho.Origins

	CustomRulesFile string // where Policy.CustomRules was read from
}

// Default returns the settings of a plain `sekisho serve`.
func Default() Config {
	return Config{
		DataDir:      "data",
		HTTP:         ":80",
		HTTPS:        ":443",
		Portal:       "127.0.0.1:9090",
		DNSListen:    ":53",
		AccessLog:    "-",
		LogLevel:     "info",
		LogFormat:    "text",
		SpoolBytes:   1 << 30,
		Storage:      sekisho.Storage{RetentionDays: 400}, // a year, and the month that it is compared with
		DrainTimeout: 10 * time.Second,

		InspectionBudget: 500 * time.Millisecond,
		InspectionWait:   2 * time.Second,
	}
}

// minSpool is two of the spool's segments.
const minSpool = 32 << 20

// Validate reports the first setting that cannot work, alone or beside another (KindInvalid).
func (c *Config) Validate() error {
	if c.DataDir == "" {
		return invalid("data_dir", "", "use a directory such as ./data")
	}
	for _, listen := range []struct{ key, addr string }{{"http", c.HTTP}, {"https", c.HTTPS}, {"portal", c.Portal}, {"sensors_tls", c.SensorsTLS}, {"sensors_https", c.SensorsHTTPS}, {"metrics", c.Metrics}, {"admin", c.Admin}} {
		if listen.addr == "" && (strings.HasPrefix(listen.key, "sensors_") || listen.key == "metrics") {
			continue
		}
		if _, err := net.ResolveTCPAddr("tcp", listen.addr); err != nil {
			return invalid(listen.key, listen.addr, "use an address such as :443 or 127.0.0.1:8443")
		}
	}
	if c.PortalURL != "" {
		u, err := url.Parse(c.PortalURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" {
			return invalid("portal_url", c.PortalURL, "use an address such as https://portal.example.co.jp")
		}
	}
	if c.RedisURL != "" {
		u, err := url.Parse(string(c.RedisURL))
		if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Host == "" {
			return invalid("redis_url", "[redacted]", "use redis://[user:password@]host:6379[/0], or rediss:// for TLS")
		}
	}
	if c.DatabaseURL != "" {
		u, err := url.Parse(string(c.DatabaseURL))
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "" || strings.Trim(u.Path, "/") == "" {
			return invalid("database_url", redacted, "use postgres://user:password@host:5432/database")
		}
	}
	if err := c.validateCertificates(); err != nil {
		return err
	}
	if c.Resolver != "" {
		if _, err := netip.ParseAddr(c.Resolver); err != nil {
			if _, err := netip.ParseAddrPort(c.Resolver); err != nil {
				return invalid("resolver", c.Resolver, "use the address of a DNS server, such as 1.1.1.1 or 127.0.0.1:53")
			}
		}
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		return invalid("log_level", c.LogLevel, "use debug, info, warn or error")
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return invalid("log_format", c.LogFormat, "use text or json")
	}
	if host, _, err := net.SplitHostPort(c.Admin); c.Admin != "" && !c.AdminRemote {
		if addr, parseErr := netip.ParseAddr(host); err != nil || host != "localhost" && (parseErr != nil || !addr.IsLoopback()) {
			return invalid("admin", c.Admin, "profiles show what visitors sent; use a loopback address such as 127.0.0.1:9092, or set admin_remote where only you reach this one")
		}
	}
	if c.SpoolBytes < minSpool {
		return invalid("spool_bytes", fmt.Sprint(c.SpoolBytes), fmt.Sprintf("use at least %d bytes", minSpool))
	}
	if err := c.Storage.Validate(); err != nil {
		return fmt.Errorf("retention_days, quota_bytes: %w", err)
	}
	if c.DrainTimeout <= 0 {
		return invalid("drain_timeout", c.DrainTimeout.String(), "use a time such as 10s")
	}
	if c.MaxRequests < 0 || c.MaxRequests > 1<<20 {
		return invalid("max_requests", fmt.Sprint(c.MaxRequests), "use 1 to 1048576, or 0 for as many as memory bears")
	}
	if c.InspectionWorkers < 0 || c.InspectionWorkers > 1024 {
		return invalid("inspection_workers", fmt.Sprint(c.InspectionWorkers), "use 1 to 1024, or 0 for half of the processor's cores")
	}
	if c.InspectionBudget < time.Millisecond || c.InspectionBudget > time.Minute {
		return invalid("inspection_budget", c.InspectionBudget.String(), "use 1ms to 1m, such as 500ms")
	}
	if c.InspectionWait <= 0 || c.InspectionWait > time.Minute {
		return invalid("inspection_wait", c.InspectionWait.String(), "use a time up to 1m, such as 2s")
	}
	return c.validateSites()
}

// minCertificateKey is what internal/certs asks for.
const minCertificateKey = 32

func (c *Config) validateCertificates() error {
	if u, err := url.Parse(c.ACMEDirectory); c.ACMEDirectory != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return invalid("acme_directory", c.ACMEDirectory, "use the address of an authority's directory, such as https://acme-v02.api.letsencrypt.org/directory")
	}
	if c.ACMEEmail != "" && !strings.Contains(c.ACMEEmail, "@") {
		return invalid("acme_email", c.ACMEEmail, "use an address such as certificates@example.co.jp")
	}
	if c.CertificateKey != "" && len(c.CertificateKey) < minCertificateKey {
		return invalid("certificate_key", redacted, "use at least 32 characters, such as the output of: openssl rand -hex 32")
	}
	if c.ACMEDirectory != "" && c.RedisURL != "" && c.CertificateKey == "" {
		return invalid("certificate_key", "", "processes that share certificates by redis_url share the key that seals them; give each the same, such as the output of: openssl rand -hex 32")
	}
	if c.DNSZone != "" && len(c.EdgeAddresses) == 0 {
		return invalid("dns_zone", c.DNSZone, "give edge_addresses too, or nobody could find the server that answers for it")
	}
	return nil
}

// PutSite adds a site of the command line; it takes the place of a site of the file with the same host.
func (c *Config) PutSite(site Site) {
	for i := range c.Sites {
		if c.Sites[i].Host == site.Host {
			c.Sites[i] = site
			return
		}
	}
	c.Sites = append(c.Sites, site)
}

func (c *Config) validateSites() error {
	seen := map[string]bool{}
	for _, site := range c.Sites {
		if seen[site.Host] {
			return &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("site %s: given twice; one host has one origin", site.Host)}
		}
		seen[site.Host] = true
		if _, err := sekisho.ParseOrigin(site.Origin); err != nil {
			return fmt.Errorf("site %s: %w", site.Host, err)
		}
		if site.Origins != nil {
			if err := site.Origins.Validate(); err != nil {
				return fmt.Errorf("site %s: %w", site.Host, err)
			}
		}
		if site.Hardening != nil {
			if err := site.Hardening.Validate(); err != nil {
				return fmt.Errorf("site %s: %w", site.Host, err)
			}
		}
	}
	return nil
}

// PortalAddress returns the URL that login links begin with.
func (c *Config) PortalAddress(listening net.Addr, https bool) string {
	if c.PortalURL != "" {
		return c.PortalURL
	}
	scheme := "http"
	if https {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return scheme + "://" + listening.String()
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		if host, err = os.Hostname(); err != nil {
			host = "localhost"
		}
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// DataDirFromEnvironment returns the data directory of commands that have no configuration file: $SEKISHO_DATA_DIR, else "data".
func DataDirFromEnvironment() string {
	if dir := os.Getenv("SEKISHO_DATA_DIR"); dir != "" {
		return filepath.Clean(dir)
	}
	return Default().DataDir
}

func invalid(key, value, fits string) error {
	return sekisho.Invalid(fmt.Sprintf("%s %q: %s", key, value, fits))
}
