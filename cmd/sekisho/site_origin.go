package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteOrigin() *cobra.Command {
	var f recordsFlags
	var trust, clear, asJSON bool
	var given []*hardeningFlag
	cmd := &cobra.Command{
		Use:   "origin HOST",
		Short: "Show or change how requests reach the servers behind HOST: more servers, checks, timeouts, TLS, lock-down",
		Long: "Show how requests reach the servers behind HOST and how these are doing, or change what is given; \"\" removes a\n" +
			"setting. The first server is changed by: sekisho site set HOST --origin URL. Files are read again when they change.",
		Args: exactArgs("HOST"),
	}
	f.add(cmd)
	for _, setting := range config.OriginSettings(func(bool) *sekisho.Origins { return new(sekisho.Origins) }) {
		flag := &hardeningFlag{setting: setting}
		given = append(given, flag)
		cmd.Flags().Var(flag, strings.TrimPrefix(setting.Flag(), "origin-"), setting.Help)
	}
	cmd.Flags().BoolVar(&trust, "trust-origin", false, "vouch for the servers: they may stand in a private network, or on this machine")
	cmd.Flags().BoolVar(&clear, "clear", false, "return to one server and the usual settings")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := findSite(ctx, service, args[0])
			if err != nil {
				return err
			}
			origins, changed := site.Origins, clear || trust
			if clear {
				origins = sekisho.Origins{}
			}
			for i, setting := range config.OriginSettings(func(bool) *sekisho.Origins { return &origins }) {
				if given[i].value == nil {
					continue
				}
				changed = true
				if err := setting.Set(*given[i].value); err != nil {
					return err
				}
			}
			if changed {
				put := control.PutSite{Host: site.Host, Known: true, Origins: &origins, VouchOrigin: trust}
				if err := app.AbsoluteFiles(&put); err != nil {
					return err
				}
				if site, err = service.PutSite(ctx, put); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), site)
			}
			return printOrigins(cmd.OutOrStdout(), &site)
		})
	}
	return cmd
}

func printOrigins(out io.Writer, site *control.SiteView) error {
	t := newTable(out, "ORIGIN", site.Host)
	servers := site.Servers
	if servers == nil { // nothing is served
		servers = append(servers, control.ServerState{Origin: site.Origin, Weight: max(site.Origins.Weight, 1)})
		for _, other := range site.Origins.Others {
			servers = append(servers, control.ServerState{Origin: other.URL, Weight: other.Weight})
		}
	}
	for _, server := range servers {
		words := fmt.Sprintf("weight %d", server.Weight)
		if server.Weight == 0 {
			words = "stands by"
		}
		if server.Away {
			words += "; away: " + printable(server.Why)
		}
		t.row(server.Origin, words)
	}
	vouched := "by a customer: public addresses, and those of origin_networks"
	if site.Origins.Vouched {
		vouched = "by the operator: any address"
	}
	t.row("named", vouched)
	for _, setting := range config.OriginSettings(func(bool) *sekisho.Origins { return &site.Origins }) {
		if value := setting.Value(); value != "" && setting.Key != "origin_others" && setting.Key != "origin_weight" {
			t.row(strings.TrimPrefix(setting.Flag(), "origin-"), value)
		}
	}
	return t.flush()
}

func newSiteMaintenance() *cobra.Command {
	var f recordsFlags
	var retry time.Duration
	cmd := &cobra.Command{
		Use:   "maintenance HOST on|off",
		Short: "Show visitors of HOST a page that the site is being worked on, or the site again",
		Long: "Show visitors of HOST a page that the site is being worked on (503 with Retry-After, in Japanese and English), or\n" +
			"the site again. Visitors on the site's allow list (`sekisho site limits HOST --allow`) see the site itself.",
		Args: exactArgs("HOST", "on|off"),
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&retry, "retry-after", 0, "when visitors and search engines should come back, such as 30m (10m unless given)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var maintenance sekisho.Maintenance
		switch args[1] {
		case "on":
			maintenance = sekisho.Maintenance{On: true, RetryAfter: retry}
		case "off":
		default:
			return sekisho.Invalid(fmt.Sprintf("%q: use on or off", args[1]))
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := service.PutSite(ctx, control.PutSite{Host: args[0], Known: true, Maintenance: &maintenance})
			if err != nil {
				return err
			}
			words := "shows the site"
			if site.Maintenance.On {
				words = "shows the maintenance page; back with: sekisho site maintenance " + site.Host + " off"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", site.Host, words)
			return err
		})
	}
	return cmd
}
