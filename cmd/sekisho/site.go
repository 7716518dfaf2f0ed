package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSite() *cobra.Command {
	return group("site", "Add, change, list and remove protected sites",
		newSiteAdd(), newSiteList(), newSiteShow(), newSiteSet(), newSiteRemove(), newSiteImport())
}

// siteFlags are the settings of a site that site add and site set share.
type siteFlags struct {
	records     recordsFlags
	tenant      string
	origin      string
	mode        string
	failMode    string
	beyondLimit string
	certFile    string
	keyFile     string
	paranoia    int
	threshold   int
	customRules string
}

func (f *siteFlags) add(cmd *cobra.Command) {
	f.records.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.mode, "mode", "", "off (forward without inspecting), detect (inspect and record) or block")
	flags.StringVar(&f.failMode, "fail-mode", "", "what happens when inspection itself fails: closed (503) or open (forward)")
	flags.StringVar(&f.beyondLimit, "beyond-limit", "", "body bytes beyond the inspection limit: pass or refuse")
	flags.StringVar(&f.certFile, "cert-file", "", "PEM file with the site's certificate chain (with --key-file)")
	flags.StringVar(&f.keyFile, "key-file", "", "PEM file with the certificate's private key")
	flags.IntVar(&f.paranoia, "paranoia-level", 0, "how strict the Core Rule Set judges: 1 (few false positives) to 4")
	flags.IntVar(&f.threshold, "inbound-threshold", 0, "anomaly score from which a request counts as an attack")
	flags.StringVar(&f.customRules, "custom-rules", "", `file with rules in SecLang, loaded behind the Core Rule Set; "" removes them`)
}

// put turns the flags that were given into a change of host.
func (f *siteFlags) put(cmd *cobra.Command, host string) (put control.PutSite, err error) {
	put.Host = host
	given := cmd.Flags().Changed
	if given("tenant") {
		tenant, err := sekisho.ParseTenantID(f.tenant)
		if err != nil {
			return put, err
		}
		put.Tenant = &tenant
	}
	if given("origin") || f.origin != "" {
		put.Origin = &f.origin
	}
	if given("mode") {
		put.Mode = new(sekisho.Mode)
		if err := put.Mode.UnmarshalText([]byte(f.mode)); err != nil {
			return put, fmt.Errorf("--mode: %w", err)
		}
	}
	if given("fail-mode") {
		put.FailMode = new(sekisho.FailMode)
		if err := put.FailMode.UnmarshalText([]byte(f.failMode)); err != nil {
			return put, fmt.Errorf("--fail-mode: %w", err)
		}
	}
	if given("beyond-limit") {
		put.BeyondLimit = new(sekisho.BeyondLimit)
		if err := put.BeyondLimit.UnmarshalText([]byte(f.beyondLimit)); err != nil {
			return put, fmt.Errorf("--beyond-limit: %w", err)
		}
	}
	if given("cert-file") {
		put.CertFile = &f.certFile
	}
	if given("key-file") {
		put.KeyFile = &f.keyFile
	}
	return put, nil
}

// policyFlags change a site's policy.
var policyFlags = []string{"paranoia-level", "inbound-threshold", "custom-rules"}

// policy applies the policy flags that were given to a site's policy; nil when none was.
func (f *siteFlags) policy(cmd *cobra.Command, current sekisho.Policy) (*sekisho.Policy, error) {
	given := cmd.Flags().Changed
	if !slices.ContainsFunc(policyFlags, given) {
		return nil, nil //nolint:nilnil // nothing to change is an answer
	}
	if given("paranoia-level") {
		current.ParanoiaLevel = f.paranoia
	}
	if given("inbound-threshold") {
		current.InboundThreshold = f.threshold
	}
	if given("custom-rules") {
		current.CustomRules = ""
		if f.customRules != "" {
			rules, err := config.ReadRules(f.customRules)
			if err != nil {
				return nil, fmt.Errorf("--custom-rules: %w", err)
			}
			current.CustomRules = rules
		}
	}
	return &current, nil
}

func newSiteAdd() *cobra.Command {
	var f siteFlags
	cmd := &cobra.Command{Use: "add HOST ORIGIN_URL", Short: "Protect HOST by forwarding to ORIGIN_URL", Args: exactArgs("HOST", "ORIGIN_URL")}
	f.add(cmd)
	cmd.Flags().StringVar(&f.tenant, "tenant", string(sekisho.DefaultTenant), "tenant that the site belongs to")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.origin = args[1]
		put, err := f.put(cmd, args[0])
		if err != nil {
			return err
		}
		put.New = true
		if put.Policy, err = f.policy(cmd, sekisho.DefaultPolicy()); err != nil {
			return err
		}
		return f.records.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := service.PutSite(ctx, put)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is added for tenant %s, in %s mode, forwarding to %s\n", site.Host, site.Tenant, site.EffectiveMode, site.Origin)
			return err
		})
	}
	return cmd
}

func newSiteSet() *cobra.Command {
	var f siteFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "set HOST [flags]  |  set --all --mode off|detect|block|own",
		Short: "Change a site; `site set HOST --mode off` is the kill switch",
		Long: "Change a site. `site set HOST --mode off` is the kill switch: requests pass uninspected at once, also while the\n" +
			"database is away. `site set --all --mode off` does so for every site, until `site set --all --mode own` lets\n" +
			"each return to its own mode.",
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return exactArgs()(cmd, args)
			}
			return exactArgs("HOST")(cmd, args)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.origin, "origin", "", "where requests go, such as http://127.0.0.1:8080")
	cmd.Flags().BoolVar(&all, "all", false, "every site (with --mode only)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if all {
			return setAllModes(cmd, &f)
		}
		put, err := f.put(cmd, args[0])
		if err != nil {
			return err
		}
		put.Known = true
		return f.records.with(cmd, func(ctx context.Context, service control.Service) error {
			return setSite(ctx, cmd, service, &f, put)
		})
	}
	return cmd
}

