package main

import (
	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchScale() *cobra.Command {
	cfg := bench.DefaultScale()
	var asJSON, off bool
	cmd := &cobra.Command{
		Use:   "scale",
		Short: "What it costs to serve many sites instead of one: memory, lookup, requests a second",
		Long: "Starts an origin and two proxies, one with a single site and one with many that it takes into its records first, and\n" +
			"measures them in turns. Every request asks for another site.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.BoolVar(&off, "off", false, "serve the sites with inspection off")
	flags.IntVar(&cfg.Sites, "sites", cfg.Sites, "sites of the proxy of many")
	flags.IntVar(&cfg.Rounds, "rounds", cfg.Rounds, "rounds, in which the proxies take turns")
	flags.DurationVar(&cfg.Duration, "duration", cfg.Duration, "how long each round of each proxy takes")
	flags.DurationVar(&cfg.Start, "start", cfg.Start, "how long the proxy of many sites may take to come up")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if off {
			cfg.Mode = sekisho.ModeOff
		}
		cfg.Command = commandLine(cmd)
		report, err := bench.Scale(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}
