package config

import (
	"encoding"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Secret is a value that prints as [redacted] wherever it is printed.
type Secret string

const redacted = "[redacted]"

// String hides the secret from %v, %s and logs.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Setting is one thing that can be set. Its YAML key is Key, its variable SEKISHO_ and Key in capitals, its flag Key
// with hyphens. A secret can also come from a file, named by the same with _file behind it.
type Setting struct {
	Key    string
	Help   string
	Secret bool
	get    func() string
	set    func(string) error
}

// Flag returns the setting's flag without the leading hyphens.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, "_", "-") }

// Variable returns the setting's environment variable.
func (s Setting) Variable() string { return "SEKISHO_" + strings.ToUpper(s.Key) }

// Value returns the value as `sekisho config print` shows it: a secret is redacted.
func (s Setting) Value() string { return s.get() }

// Set reads a value; the error names the key and what fits.
func (s Setting) Set(value string) error {
	if err := s.set(value); err != nil {
		if message := sekisho.MessageOf(err); message != "" {
			return sekisho.Invalid(s.Key + ": " + message)
		}
		return sekisho.Invalid(fmt.Sprintf("%s %q: %v", s.Key, value, err))
	}
	return nil
}

// Set gives one setting a value by its key, or a secret the content of a file by key_file.
func (c *Config) Set(key, value string) error {
	return setOne(c.Settings(), key, func() (string, error) { return value, nil }, nil)
}

// Settings lists every setting of c, in the order that they are documented and printed.
func (c *Config) Settings() []Setting {
	return []Setting{
		text("data_dir", "directory for the database, keys, spool and control socket", &c.DataDir),
		text("http", "address to listen on for HTTP", &c.HTTP),
		text("https", "address to listen on for HTTPS", &c.HTTPS),
		text("portal", "address to listen on for the portal", &c.Portal),
		text("portal_url", "address that people type to reach the portal, for login links", &c.PortalURL),
		text("desk", "how owners reach a person, shown on every page of the portal, such as 0120-000-000 (平日9-17時)", &c.Desk),
		{
			Key: "mode", Help: "mode of the sites given with --site: off, detect or block (new sites: detect)",
			get: func() string {
				if c.ModeSet {
					return c.Mode.String()
				}
				return ""
			},
			set: func(value string) error {
				if value == "" {
					c.Mode, c.ModeSet = sekisho.ModeDetect, false
					return nil
				}
				c.ModeSet = true
				return c.Mode.UnmarshalText([]byte(value))
			},
		},
		{
			Key: "trusted_proxies", Help: "networks whose X-Forwarded-For is believed, separated by commas, such as 10.0.0.0/8",
			get: func() string { return joinWords(c.TrustedProxies) },
			set: func(value string) (err error) { c.TrustedProxies, err = parsePrefixes(value); return err },
		},
		{
			Key: "proxy_protocol_from", Help: "networks of balancers that begin each connection with a PROXY header (version 1 or 2), separated by commas",
			get: func() string { return joinWords(c.ProxyProtocolFrom) },
			set: func(value string) (err error) { c.ProxyProtocolFrom, err = parsePrefixes(value); return err },
		},
		secret("database_url", "PostgreSQL for the records, such as postgres://sekisho:password@127.0.0.1:5432/sekisho (default: SQLite in the data directory)", &c.DatabaseURL),
		{
			Key: "origin_networks", Help: "networks that are not public and may hold origins that customers have named, separated by commas, such as 10.20.0.0/16 (default: none; the sites of this configuration need none)",
			get: func() string { return joinWords(c.OriginNetworks) },
			set: func(value string) (err error) { c.OriginNetworks, err = parsePrefixes(value); return err },
		},
		secret("redis_url", "Redis for hot state shared by several processes, such as redis://127.0.0.1:6379/0", &c.RedisURL),
		text("acme_directory", "authority that certificates are ordered from, such as https://acme-v02.api.letsencrypt.org/directory; setting it accepts its terms (default: none are ordered)", &c.ACMEDirectory),
		text("acme_email", "where the authority sends its notices", &c.ACMEEmail),
		text("acme_ca_file", "PEM file that the authority's own server is trusted by (default: the system's)", &c.ACMECAFile),
		secret("certificate_key", "secret of 32 or more characters that private keys are sealed with (default: made in the data directory)", &c.CertificateKey),
		text("dns_zone", "zone that is delegated to this installation, such as waf.example.net; given, a name server answers for it", &c.DNSZone),
		text("dns_listen", "address that the name server listens on, UDP and TCP", &c.DNSListen),
		text("resolver", "DNS server that is asked about the names of sites, such as 1.1.1.1 (default: the machine's own)", &c.Resolver),
		{
			Key: "edge_addresses", Help: "addresses at which visitors reach this installation, separated by commas; given, sites are taken live when their names lead here",
			get: func() string { return joinWords(c.EdgeAddresses) },
			set: func(value string) (err error) { c.EdgeAddresses, err = parseAddrs(value); return err },
		},
		text("sensors_tls", "address to take syslog over TLS on from sensors with a client certificate, such as :6514 (default: none)", &c.SensorsTLS),
		text("sensors_https", "address to take pushes of sensors with a token on, such as :6515 (default: none)", &c.SensorsHTTPS),
		{
			Key: "sensors_names", Help: "names or addresses under which sensors reach these two, separated by commas, for their certificate",
			get: func() string { return strings.Join(c.SensorsNames, ",") },
			set: func(value string) error {
				c.SensorsNames = strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ',' || r == ' ' })
				return nil
			},
		},
		text("metrics", "address to show figures on in the format of Prometheus, such as 127.0.0.1:9091; it names tenants and sensors (default: none)", &c.Metrics),
		text("admin", "address for /healthz, /readyz, /metrics and /debug/pprof, such as 127.0.0.1:9092 (default: none)", &c.Admin),
		{
			Key: "admin_remote", Help: "true lets admin be another than a loopback address",
			get: func() string {
				if c.AdminRemote {
					return "true"
				}
				return ""
			},
			set: func(value string) (err error) {
				if c.AdminRemote = false; value == "" {
					return nil
				}
				if c.AdminRemote, err = strconv.ParseBool(value); err != nil {
					return sekisho.Invalid(fmt.Sprintf("%q is not true or false", value))
				}
				return nil
			},
		},
		text("access_log", `where requests are logged: "-" for standard output, "off", or a file`, &c.AccessLog),
		text("log_level", "lowest level that is logged: debug, info, warn or error", &c.LogLevel),
		text("log_format", "form of the log on standard error: text or json", &c.LogFormat),
		{
			Key: "spool_bytes", Help: "bytes that events may take on disk before the database has them",
			get: func() string { return strconv.FormatInt(c.SpoolBytes, 10) },
			set: func(value string) (err error) {
				if c.SpoolBytes, err = strconv.ParseInt(value, 10, 64); err != nil {
					return sekisho.Invalid(fmt.Sprintf("%q is not a whole number of bytes", value))
				}
				return nil
			},
		},
		{
			Key: "retention_days", Help: "days that a tenant's records are kept unless it has its own; 0: for ever",
			get: func() string { return strconv.Itoa(c.Storage.RetentionDays) },
			set: func(value string) (err error) {
				if c.Storage.RetentionDays, err = strconv.Atoi(value); err != nil {
					return sekisho.Invalid(fmt.Sprintf("%q is not a whole number of days", value))
				}
				return nil
			},
		},
		{
			Key: "quota_bytes", Help: "bytes that a tenant's events may take in the records unless it has its own; 0: without a bound",
			get: func() string { return strconv.FormatInt(c.Storage.QuotaBytes, 10) },
			set: func(value string) (err error) {
				if c.Storage.QuotaBytes, err = strconv.ParseInt(value, 10, 64); err != nil {
					return sekisho.Invalid(fmt.Sprintf("%q is not a whole number of bytes", value))
				}
				return nil
			},
		},
		{
			Key: "known_bad", Help: "files of addresses, domains and file hashes that are known to be bad, separated by commas; they come into force without a restart",
			get: func() string { return strings.Join(c.KnownBad, ",") },
			set: func(value string) error {
				c.KnownBad = nil
				for path := range strings.SplitSeq(value, ",") {
					if path = strings.TrimSpace(path); path != "" {
						c.KnownBad = append(c.KnownBad, path)
					}
				}
				return nil
			},
		},
		text("incident_weights", "file with your own scale of severity; comes into force without a restart, see docs/operations.md", &c.IncidentWeights),
		duration("drain_timeout", "how long requests under way may take when the program stops, such as 10s", &c.DrainTimeout),
		{
			Key: "max_requests", Help: "most requests that are served at once, of all sites; 0: a quarter of the memory limit (GOMEMLIMIT, else the container's or three quarters of the machine's) at 64 KiB each",
			get: func() string { return strconv.Itoa(c.MaxRequests) },
			set: func(value string) (err error) {
				if c.MaxRequests, err = strconv.Atoi(value); err != nil {
					return sekisho.Invalid(fmt.Sprintf("%q is not a whole number", value))
				}
				return nil
			},
		},
		{
			Key: "inspection_workers", Help: "how many requests the rules look at at once; 0: half of the processor's cores, at least 2",
			get: func() string { return strconv.Itoa(c.InspectionWorkers) },
			set: func(value string) (err error) {
				if c.InspectionWorkers, err = strconv.Atoi(value); err != nil {
					return sekisho.Invalid(fmt.Sprintf("%q is not a whole number", value))
				}
				return nil
			},
		},
		duration("inspection_budget", "processor time that the rules may take for one request; then its site's fail mode decides", &c.InspectionBudget),
		duration("inspection_wait", "how long a request may wait for the rules; then its site's fail mode decides", &c.InspectionWait),
	}
}

