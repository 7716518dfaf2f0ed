package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchFloods() *cobra.Command {
	cfg := bench.DefaultFloods()
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "floods",
		Short: "What visitors wait, and what memory it takes, while slow visitors and floods of HTTP/2 press on the proxy",
		Long: "Starts an origin and a proxy for each kind of flood, and measures ordinary visitors before, meanwhile and behind it: slow\n" +
			"heads, bodies and readers on many connections, and frames of HTTP/2 on one. Loopback only.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.DurationVar(&cfg.Hold, "hold", cfg.Hold, "how long each flood lasts")
	flags.IntVar(&cfg.Connections, "connections", cfg.Connections, "connections of slow visitors; fewer where the system does not allow so many files")
	flags.Float64Var(&cfg.Rate, "rate", cfg.Rate, "requests a second of ordinary visitors")
	flags.StringSliceVar(&cfg.Only, "only", nil, "only these floods: "+strings.Join(bench.FloodNames(), ", "))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg.Command = commandLine(cmd)
		report, err := bench.Floods(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}
