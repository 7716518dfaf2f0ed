package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchGate() *cobra.Command {
	cfg := bench.DefaultGate()
	var asJSON bool
	profile := cfg.Profile.String()
	cmd := &cobra.Command{
		Use:   "gate",
		Short: "Requests that lie: what becomes of them here, and in net/http with plain Coraza",
		Long: "Sends the known holes of the parts, each one request, to a proxy that it starts and to net/http's ReverseProxy behind\n" +
			"plain Coraza; then generated requests on the border of HTTP through the proxy to nginx, Apache, HAProxy and Node, which\n" +
			"must read what was inspected. With Pebble, strangers and a visitor ask for certificates here and at autocert. Servers that are not installed are named as not tested. Loopback only.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.StringVar(&profile, "profile", profile, "profile of the sites under test: stock or small_business")
	flags.IntVar(&cfg.Garden, "requests", cfg.Garden, "generated requests that each server must read as inspected; 0 for none")
	flags.IntVar(&cfg.Strangers, "strangers", cfg.Strangers, "names of strangers that ask for a handshake while certificates are ordered; 0 leaves certificates out")
	flags.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "what the requests are picked by")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cfg.Profile.UnmarshalText([]byte(profile)); err != nil {
			return sekisho.Invalid("--profile: " + sekisho.MessageOf(err))
		}
		if cfg.Garden < 0 || cfg.Garden > bench.MaxGarden {
			return sekisho.Invalid(fmt.Sprintf("--requests %d: use 0 to %d", cfg.Garden, bench.MaxGarden))
		}
		if cfg.Strangers < 0 || cfg.Strangers > 1000 {
			return sekisho.Invalid(fmt.Sprintf("--strangers %d: use 0 to 1000", cfg.Strangers))
		}
		cfg.Command = commandLine(cmd)
		report, err := bench.Gate(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		if err := printReport(cmd, report, asJSON); err != nil {
			return err
		}
		if report.Failed > 0 {
			return &sekisho.Error{Kind: sekisho.KindInternal, Msg: fmt.Sprintf("%d cases are not as they must be", report.Failed)}
		}
		return nil
	}
	return cmd
}

func newBenchStock() *cobra.Command {
	var addr, origin, rules string
	cmd := &cobra.Command{
		Use:    "stock",
		Short:  "The parts by themselves, which `bench gate` compares with",
		Hidden: true,
		Args:   exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			text := []byte{}
			if rules != "" {
				var err error
				if text, err = os.ReadFile(rules); err != nil {
					return sekisho.Invalid("--rules: " + err.Error())
				}
			}
			return bench.ServeStock(cmd.Context(), addr, origin, string(text))
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "", "loopback address to listen on")
	cmd.Flags().StringVar(&origin, "origin", "", "URL of the origin")
	cmd.Flags().StringVar(&rules, "rules", "", "file of rules that are loaded behind the rule set")
	return cmd
}
