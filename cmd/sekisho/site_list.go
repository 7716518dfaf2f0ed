package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

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
			t := newTable(cmd.OutOrStdout(), "HOST", "TENANT", "STATE", "MODE", "ORIGIN")
			for _, site := range sites {
				t.row(site.Host, string(site.Tenant), stateInWords(site), modeInWords(site), site.Origin)
			}
			return t.flush()
		})
	}
	return cmd
}

// stateInWords is where the site stands, and whether visitors see the maintenance page instead of it.
func stateInWords(site control.SiteView) string {
	if site.Maintenance.On {
		return site.State.Words() + ", maintenance page"
	}
	return site.State.Words()
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
