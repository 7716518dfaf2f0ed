package main

import (
	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchFairness() *cobra.Command {
	cfg := bench.DefaultFairness()
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "fairness",
		Short: "What visitors of one site wait while another site is flooded with requests that the rules must look at",
		Long: "Starts an origin and a proxy with two sites, each on cores of its own, and measures one of them in turns: while all is\n" +
			"quiet, while the other is flooded with attacks, and while it is flooded with requests that take the rules long.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.DurationVar(&cfg.Duration, "duration", cfg.Duration, "how long each phase of each round takes")
	flags.IntVar(&cfg.Rounds, "rounds", cfg.Rounds, "rounds of the three phases")
	flags.Float64Var(&cfg.Rate, "rate", cfg.Rate, "requests a second to the site that is measured")
	flags.IntVar(&cfg.Flood, "flood", cfg.Flood, "connections that flood the other site")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg.Command = commandLine(cmd)
		report, err := bench.Fairness(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}
