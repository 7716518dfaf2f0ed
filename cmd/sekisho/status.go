package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newStatus() *cobra.Command {
	var f recordsFlags
	var asJSON, check bool
	cmd := &cobra.Command{Use: "status", Short: "Say how this installation is doing", Args: exactArgs()}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&check, "check", false, "print nothing; succeed only if sekisho serve is running and answers")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			status, err := service.Status(ctx)
			if err != nil {
				return err
			}
			if check {
				if !status.Running {
					return &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "not running"}
				}
				return nil
			}
			if status.Version == "" {
				status.Version = app.Version()
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), status)
			}
			return printStatus(cmd, status)
		})
	}
	return cmd
}

func printStatus(cmd *cobra.Command, status control.Status) error {
	out := cmd.OutOrStdout()
	if !status.Running {
		_, err := fmt.Fprintf(out, "not running; %d sites in the database\n", status.Sites)
		return err
	}
	t := newTable(out, "RUNNING SINCE", localTime(status.Since))
	t.row("version", status.Version)
	t.row("http, https", status.HTTP+", "+status.HTTPS)
	t.row("portal", status.Portal)
	t.row("hot state", status.State)
	t.row("sites, engines", fmt.Sprintf("%d, %d", status.Sites, status.Engines))
	t.row("events waiting, lost, set aside", fmt.Sprintf("%d, %d, %d", status.Spooled, status.Lost, status.SetAside))
	if in := status.Inspection; in != nil {
		t.row("requests proven clean, shown to the rules", fmt.Sprintf("%d, %d (%s)", in.Clean, in.Slow, share(in.Slow, in.Clean+in.Slow)))
		t.row("responses proven clean, shown to the rules", fmt.Sprintf("%d, %d (%s)", in.CleanResponses, in.SlowResponses, share(in.SlowResponses, in.CleanResponses+in.SlowResponses)))
		t.row("inspection: running of workers, waiting, longest queue", fmt.Sprintf("%d of %d, %d, %d", in.Running, in.Workers, in.Waiting, in.LongestQueue))
		for _, site := range in.Short {
			t.row("inspection: not made at "+site.Host, fmt.Sprintf("over budget %d, queue full %d, waited too long %d; made %d",
				site.Shortages[sekisho.ShortageBudget], site.Shortages[sekisho.ShortageQueue], site.Shortages[sekisho.ShortageWait], site.Inspected))
		}
	}
	if load := status.Load; load != nil {
		words := fmt.Sprintf("%d of %d requests, %d of %d MB of bodies", load.Running, load.Room, load.Held>>20, load.HeldRoom>>20)
		if load.MemoryLimit > 0 {
			words += fmt.Sprintf(", %d of %d MB of memory", load.Memory>>20, load.MemoryLimit>>20)
		}
		t.row("load", words)
	}
	for _, site := range status.UnderAttack {
		words := "by hand"
		if site.Why != "" {
			words = "since " + localTime(site.Since) + ": " + site.Why
		}
		if site.Capped {
			words += "; all visitors together are limited"
		}
		t.row("under attack: "+site.Host, words)
	}
	if status.Sensors > 0 {
		t.row("sensors, silent", fmt.Sprintf("%d, %d", status.Sensors, status.Silent))
		t.row("sensor records received, parsed, unparsed, rejected", fmt.Sprintf("%d, %d, %d, %d", status.Received, status.Parsed, status.Unparsed, status.Rejected))
	}
	turnedAway := int64(0)
	for _, reasons := range status.TurnedAway {
		for _, n := range reasons {
			turnedAway += n
		}
	}
	t.row("turned away by limits, or for want of room", strconv.FormatInt(turnedAway, 10))
	if status.Override != nil {
		t.row("every site is forced to", status.Override.String())
	}
	t.row("refused", refusedWords(status.Refused))
	for _, gap := range status.NotInspected {
		t.row("not inspected", gapWords(gap, status.Sites))
	}
	if len(status.Degraded) == 0 {
		t.row("degraded", "nothing")
	}
	for _, text := range status.Degraded {
		t.row("degraded", text.EN)
	}
	if err := t.flush(); err != nil || len(status.Named) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printSiteStates(cmd, status.Named)
}

// shownSites bounds the table of a large installation; `sekisho site list` has them all.
const shownSites = 20

// printSiteStates lists the sites that need somebody first.
func printSiteStates(cmd *cobra.Command, sites []control.SiteView) error {
	slices.SortStableFunc(sites, func(a, b control.SiteView) int { return cmp.Compare(calm(a), calm(b)) })
	t := newTable(cmd.OutOrStdout(), "SITE", "STATE", "CERTIFICATE")
	for _, site := range sites[:min(len(sites), shownSites)] {
		certificate := "-"
		if site.Certificate != nil {
			certificate = site.Certificate.Text.EN
		}
		t.row(site.Host, stateInWords(site), certificate)
	}
	if err := t.flush(); err != nil || len(sites) <= shownSites {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "and %d more: sekisho site list\n", len(sites)-shownSites)
	return err
}

// calm is 0 for a site that somebody should look at, and 1 for any other.
func calm(site control.SiteView) int {
	if site.Certificate != nil && site.Certificate.Trouble || site.State == sekisho.StateMoved {
		return 0
	}
	return 1
}

// refusedWords lists the reasons by how often they were given.
func refusedWords(refused map[string]int64) string {
	if len(refused) == 0 {
		return "nothing"
	}
	reasons := slices.SortedFunc(maps.Keys(refused), func(a, b string) int {
		return cmp.Or(cmp.Compare(refused[b], refused[a]), cmp.Compare(a, b))
	})
	words := make([]string, len(reasons))
	for i, reason := range reasons {
		words[i] = fmt.Sprintf("%d %s", refused[reason], reason)
	}
	return strings.Join(words, ", ")
}

// gapWords names the sites where a gap does not hold for all.
func gapWords(gap sekisho.Gap, sites int) string {
	if gap.Sites == sites {
		return gap.What.EN
	}
	hosts := strings.Join(gap.Hosts, ", ")
	if more := gap.Sites - len(gap.Hosts); more > 0 {
		hosts += fmt.Sprintf(" and %d more", more)
	}
	return gap.What.EN + " (" + hosts + ")"
}

// share prints a part of a whole in per cent.
func share(part, whole uint64) string {
	if whole == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}
