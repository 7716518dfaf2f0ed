package main

import (
	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/bench"
	"github.com/sekisho-waf/sekisho/internal/config"
)

func newBenchCRS() *cobra.Command {
	cfg := bench.CRSConfig{Policy: bench.PolicyStock}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "crs --tests DIR",
		Short: "The Core Rule Set's own regression tests, through the proxy, compared with plain Coraza",
		Long: "Runs the regression tests below DIR over TCP against a proxy of its own, in front of an origin that answers as the\n" +
			"tests ask, and shows plain Coraza in this process the same requests. --url tests a proxy that runs already, whose\n" +
			"events are read from --data-dir. Loopback only.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.Tests, "tests", "", "folder of the regression tests (tests/regression/tests of the Core Rule Set)")
	flags.StringVar(&cfg.Policy, "policy", cfg.Policy, "policy of the site under test: stock (as the tests want it), default (what a new site gets) or small_business")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.StringVar(&cfg.URL, "url", "", "test the proxy at this loopback URL, with the policies of its sites, instead of starting one")
	flags.StringVar(&cfg.DataDir, "data-dir", "", `data directory of that proxy (default $SEKISHO_DATA_DIR, else "./data")`)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if cfg.URL != "" && cfg.DataDir == "" {
			cfg.DataDir = config.DataDirFromEnvironment()
		}
		report, err := bench.CRS(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}

func newBenchReflect() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:    "reflect",
		Short:  "The origin that `bench crs` and `bench efficacy` put behind the proxy",
		Hidden: true,
		Args:   exactArgs(),
		RunE:   func(cmd *cobra.Command, _ []string) error { return bench.ServeReflector(cmd.Context(), addr) },
	}
	cmd.Flags().StringVar(&addr, "addr", "", "loopback address to listen on")
	return cmd
}