// setSite takes the short way for a change of mode alone, which needs no database.
func setSite(ctx context.Context, cmd *cobra.Command, service control.Service, f *siteFlags, put control.PutSite) error {
	others := append([]string{"origin", "fail-mode", "beyond-limit", "cert-file", "key-file"}, policyFlags...)
	if put.Mode != nil && !slices.ContainsFunc(others, cmd.Flags().Changed) {
		set, err := service.SetMode(ctx, control.SetMode{Host: put.Host, Mode: put.Mode})
		if err != nil {
			return err
		}
		if !set.Stored {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "sekisho: "+oneLine(set.Notice))
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is in %s mode\n", put.Host, *put.Mode)
		return err
	}
	if slices.ContainsFunc(policyFlags, cmd.Flags().Changed) {
		current, err := findSite(ctx, service, put.Host)
		if err != nil {
			return err
		}
		if put.Policy, err = f.policy(cmd, current.Policy); err != nil {
			return err
		}
	}
	site, err := service.PutSite(ctx, put)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is changed; it is in %s mode, forwarding to %s\n", site.Host, site.EffectiveMode, site.Origin)
	return err
}

func setAllModes(cmd *cobra.Command, f *siteFlags) error {
	var set control.SetMode
	switch f.mode {
	case "":
		return sekisho.Invalid("--all needs --mode off, detect, block or own")
	case "own":
	default:
		set.Mode = new(sekisho.Mode)
		if err := set.Mode.UnmarshalText([]byte(f.mode)); err != nil {
			return sekisho.Invalid(fmt.Sprintf("--mode %q: with --all use off, detect, block or own", f.mode))
		}
	}
	return f.records.with(cmd, func(ctx context.Context, service control.Service) error {
		if _, err := service.SetMode(ctx, set); err != nil {
			return err
		}
		text := "every site is in its own mode"
		if set.Mode != nil {
			text = fmt.Sprintf("every site is in %s mode until: sekisho site set --all --mode own", *set.Mode)
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
		return err
	})
}

func newSiteList() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List every site", Args: exactArgs()}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			sites, err := service.Sites(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), emptyNotNull(sites))
			}
			t := newTable(cmd.OutOrStdout(), "HOST", "TENANT", "MODE", "ORIGIN")
			for _, site := range sites {
				t.row(site.Host, string(site.Tenant), modeInWords(site), site.Origin)
			}
			return t.flush()
		})
	}
	return cmd
}

func modeInWords(site control.SiteView) string {
	if site.EffectiveMode != site.Mode {
		return fmt.Sprintf("%s (own: %s)", site.EffectiveMode, site.Mode)
	}
	return site.Mode.String()
}

func newSiteShow() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{Use: "show HOST", Short: "Print everything about a site as JSON", Args: exactArgs("HOST")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := findSite(ctx, service, args[0])
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), site)
		})
	}
	return cmd
}

func findSite(ctx context.Context, service control.Service, name string) (control.SiteView, error) {
	host, err := control.ParseHost(name)
	if err != nil {
		return control.SiteView{}, err
	}
	sites, err := service.Sites(ctx)
	if err != nil {
		return control.SiteView{}, err
	}
	for _, site := range sites {
		if site.Host == host {
			return site, nil
		}
	}
	return control.SiteView{}, sekisho.NotFound("site " + host)
}

func newSiteRemove() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{Use: "remove HOST", Short: "Stop serving HOST; its events and incidents stay", Args: exactArgs("HOST")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if err := service.RemoveSite(ctx, args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is removed\n", args[0])
			return err
		})
	}
	return cmd
}

func newSiteImport() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add or change the sites of a YAML file (the `sites:` list of a configuration)",
		Long:  "Add or change the sites of a YAML file, in the form of the `sites:` list of a configuration. The whole file is\nchecked before the first site is touched.",
		Args:  exactArgs("FILE"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg := config.Default()
		if err := cfg.ReadFile(args[0]); err != nil {
			return err
		}
		puts, err := importPuts(&cfg)
		if err != nil {
			return err
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if err := importableTenants(ctx, service, puts); err != nil {
				return err
			}
			for _, put := range puts {
				if _, err := service.PutSite(ctx, put); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d sites are imported\n", len(puts))
			return err
		})
	}
	return cmd
}

// importPuts checks every site of the file.
func importPuts(cfg *config.Config) ([]control.PutSite, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	puts := make([]control.PutSite, len(cfg.Sites))
	for i, site := range cfg.Sites {
		put, err := app.PutOf(site)
		if err != nil {
			return nil, err
		}
		puts[i] = put
	}
	return puts, nil
}

func importableTenants(ctx context.Context, service control.Service, puts []control.PutSite) error {
	tenants, err := service.Tenants(ctx)
	if err != nil {
		return err
	}
	known := map[sekisho.TenantID]bool{}
	for _, tenant := range tenants {
		known[tenant.ID] = true
	}
	for _, put := range puts {
		if !known[*put.Tenant] {
			return &sekisho.Error{Kind: sekisho.KindNotFound, Msg: fmt.Sprintf("site %s: no tenant %s; add it with: sekisho tenant add %s", put.Host, *put.Tenant, *put.Tenant)}
		}
	}
	return nil
}

func emptyNotNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
