package sekisho

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Mode says what inspection may do on a site. The zero Mode only looks.
type Mode uint8

const (
	// ModeDetect inspects and records, and never stops a request.
	ModeDetect Mode = iota
	// ModeBlock inspects, records and stops attacks.
	ModeBlock
	// ModeOff forwards without inspecting: the kill switch.
	ModeOff
)

var modeNames = names[Mode]{"detect", "block", "off"}

// String returns the mode's stored name.
func (m Mode) String() string { return modeNames.text(m) }

// MarshalText writes the mode's name.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a mode's name; an unknown one is KindInvalid.
func (m *Mode) UnmarshalText(text []byte) error { return modeNames.parse(m, "mode", text) }

// ParseMode reads off, detect or block.
func ParseMode(s string) (m Mode, err error) { return m, m.UnmarshalText([]byte(s)) }

// InForce returns the mode that holds on a site: its own, under an override of this site, under one of every site; nil
// overrides nothing. A site that is off stays off under every override of all, because somebody pulled its kill switch
// for a reason.
func InForce(own Mode, single, all *Mode) Mode {
	if single != nil {
		own = *single
	}
	if all != nil && own != ModeOff {
		own = *all
	}
	return own
}

// FailMode says what happens to a request whose inspection itself failed.
type FailMode uint8

const (
	// FailClosed answers 503: nothing uninspected reaches the origin.
	FailClosed FailMode = iota
	// FailOpen forwards the request and records that it was not inspected.
	FailOpen
)

var failModeNames = names[FailMode]{"closed", "open"}

// String returns the fail mode's stored name.
func (m FailMode) String() string { return failModeNames.text(m) }

