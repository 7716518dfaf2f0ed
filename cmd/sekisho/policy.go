package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/ruleset"
)

func newPolicy() *cobra.Command {
	return group("policy", "Which rules sites are judged by, and how an update of them comes into force",
		newPolicyVersions(), newPolicyStatus(),
		newRollout("shadow", "Show a sample of requests to the next rules too, after they were answered", "percent of requests", 1),
		newRollout("canary", "Judge a share of the sites by the next rules", "percent of sites", 10),
		newRollout("promote", "Judge every site by the next rules", "", 0),
		newRollback())
}

// newRollout returns one step of an update.
func newRollout(do, short, percent string, usual float64) *cobra.Command {
	var f recordsFlags
	var dir string
	change := control.ChangeRollout{Do: do}
	cmd := &cobra.Command{
		Use: do + " [VERSION]", Short: short,
		Long: short + ". VERSION is one of `sekisho policy versions`, or without one the next that there is. --crs-dir takes\n" +
			"an unpacked release of the Core Rule Set instead (with a small_business.yaml in it, our profile too), and keeps it.\n" +
			"Every site's policy must compile with the rules before any site gets them. `sekisho policy rollback` takes it back.",
		Args: cobra.MaximumNArgs(1),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&dir, "crs-dir", "", "folder of an unpacked Core Rule Set release")
	if percent != "" {
		cmd.Flags().Float64Var(&change.Percent, "percent", usual, percent)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 1 && dir != "":
			return sekisho.Invalid("give a version or --crs-dir, not both")
		case len(args) == 1:
			change.Version = args[0]
		case dir != "":
			pack, err := ruleset.PackVersion(dir)
			if err != nil {
				return err
			}
			change.Pack = pack
		}
		return changeRollout(cmd, &f, change)
	}
	return cmd
}

func newRollback() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use: "rollback", Short: "End the update that is under way, or return from the last one",
		Args: exactArgs(),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return changeRollout(cmd, &f, control.ChangeRollout{Do: "rollback"})
	}
	return cmd
}

func changeRollout(cmd *cobra.Command, f *recordsFlags, change control.ChangeRollout) error {
	change.Author = currentUser()
	return f.with(cmd, func(ctx context.Context, service control.Service) error {
		status, err := service.ChangeRollout(ctx, change)
		if err != nil {
			return err
		}
		return printRollout(cmd.OutOrStdout(), status)
	})
}

func newPolicyVersions() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	cmd := &cobra.Command{Use: "versions", Short: "List the rules that there are, and how many sites are judged by each", Args: exactArgs()}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			status, err := service.PolicyStatus(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), emptyNotNull(status.Versions))
			}
			t := newTable(cmd.OutOrStdout(), "VERSION", "CORE RULE SET", "SINCE", "SITES", "")
			for _, v := range status.Versions {
				role := ""
				switch v.Name {
				case status.Current:
					role = "current"
				case status.Next:
					role = "next"
				case status.Previous:
					role = "previous"
				}
				t.row(v.Name, v.Release, localTime(v.Added), strconv.Itoa(v.Sites), role)
			}
			return t.flush()
		})
	}
	return cmd
}

func newPolicyStatus() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	cmd := &cobra.Command{Use: "status", Short: "Say how far an update of the rules has come, and what shadowing has shown", Args: exactArgs()}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			status, err := service.PolicyStatus(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), status)
			}
			return printRollout(cmd.OutOrStdout(), status)
		})
	}
	return cmd
}

func printRollout(w io.Writer, status control.PolicyStatus) error {
	line := func(format string, args ...any) (err error) {
		_, err = fmt.Fprintf(w, format+"\n", args...)
		return err
	}
	if err := line("sites are judged by %s", printable(status.Current)); err != nil {
		return err
	}
	switch status.Stage {
	case sekisho.RolloutShadow:
		if err := line("%g %% of the requests are shown to %s too", status.Percent, printable(status.Next)); err != nil {
			return err
		}
	case sekisho.RolloutCanary:
		if err := line("%g %% of the sites are judged by %s", status.Percent, printable(status.Next)); err != nil {
			return err
		}
	}
	if status.Shadow == nil {
		return nil
	}
	if err := line("%d requests compared (%d missed): %d stopped by the next rules only, %d by the current ones only",
		status.Shadow.Compared, status.Shadow.Missed, status.Shadow.Stricter, status.Shadow.Laxer); err != nil || len(status.Shadow.Rules) == 0 {
		return err
	}
	t := newTable(w, "RULE", "ONLY CURRENT", "ONLY NEXT")
	for _, rule := range status.Shadow.Rules {
		t.row(strconv.Itoa(rule.Rule), strconv.Itoa(rule.OnlyCurrent), strconv.Itoa(rule.OnlyNext))
	}
	return t.flush()
}