func (s *Site) settings() []Setting {
	policy := func() *sekisho.Policy {
		if s.Policy == nil {
			p := sekisho.DefaultPolicy()
			s.Policy = &p
		}
		return s.Policy
	}
	number := func(key string, field func(*sekisho.Policy) *int) Setting {
		return Setting{Key: key, get: func() string {
			if s.Policy == nil {
				return ""
			}
			return strconv.Itoa(*field(s.Policy))
		}, set: func(value string) error {
			n, err := strconv.Atoi(value)
			if err != nil {
				return sekisho.Invalid(fmt.Sprintf("%q is not a whole number", value))
			}
			*field(policy()) = n
			return nil
		}}
	}
	hardening := HardeningSettings(func(change bool) *sekisho.Hardening {
		if s.Hardening == nil && change {
			s.Hardening = &sekisho.Hardening{}
		}
		return s.Hardening
	})
	origins := OriginSettings(func(change bool) *sekisho.Origins {
		if s.Origins == nil && change {
			s.Origins = &sekisho.Origins{}
		}
		return s.Origins
	})
	return slices.Concat([]Setting{
		text("host", "", &s.Host),
		text("origin", "", &s.Origin),
		{Key: "tenant", get: func() string { return string(s.Tenant) }, set: func(value string) (err error) { s.Tenant, err = sekisho.ParseTenantID(value); return err }},
		word("mode", &s.Mode),
		word("fail_mode", &s.FailMode),
		word("beyond_limit", &s.BeyondLimit),
		text("cert_file", "", &s.CertFile),
		text("key_file", "", &s.KeyFile),
		{
			Key: "profile",
			get: func() string {
				if s.Policy == nil {
					return ""
				}
				return s.Policy.Profile.String()
			},
			set: func(value string) error { return policy().Profile.UnmarshalText([]byte(value)) },
		},
		number("paranoia_level", func(p *sekisho.Policy) *int { return &p.ParanoiaLevel }),
		number("inbound_threshold", func(p *sekisho.Policy) *int { return &p.InboundThreshold }),
		number("outbound_threshold", func(p *sekisho.Policy) *int { return &p.OutboundThreshold }),
		{
			Key: "custom_rules_file",
			get: func() string { return s.CustomRulesFile },
			set: func(value string) error {
				rules, err := ReadRules(value)
				if err != nil {
					return err
				}
				s.CustomRulesFile, policy().CustomRules = value, rules
				return nil
			},
		},
	}, origins, hardening)
}

