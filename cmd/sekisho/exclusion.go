package main

import (
	"context"
	"fmt"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newExclusion() *cobra.Command {
	return group("exclusion", "What a rule does not look at: one parameter, on one path, until it expires",
		newExclusionAdd(), newExclusionList(), newExclusionRemove())
}

func newExclusionAdd() *cobra.Command {
	var f recordsFlags
	var site, author, expires string
	var e sekisho.Exclusion
	cmd := &cobra.Command{
		Use:   "add --site HOST --rule ID --path PATH --parameter PARAMETER --reason TEXT",
		Short: "Let a customer's request pass that a rule took for an attack",
		Long: "Makes one rule leave out one parameter on one path of a site, at once and until it expires. The event of the\n" +
			"request names the rule and the parameter: sekisho events --id NUMBER --json. Every request that passes only\n" +
			"because of it leaves an event with the reason \"excluded\".",
		Args: exactArgs(),
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&site, "site", "", "host of the site")
	flags.IntVar(&e.Rule, "rule", 0, "number of the rule, such as 942100")
	flags.StringVar(&e.Path, "path", "", "path such as /contact, or /admin/* for all below it")
	flags.StringVar(&e.Parameter, "parameter", "", "what the rule leaves out, such as ARGS:body; a * in the name stands for a number")
	flags.StringVar(&e.Reason, "reason", "", "why this is no attack, in one line")
	flags.StringVar(&expires, "expires", "30d", "when it ends: days such as 30d, or hours such as 12h")
	flags.StringVar(&author, "author", "", "who answers for it (default: the user of this computer)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if site == "" {
			return sekisho.Invalid("--site is missing: name the host of the site")
		}
		lasts, err := parsePeriod(expires)
		if err != nil {
			return err
		}
		e.Expires = time.Now().UTC().Add(lasts)
		if e.Author = author; author == "" {
			e.Author = currentUser()
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			added, err := service.AddExclusion(ctx, control.AddExclusion{Host: site, Exclusion: e})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: rule %d leaves out %s on %s of %s until %s; end it with: sekisho exclusion remove --site %s %s\n",
				added.ID, added.Rule, printable(added.Parameter), printable(added.Path), added.Host, localTime(added.Expires), added.Host, added.ID)
			return err
		})
	}
	return cmd
}

// parsePeriod reads how long something lasts: whole days, or what Go reads.
func parsePeriod(s string) (time.Duration, error) {
	if days, err := strconv.Atoi(strings.TrimSuffix(s, "d")); err == nil && strings.HasSuffix(s, "d") && days > 0 && days < 10000 {
		return time.Duration(days) * 24 * time.Hour, nil
	}
	if period, err := time.ParseDuration(s); err == nil && period > 0 {
		return period, nil
	}
	return 0, sekisho.Invalid(fmt.Sprintf("--expires %q: use days such as 30d, or hours such as 12h", s))
}

// currentUser is who runs the command, or "" where the system does not say.
func currentUser() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

func newExclusionList() *cobra.Command {
	var f recordsFlags
	var site string
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List exclusions, those that have ended too", Args: exactArgs()}
	f.add(cmd)
	cmd.Flags().StringVar(&site, "site", "", "only those of this host")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			list, err := service.Exclusions(ctx, site)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), emptyNotNull(list))
			}
			t := newTable(cmd.OutOrStdout(), "ID", "SITE", "RULE", "PATH", "PARAMETER", "UNTIL", "AUTHOR", "REASON")
			for _, e := range list {
				until := localTime(e.Expires)
				if e.Expired {
					until += " (expired)"
				}
				t.row(string(e.ID), e.Host, strconv.Itoa(e.Rule), e.Path, e.Parameter, until, e.Author, e.Reason)
			}
			return t.flush()
		})
	}
	return cmd
}

func newExclusionRemove() *cobra.Command {
	var f recordsFlags
	var site string
	cmd := &cobra.Command{Use: "remove --site HOST ID", Short: "End an exclusion at once", Args: exactArgs("ID")}
	f.add(cmd)
	cmd.Flags().StringVar(&site, "site", "", "host of the site")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if site == "" {
			return sekisho.Invalid("--site is missing: name the host of the site")
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if err := service.RemoveExclusion(ctx, control.RemoveExclusion{Host: site, ID: sekisho.ExclusionID(args[0])}); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "exclusion %s is removed\n", printable(args[0]))
			return err
		})
	}
	return cmd
}
