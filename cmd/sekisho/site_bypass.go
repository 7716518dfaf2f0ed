package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteBypass() *cobra.Command {
	var f recordsFlags
	var dns bool
	cmd := &cobra.Command{
		Use:   "bypass HOST",
		Short: "Let the visitors of HOST through uninspected, until: sekisho site resume HOST",
		Long: "Let the visitors of HOST through uninspected, at once, also while the database is away. With --dns our name\n" +
			"server leads them to the origin's own addresses instead, within a minute; that is offered only while the origin\n" +
			"was just seen to answer for HOST by itself, with a certificate that browsers accept.",
		Args: exactArgs("HOST"),
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&dns, "dns", false, "lead visitors past us (needs dns_zone, and a name that points to HOST's name there)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := service.Bypass(ctx, control.Bypass{Host: args[0], DNS: dns})
			if err != nil {
				return err
			}
			way := "through us, uninspected"
			if len(site.BypassTo) > 0 {
				way = fmt.Sprintf("past us, to %v; everybody is there after a minute", site.BypassTo)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is %s: visitors go %s; back with: sekisho site resume %s\n", site.Host, site.State.Words(), way, site.Host)
			return err
		})
	}
	return cmd
}

func newSiteResume() *cobra.Command {
	return siteMove("resume", "Inspect HOST again after a bypass, or take it back into service after a pause", control.Service.Resume)
}

func newSitePause() *cobra.Command {
	return siteMove("pause", "Take HOST out of service: its name is refused until it is resumed", control.Service.Pause)
}

func siteMove(name, short string, move func(control.Service, context.Context, string) (control.SiteView, error)) *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{Use: name + " HOST", Short: short, Args: exactArgs("HOST")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := move(service, ctx, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is %s\n", site.Host, site.State.Words())
			return err
		})
	}
	return cmd
}
