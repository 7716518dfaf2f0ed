package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteSet() *cobra.Command {
	var f siteFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "set HOST [flags]  |  set --all --mode off|detect|block|own",
		Short: "Change a site; `site set HOST --mode off` is the kill switch",
		Long: "Change a site. `site set HOST --mode off` is the kill switch: requests pass uninspected at once, also while the\n" +
			"database is away. `site set --all --mode off` does so for every site, until `site set --all --mode own` lets\n" +
			"each return to its own mode. A site that is off stays off under --all, whatever its mode.",
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
		if err := app.AbsoluteFiles(&put); err != nil {
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
	others := append([]string{"origin", "trust-origin", "fail-mode", "beyond-limit", "cert-file", "key-file"}, policyFlags...)
	for _, flag := range f.hardening {
		others = append(others, flag.setting.Flag())
	}
	if put.Mode != nil && !slices.ContainsFunc(others, cmd.Flags().Changed) {
		set, err := service.SetMode(ctx, control.SetMode{Host: put.Host, Mode: put.Mode})
		if err != nil {
			return err
		}
		if !set.Stored {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "sekisho: "+oneLine(set.Notice))
		}
		if set.Forced != nil {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s stays in %s mode, which every site is forced to; it is in %s mode after: sekisho site set --all --mode own\n", put.Host, *set.Forced, *put.Mode)
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is in %s mode\n", put.Host, *put.Mode)
		return err
	}
	if slices.ContainsFunc(others, cmd.Flags().Changed) {
		current, err := findSite(ctx, service, put.Host)
		if err != nil {
			return err
		}
		if put.Policy, err = f.policy(cmd, current.Policy); err != nil {
			return err
		}
		if put.Hardening, err = f.harden(current.Hardening); err != nil {
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
			text = fmt.Sprintf("every site that is not off is in %s mode until: sekisho site set --all --mode own", *set.Mode)
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
		return err
	})
}
