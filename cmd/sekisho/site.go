package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSite() *cobra.Command {
	return group("site", "Add, change, list and remove protected sites",
		newSiteAdd(), newSiteVerify(), newSiteCertificate(), newSiteBypass(), newSiteResume(), newSitePause(), newSiteList(), newSiteShow(), newSiteSet(), newSiteLimits(), newSiteUnderAttack(), newSiteOrigin(), newSiteProbe(), newSiteMaintenance(), newSiteRemove(), newSiteImport())
}

func newSiteAdd() *cobra.Command {
	var f siteFlags
	cmd := &cobra.Command{Use: "add HOST ORIGIN_URL", Short: "Protect HOST by forwarding to ORIGIN_URL", Args: exactArgs("HOST", "ORIGIN_URL")}
	f.add(cmd)
	cmd.Flags().StringVar(&f.tenant, "tenant", string(sekisho.DefaultTenant), "tenant that the site belongs to")
	trust := cmd.Flags().Bool("trust-name", false, "vouch for the name: serve it without a proof from its owner")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.origin = args[1]
		put, err := f.put(cmd, args[0])
		if err != nil {
			return err
		}
		if err := app.AbsoluteFiles(&put); err != nil {
			return err
		}
		put.New, put.Trust = true, *trust
		if put.Policy, err = f.policy(cmd, sekisho.DefaultPolicy()); err != nil {
			return err
		}
		if put.Hardening, err = f.harden(sekisho.Hardening{}); err != nil {
			return err
		}
		return f.records.with(cmd, func(ctx context.Context, service control.Service) error {
			site, err := service.PutSite(ctx, put)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is added for tenant %s, in %s mode, forwarding to %s\n", site.Host, site.Tenant, site.EffectiveMode, site.Origin)
			if err == nil && site.State == sekisho.StateDraft {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "it is a draft and is not served yet; next: sekisho site verify %s\n", site.Host)
			}
			return err
		})
	}
	return cmd
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

func emptyNotNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
