package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchHotPath() *cobra.Command {
	cfg := bench.DefaultHotPath()
	profile := cfg.Profile.String()
	cmd := &cobra.Command{
		Use:   "hotpath",
		Short: "What the rules cost one request, in this process; benchstat reads the output",
		Long: "Runs Go benchmarks of the inspection alone, without network: each class of the mix of `bench load`, the answer to\n" +
			"a page, and attacks. Compare two builds with: sekisho bench hotpath --count 10 > new.txt; benchstat old.txt new.txt",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.IntVar(&cfg.Count, "count", cfg.Count, "how often each benchmark runs; benchstat wants ten")
	flags.DurationVar(&cfg.Time, "time", cfg.Time, "how long each run takes")
	flags.BoolVar(&cfg.Plain, "plain", false, "also plain Coraza, without our lanes")
	flags.StringVar(&profile, "profile", profile, "stock or small_business")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cfg.Profile.UnmarshalText([]byte(profile)); err != nil {
			return fmt.Errorf("--profile: %w", err)
		}
		return bench.HotPath(cmd.Context(), cmd.OutOrStdout(), cfg)
	}
	return cmd
}
