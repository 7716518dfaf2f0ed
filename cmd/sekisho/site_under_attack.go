package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteUnderAttack() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "under-attack HOST on|off|auto",
		Short: "Treat HOST as under attack, never do, or find out (default)",
		Long: "While a site is under attack each address may make 120 requests a minute, or half of its own limit where that is\n" +
			"less; where its origin suffers all the same, all visitors together are limited, too. \"auto\" finds out: many times the\n" +
			"requests that are usual at this hour, and many of them attacks, or an origin that slows down. Visitors are turned away\n" +
			"in block mode; detect mode counts whom it would have turned away.",
		Args: exactArgs("HOST", "on|off|auto"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var alertness sekisho.Alertness
		if err := alertness.UnmarshalText([]byte(args[1])); err != nil {
			return err
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := findSite(ctx, service, args[0])
			if err != nil {
				return err
			}
			limits := site.Limits
			limits.UnderAttack = alertness
			if _, err := service.PutSite(ctx, control.PutSite{Host: site.Host, Known: true, Limits: &limits}); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: under attack %s\n", site.Host, alertness)
			return err
		})
	}
	return cmd
}
