package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

// limitFlags are the limits of a site as the command line takes them.
type limitFlags struct {
	records                               recordsFlags
	site, address, session, cookie, bans  string
	paths, allow, deny                    []string
	loginPreset, loginPath, loginFailures string
	asJSON, clear                         bool
}

func newSiteLimits() *cobra.Command {
	var f limitFlags
	cmd := &cobra.Command{
		Use:   "limits HOST",
		Short: "Show or change how much visitors may use: rates, bans, logins, lists",
		Long: "Show a site's limits, or change those that are given; \"\" removes one. A rate is requests/time: 300/1m lets 300\n" +
			"requests through at once and 300 more each minute. An address is an IPv4 address or an IPv6 /64. Visitors are turned\n" +
			"away in block mode; detect mode counts whom it would have turned away (see `sekisho status --json`).",
		Args: exactArgs("HOST"),
	}
	f.records.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.site, "site", "", "rate of all visitors together, such as 3000/1m; beyond it 503")
	flags.StringVar(&f.address, "address", "", "rate of each address, such as 300/1m; beyond it 429")
	flags.StringArrayVar(&f.paths, "path", nil, "rate of each address on a path, such as /contact=10/1m (may be repeated; replaces the list)")
	flags.StringVar(&f.session, "session", "", "rate of each session, such as 120/1m (with --session-cookie)")
	flags.StringVar(&f.cookie, "session-cookie", "", "name of the cookie that tells sessions apart")
	flags.StringVar(&f.bans, "ban", "", "ban an address after attacks/time:duration, such as 10/10m:1h")
	flags.StringVar(&f.loginPreset, "login", "", "guard the login of: wordpress, ec-cube or movable-type")
	flags.StringVar(&f.loginPath, "login-path", "", "where the login is, if not where the product has it")
	flags.StringVar(&f.loginFailures, "login-failures", "", "rate of failed logins of each address (10/10m unless given)")
	flags.StringArrayVar(&f.allow, "allow", nil, "network that no limit holds for; still inspected (may be repeated; replaces the list)")
	flags.StringArrayVar(&f.deny, "deny", nil, "network that is refused (may be repeated; replaces the list)")
	flags.BoolVar(&f.clear, "clear", false, "remove every limit")
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.records.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := findSite(ctx, service, args[0])
			if err != nil {
				return err
			}
			limits := site.Limits
			changed, err := f.apply(cmd, &limits)
			if err != nil {
				return err
			}
			if changed {
				if site, err = service.PutSite(ctx, control.PutSite{Host: site.Host, Known: true, Limits: &limits}); err != nil {
					return err
				}
			}
			if f.asJSON {
				return printJSON(cmd.OutOrStdout(), site.Limits)
			}
			return printLimits(cmd.OutOrStdout(), site.Host, &site.Limits)
		})
	}
	return cmd
}

// apply puts the flags that were given into limits, and says whether there were any.
func (f *limitFlags) apply(cmd *cobra.Command, limits *sekisho.Limits) (changed bool, err error) {
	if f.clear {
		*limits, changed = sekisho.Limits{}, true
	}
	for _, flag := range []struct {
		name string
		set  func() error
	}{
		{"site", func() error { return limits.Site.UnmarshalText([]byte(f.site)) }},
		{"address", func() error { return limits.Address.UnmarshalText([]byte(f.address)) }},
		{"session", func() error { return limits.Session.UnmarshalText([]byte(f.session)) }},
		{"session-cookie", func() error { limits.Cookie = f.cookie; return nil }},
		{"ban", func() error { return limits.Bans.UnmarshalText([]byte(f.bans)) }},
		{"path", func() (err error) { limits.Paths, err = parsePathLimits(f.paths); return err }},
		{"login", func() error { return setLogin(&limits.Login, f.loginPreset) }},
		{"login-path", func() error { limits.Login.Path = f.loginPath; return nil }},
		{"login-failures", func() error { return limits.Login.Failures.UnmarshalText([]byte(f.loginFailures)) }},
		{"allow", func() (err error) { limits.Allow, err = parseNetworks(f.allow); return err }},
		{"deny", func() (err error) { limits.Deny, err = parseNetworks(f.deny); return err }},
	} {
		if !cmd.Flags().Changed(flag.name) {
			continue
		}
		if err := flag.set(); err != nil {
			return false, fmt.Errorf("--%s: %w", flag.name, err)
		}
		changed = true
	}
	return changed, nil
}

// setLogin turns the guard on with a rate that people who mistype do not meet, or off.
func setLogin(guard *sekisho.LoginGuard, preset string) error {
	if preset == "" {
		*guard = sekisho.LoginGuard{}
		return nil
	}
	guard.Preset = sekisho.LoginPreset(preset)
	if guard.Failures.IsZero() {
		return guard.Failures.UnmarshalText([]byte("10/10m"))
	}
	return nil
}

func parsePathLimits(texts []string) (limits []sekisho.PathLimit, err error) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		at := strings.LastIndexByte(text, '=')
		if at < 0 {
			return nil, sekisho.Invalid(fmt.Sprintf("%q: write path=rate, such as /contact=10/1m", text))
		}
		rate, err := sekisho.ParseRate(text[at+1:])
		if err != nil {
			return nil, err
		}
		limits = append(limits, sekisho.PathLimit{Prefix: text[:at], Rate: rate})
	}
	return limits, nil
}

// parseNetworks reads networks and single addresses.
func parseNetworks(texts []string) (networks []netip.Prefix, err error) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, sekisho.Invalid(fmt.Sprintf("%q: write a network or an address, such as 192.0.2.0/24 or 2001:db8::1", text))
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

func printLimits(out io.Writer, host string, limits *sekisho.Limits) error {
	if limits.IsZero() {
		_, err := fmt.Fprintf(out, "%s has no limits\n", host)
		return err
	}
	t := newTable(out, "LIMIT", host)
	row := func(name, value string) {
		if value != "" {
			t.row(name, value)
		}
	}
	row("all visitors", limits.Site.String())
	row("address", limits.Address.String())
	for _, path := range limits.Paths {
		row("path "+path.Prefix, path.Rate.String())
	}
	if limits.Cookie != "" {
		row("session "+limits.Cookie, limits.Session.String())
	}
	row("ban", limits.Bans.String())
	if !limits.Login.IsZero() {
		row("failed logins", strings.TrimSpace(limits.Login.Failures.String()+" "+string(limits.Login.Preset)+" "+limits.Login.Path))
	}
	if limits.UnderAttack != sekisho.AlertAuto {
		row("under attack", limits.UnderAttack.String())
	}
	row("allow", joinNetworks(limits.Allow))
	row("deny", joinNetworks(limits.Deny))
	return t.flush()
}

func joinNetworks(networks []netip.Prefix) string {
	texts := make([]string, len(networks))
	for i, network := range networks {
		texts[i] = network.String()
	}
	return strings.Join(texts, " ")
}
