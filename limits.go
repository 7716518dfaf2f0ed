package sekisho

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Limits say how much of a site one visitor, or all of them together, may use. The zero Limits allow everything: a
// limit that nobody chose must not turn a customer away. An address is an IPv4 address or an IPv6 /64.
type Limits struct {
	Site    Rate        `json:"site,omitzero"`    // all visitors together; beyond it the site sheds load
	Address Rate        `json:"address,omitzero"` // each address
	Session Rate        `json:"session,omitzero"` // each value of SessionCookie
	Cookie  string      `json:"cookie,omitempty"` // name of the session's cookie
	Paths   []PathLimit `json:"paths,omitempty"`  // each address on one path; the first that fits counts
	Bans    Bans        `json:"bans,omitzero"`
	Login   LoginGuard  `json:"login,omitzero"`

	// UnderAttack is on or off where a person has said so; auto: found out, see package proxy/pulse.
	UnderAttack Alertness `json:"under_attack,omitzero"`

	Allow []netip.Prefix `json:"allow,omitempty"` // neither limited, banned nor denied; inspected like everybody
	Deny  []netip.Prefix `json:"deny,omitempty"`  // refused
}

// PathLimit is a rate for the paths that begin with Prefix.
type PathLimit struct {
	Prefix string `json:"prefix"`
	Rate   Rate   `json:"rate"`
}

// Bans turn an address away For a while once more than After attacks of it were stopped, or would have been. Off while
// After is zero. The text is "10/10m:1h": ten attacks in ten minutes, an hour.
type Bans struct {
	After Rate
	For   time.Duration
}

// IsZero reports whether bans are off.
func (b Bans) IsZero() bool { return b.After.IsZero() }

// String returns the text of the bans; empty for off.
func (b Bans) String() string {
	if b.IsZero() {
		return ""
	}
	return b.After.String() + ":" + shortSpan(b.For)
}

// MarshalText writes the text of the bans.
func (b Bans) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads bans such as "10/10m:1h"; the empty text and "0" turn them off. KindInvalid names what is wrong.
func (b *Bans) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" || s == "0" {
		*b = Bans{}
		return nil
	}
	after, span, ok := strings.Cut(s, ":")
	duration, err := time.ParseDuration(span)
	if !ok || err != nil || duration < time.Second || duration > maxBan {
		return Invalid(fmt.Sprintf("ban %q: write attacks/time:duration, such as 10/10m:1h, with a duration of 1s to 720h", s))
	}
	rate, err := ParseRate(after)
	if err != nil {
		return fmt.Errorf("ban %q: %w", s, err)
	}
	*b = Bans{After: rate, For: duration}
	return nil
}

const maxBan = 30 * 24 * time.Hour

// LoginGuard slows down the guessing of passwords: it reads from the origin's answer whether a login failed, and turns
// an address away from the login after too many failures. Off while Preset is empty.
type LoginGuard struct {
	Preset   LoginPreset `json:"preset,omitempty"`
	Path     string      `json:"path,omitempty"` // where the login is, if not where the preset looks
	Failures Rate        `json:"failures,omitzero"`
}

// IsZero reports whether the guard is off.
func (g LoginGuard) IsZero() bool { return g.Preset == "" }

// Alertness says who decides that a site is under attack.
type Alertness uint8

const (
	// AlertAuto leaves it to what is usual at the site.
	AlertAuto Alertness = iota
	// AlertOn treats the site as under attack until somebody says otherwise.
	AlertOn
	// AlertOff never does.
	AlertOff
)

var alertNames = names[Alertness]{"auto", "on", "off"}

// String returns the stored name.
func (a Alertness) String() string { return alertNames.text(a) }

// MarshalText writes the name.
func (a Alertness) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads auto, on or off; another word is KindInvalid.
func (a *Alertness) UnmarshalText(text []byte) error {
	return alertNames.parse(a, "under attack", text)
}

// LoginPreset names a product whose logins we can read.
type LoginPreset string

// Login presets.
const (
	LoginWordPress   LoginPreset = "wordpress"
	LoginECCUBE      LoginPreset = "ec-cube"
	LoginMovableType LoginPreset = "movable-type"
)

// LoginPresets lists the presets that exist.
var LoginPresets = []LoginPreset{LoginWordPress, LoginECCUBE, LoginMovableType}

// IsZero reports whether nothing is limited.
func (l Limits) IsZero() bool {
	return l.Site.IsZero() && l.Address.IsZero() && l.Session.IsZero() && l.Cookie == "" && len(l.Paths) == 0 &&
		l.Bans.IsZero() && l.Login.IsZero() && l.UnderAttack == AlertAuto && len(l.Allow) == 0 && len(l.Deny) == 0
}

const (
	maxPathLimits = 32
	maxPrefixes   = 10_000
)

// Validate reports the first setting that cannot work, by its key and with what fits (KindInvalid).
func (l *Limits) Validate() error {
	if l.Session.IsZero() != (l.Cookie == "") {
		return Invalid("limits: session and cookie go together: a rate, and the name of the cookie that tells sessions apart")
	}
	if len(l.Paths) > maxPathLimits {
		return Invalid(fmt.Sprintf("limits: %d paths: at most %d", len(l.Paths), maxPathLimits))
	}
	for _, limit := range l.Paths {
		if !strings.HasPrefix(limit.Prefix, "/") || limit.Rate.IsZero() {
			return Invalid(fmt.Sprintf("limits: path %q: a path begins with a slash and has a rate, such as /contact=10/1m", limit.Prefix))
		}
	}
	if err := l.Login.validate(); err != nil {
		return err
	}
	if len(l.Allow) > maxPrefixes || len(l.Deny) > maxPrefixes {
		return Invalid(fmt.Sprintf("limits: allow and deny hold at most %d networks each", maxPrefixes))
	}
	return nil
}

func (g LoginGuard) validate() error {
	if g.IsZero() {
		if g.Path != "" || !g.Failures.IsZero() {
			return Invalid("limits: login needs a preset: " + presetList())
		}
		return nil
	}
	for _, preset := range LoginPresets {
		if g.Preset != preset {
			continue
		}
		if g.Failures.IsZero() || (g.Path != "" && !strings.HasPrefix(g.Path, "/")) {
			return Invalid("limits: login needs a rate of failures, such as 10/10m, and a path that begins with a slash if one is given")
		}
		return nil
	}
	return Invalid(fmt.Sprintf("limits: login preset %q: use %s", g.Preset, presetList()))
}

func presetList() string {
	words := make([]string, len(LoginPresets))
	for i, preset := range LoginPresets {
		words[i] = string(preset)
	}
	return strings.Join(words, ", ")
}