// ReadRules reads a file of custom rules in SecLang.
func ReadRules(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", sekisho.Invalid(fmt.Sprintf("the rule file %s cannot be read; check the path and its permissions", path))
	}
	return string(content), nil
}

func text(key, help string, at *string) Setting {
	return Setting{Key: key, Help: help, get: func() string { return *at }, set: func(value string) error { *at = value; return nil }}
}

func duration(key, help string, at *time.Duration) Setting {
	return Setting{Key: key, Help: help, get: func() string { return at.String() }, set: func(value string) (err error) {
		if *at, err = time.ParseDuration(value); err != nil {
			return sekisho.Invalid(fmt.Sprintf("%q is not a time such as 10s", value))
		}
		return nil
	}}
}

func secret(key, help string, at *Secret) Setting {
	return Setting{
		Key: key, Help: help, Secret: true,
		get: func() string { return at.String() },
		set: func(value string) error { *at = Secret(value); return nil },
	}
}

func word[T fmt.Stringer, P interface {
	*T
	encoding.TextUnmarshaler
}](key string, at **T) Setting {
	return Setting{Key: key, get: func() string {
		if *at == nil {
			return ""
		}
		return (**at).String()
	}, set: func(value string) error {
		var v T
		if err := P(&v).UnmarshalText([]byte(value)); err != nil {
			return err
		}
		*at = &v
		return nil
	}}
}

func parsePrefixes(value string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			addr, addrErr := netip.ParseAddr(part)
			if addrErr != nil || addr.Zone() != "" {
				return nil, sekisho.Invalid(fmt.Sprintf("%q is not a network such as 10.0.0.0/8", part))
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

func parseAddrs(value string) (addrs []netip.Addr, err error) {
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		addr, err := netip.ParseAddr(part)
		if err != nil || addr.Zone() != "" || addr.IsUnspecified() {
			return nil, sekisho.Invalid(fmt.Sprintf("%q is not an address such as 203.0.113.10", part))
		}
		addrs = append(addrs, addr.Unmap())
	}
	return addrs, nil
}

func joinWords[T fmt.Stringer](list []T) string {
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = item.String()
	}
	return strings.Join(words, ",")
}
