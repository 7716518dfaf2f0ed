package main

import (
	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchDifferential() *cobra.Command {
	cfg := bench.DefaultDifferential()
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "differential",
		Short: "Look for a request that the fast lane calls clean and plain Coraza does not",
		Long: "Makes requests out of ordinary ones, attacks and the Core Rule Set's own tests (--tests), and asks of each whether the\n" +
			"lanes that serve agree with plain Coraza: both profiles, every level, with and without a customer's rules and\n" +
			"exclusions. In this process; no proxy. A disagreement is a fault, and the exit code is 1. A run that is stopped\n" +
			"prints what it has and where to go on.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.IntVar(&cfg.N, "n", cfg.N, "how many requests")
	flags.IntVar(&cfg.From, "from", cfg.From, "number of the first request, where another run has stopped")
	flags.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "what the requests are made by")
	flags.IntSliceVar(&cfg.Levels, "levels", cfg.Levels, "paranoia levels, separated by commas")
	flags.DurationVar(&cfg.Duration, "duration", 0, "at most so long, such as 5m (default: until all are asked)")
	flags.StringVar(&cfg.Tests, "tests", "", "folder of the rule set's regression tests, for more to begin with")
	flags.StringVar(&cfg.Out, "out", cfg.Out, "folder that requests with a disagreement are written to")
	flags.IntVar(&cfg.SlowEvery, "slow-every", cfg.SlowEvery, "ask about one of so many requests that are not proven clean")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg.Command, cfg.Progress = commandLine(cmd), cmd.ErrOrStderr()
		report, err := bench.Differential(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		if err := printReport(cmd, report, asJSON); err != nil {
			return err
		}
		if len(report.Disagreements) > 0 {
			return &sekisho.Error{Msg: "the lanes disagree with plain Coraza; the requests are in " + cfg.Out}
		}
		return nil
	}
	return cmd
}