// MarshalText writes the fail mode's name.
func (m FailMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a fail mode's name; an unknown one is KindInvalid.
func (m *FailMode) UnmarshalText(text []byte) error { return failModeNames.parse(m, "fail mode", text) }

// BeyondLimit says what happens to body bytes beyond the policy's inspection limit.
type BeyondLimit uint8

const (
	// BeyondPass forwards them uninspected; the portal says so.
	BeyondPass BeyondLimit = iota
	// BeyondRefuse answers 413 in block mode; detect mode never refuses.
	BeyondRefuse
)

var beyondNames = names[BeyondLimit]{"pass", "refuse"}

// String returns the setting's stored name.
func (b BeyondLimit) String() string { return beyondNames.text(b) }

// MarshalText writes the setting's name.
func (b BeyondLimit) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads the setting's name; an unknown one is KindInvalid.
func (b *BeyondLimit) UnmarshalText(text []byte) error {
	return beyondNames.parse(b, "beyond limit", text)
}

// Site is one host that we stand in front of.
type Site struct {
	ID         SiteID    `json:"id"`
	Tenant     TenantID  `json:"tenant"`
	Host       string    `json:"host"`   // canonical, see [CanonicalHost]; unique over all tenants
	Origin     string    `json:"origin"` // http(s)://host[:port], see [ParseOrigin]
	Origins    Origins   `json:"origins,omitzero"`
	Stage      Stage     `json:"stage"`
	Ownership  Ownership `json:"ownership"`
	Mode       Mode      `json:"mode"`
	ModeBefore Mode      `json:"mode_before"` // what `resume` returns to after ModeOff
	// BypassTo are the origin's addresses while our name server answers with them: visitors go past us. Empty: they do not.
	BypassTo    []netip.Addr `json:"bypass_to,omitempty"`
	FailMode    FailMode     `json:"fail_mode"`
	BeyondLimit BeyondLimit  `json:"beyond_limit"`
	Policy      Policy       `json:"policy"`
	Limits      Limits       `json:"limits,omitzero"`
	CertFile    string       `json:"cert_file,omitempty"` // PEM chain; empty: the local authority of the data directory
	KeyFile     string       `json:"key_file,omitempty"`
	Hardening   Hardening    `json:"hardening"`
	Maintenance Maintenance  `json:"maintenance,omitzero"`
	Created     time.Time    `json:"created"`
	Updated     time.Time    `json:"updated"`

	// Exclusions are records of their own: the composition root adds them for the data plane, and storing a site leaves
	// them as they are.
	Exclusions []Exclusion `json:"exclusions,omitempty"`
}

// Validate reports the first setting that cannot work, by its key and with what fits (KindInvalid).
func (s *Site) Validate() error {
	if host, err := CanonicalHost(s.Host); err != nil {
		return err
	} else if host != s.Host {
		return Invalid(fmt.Sprintf("site %q: the canonical form of this host is %q", s.Host, host))
	}
	if _, err := ParseTenantID(string(s.Tenant)); err != nil {
		return err
	}
	if _, err := ParseOrigin(s.Origin); err != nil {
		return fmt.Errorf("site %s: %w", s.Host, err)
	}
	if err := s.Origins.Validate(); err != nil {
		return fmt.Errorf("site %s: %w", s.Host, err)
	}
	if err := s.Maintenance.Validate(); err != nil {
		return fmt.Errorf("site %s: %w", s.Host, err)
	}
	if (s.CertFile == "") != (s.KeyFile == "") {
		return Invalid(fmt.Sprintf("site %s: cert_file and key_file go together", s.Host))
	}
	if err := s.Hardening.Validate(); err != nil {
		return fmt.Errorf("site %s: %w", s.Host, err)
	}
	if err := s.Policy.Validate(); err != nil {
		return fmt.Errorf("site %s: %w", s.Host, err)
	}
	if err := s.Limits.Validate(); err != nil {
		return fmt.Errorf("site %s: %w", s.Host, err)
	}
	return nil
}

// CanonicalHost returns the one form of a host name that the site table, the WAF, certificates and forwarding share:
// lower case, no trailing dot, no port. IP addresses come back in netip's form, IPv6 in brackets.
// Internationalised names must arrive in their ASCII form (xn--); anything else is KindInvalid.
func CanonicalHost(s string) (string, error) {
	bad := func(why string) (string, error) {
		return "", Invalid(fmt.Sprintf("host %q: %s; a host looks like www.example.co.jp", s, why))
	}
	host := s
	if rest, ok := strings.CutPrefix(host, "["); ok { // [v6] or [v6]:port
		inner, port, ok := strings.Cut(rest, "]")
		addr, err := netip.ParseAddr(inner)
		if !ok || err != nil || !addr.Is6() || addr.Zone() != "" || !validPortSuffix(port) {
			return bad("not an IPv6 address in brackets")
		}
		return "[" + addr.String() + "]", nil
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		if !validPortSuffix(host[i:]) {
			return bad("the part behind the colon is not a port")
		}
		host = host[:i]
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		if !addr.Is4() {
			return bad("an IPv6 address stands in brackets")
		}
		return addr.String(), nil
	}
	if host == "" || len(host) > 253 {
		return bad("empty or longer than 253 characters")
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return bad("a label is empty, too long, or begins or ends with a hyphen")
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return bad(fmt.Sprintf("%q does not belong into a host name", c))
			}
		}
	}
	return host, nil
}

// validPortSuffix accepts "" and ":" followed by up to five digits (RFC 3986, 3.2.3 also allows an empty port).
func validPortSuffix(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != ':' || len(s) > 6 {
		return false
	}
	for _, c := range s[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// ParseOrigin reads where a site's requests go: an absolute http or https URL with a host and at most a port.
// A path, query, fragment or password is refused, because the visitor's own path must arrive unchanged.
func ParseOrigin(s string) (*url.URL, error) {
	bad := func(why string) (*url.URL, error) {
		return nil, Invalid(fmt.Sprintf("origin %q: %s; an origin looks like http://127.0.0.1:8080 or https://origin.example.co.jp", s, why))
	}
	u, err := url.Parse(s)
	if err != nil {
		return bad("not a URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return bad("the scheme must be http or https")
	case u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		return bad("no host")
	case u.User != nil:
		return bad("a user or password cannot be part of it")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return bad("a query or fragment cannot be part of it")
	case u.Path != "" && u.Path != "/":
		return bad("a path cannot be part of it")
	}
	if _, err := CanonicalHost(u.Host); err != nil {
		return bad("the host is not valid")
	}
	u.Path = ""
	return u, nil
}
