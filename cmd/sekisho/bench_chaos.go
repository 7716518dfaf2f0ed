package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchChaos() *cobra.Command {
	cfg := bench.DefaultChaos()
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "chaos",
		Short: "What visitors notice of kill -9, a full disk, Redis and origins that fail, restarts, and changes, beside what is promised",
		Long: "Starts an origin, a proxy and a Redis server as processes of their own, brings about one fault after another under the\n" +
			"load of ordinary visitors, and prints for each whether what is promised was kept. Loopback only. The full run is\n" +
			"--hold 60s --kills 20 --restarts 50 --reloads 1000; the disk's fault needs the right to mount a file system.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.DurationVar(&cfg.Hold, "hold", cfg.Hold, "how long each fault holds")
	flags.IntVar(&cfg.Kills, "kills", cfg.Kills, "kill -9 at so many random moments")
	flags.IntVar(&cfg.Restarts, "restarts", cfg.Restarts, "restarts under load")
	flags.IntVar(&cfg.Reloads, "reloads", cfg.Reloads, "changes of a site under load")
	flags.Float64Var(&cfg.Rate, "rate", cfg.Rate, "requests a second of ordinary visitors")
	flags.StringSliceVar(&cfg.Only, "only", nil, "only these faults: "+strings.Join(bench.ChaosFaults(), ", "))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg.Command = commandLine(cmd)
		report, err := bench.Chaos(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}

func newBenchBadOrigin() *cobra.Command {
	var addr, kind string
	cmd := &cobra.Command{
		Use:    "bad-origin",
		Short:  "An origin that fails, for `bench chaos`",
		Hidden: true,
		Args:   exactArgs(),
		RunE:   func(cmd *cobra.Command, _ []string) error { return bench.ServeBadOrigin(cmd.Context(), addr, kind) },
	}
	cmd.Flags().StringVar(&addr, "addr", "", "loopback address to listen on")
	cmd.Flags().StringVar(&kind, "kind", "", "slow, resets, garbage or endless")
	return cmd
}
