package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench"
)

func newBench() *cobra.Command {
	return group("bench", "Measure what protection costs, from outside the process",
		newBenchLoad(), newBenchHotPath(), newBenchCRS(), newBenchEfficacy(), newBenchDifferential(), newBenchGate(), newBenchFairness(), newBenchChaos(), newBenchBadOrigin(), newBenchFloods(), newBenchScale(), newBenchCorpus(), newBenchIncidents(), newBenchSensors(), newBenchOrigin(), newBenchReflect(), newBenchBare(), newBenchStock())
}

func newBenchLoad() *cobra.Command {
	cfg := bench.DefaultLoad()
	var asJSON bool
	mode := cfg.Mode.String()
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Requests per second and latency with the WAF on against off, and against a bare reverse proxy",
		Long: "Starts an origin, two proxies and a bare reverse proxy as processes of their own, each on one core, and drives\n" +
			"them in turns. --url measures a proxy that runs already. Loopback only. A whole run takes about seven times --duration.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.DurationVar(&cfg.Duration, "duration", cfg.Duration, "how long each program is measured in each phase")
	flags.IntVar(&cfg.Rounds, "rounds", cfg.Rounds, "interleaved rounds that the duration is shared out among")
	flags.IntVar(&cfg.Connections, "connections", cfg.Connections, "connections of the closed loop")
	flags.BoolVar(&cfg.TLS, "tls", cfg.TLS, "measure over TLS instead of plain HTTP")
	flags.StringVar(&mode, "mode", mode, "mode of the inspecting proxy: detect or block")
	flags.BoolVar(&cfg.Peers, "peers", cfg.Peers, "measure nginx, and nginx with ModSecurity 3 and the same rules, where they are installed")
	flags.Float64Var(&cfg.Attacks, "attacks", cfg.Attacks, "one more phase, in which so many percent of the requests are attacks")
	flags.StringVar(&cfg.URL, "url", cfg.URL, "measure the proxy at this loopback URL instead of starting any")
	flags.StringVar(&cfg.Host, "host", cfg.Host, "Host header to send with --url")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cfg.Mode.UnmarshalText([]byte(mode)); err != nil {
			return sekisho.Invalid("--mode: " + sekisho.MessageOf(err))
		}
		cfg.Command = commandLine(cmd)
		report, err := bench.Load(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		for _, note := range report.Notes {
			if asJSON {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "NOTE "+note)
			}
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}

// commandLine is how the run was asked for, without the path of this machine's binary.
func commandLine(cmd *cobra.Command) string {
	return strings.Join(append([]string{cmd.CommandPath()}, changedFlags(cmd)...), " ")
}

func newBenchOrigin() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:    "origin",
		Short:  "The origin that `bench load` measures against",
		Hidden: true,
		Args:   exactArgs(),
		RunE:   func(cmd *cobra.Command, _ []string) error { return bench.ServeOrigin(cmd.Context(), addr) },
	}
	cmd.Flags().StringVar(&addr, "addr", "", "loopback address to listen on")
	return cmd
}

func newBenchBare() *cobra.Command {
	var cfg bench.BareConfig
	cmd := &cobra.Command{
		Use:    "bare",
		Short:  "The bare reverse proxy that `bench load` compares with",
		Hidden: true,
		Args:   exactArgs(),
		RunE:   func(cmd *cobra.Command, _ []string) error { return bench.ServeBare(cmd.Context(), cfg) },
	}
	cmd.Flags().StringVar(&cfg.Addr, "addr", "", "loopback address to listen on")
	cmd.Flags().StringVar(&cfg.Origin, "origin", "", "URL of the origin")
	cmd.Flags().BoolVar(&cfg.TLS, "tls", false, "serve TLS")
	return cmd
}

// printReport prints what a benchmark found, for programs or for people.
func printReport(cmd *cobra.Command, report interface{ WriteTable(io.Writer) error }, asJSON bool) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), report)
	}
	return report.WriteTable(cmd.OutOrStdout())
}
