package main

import (
	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench"
)

func newBenchEfficacy() *cobra.Command {
	var cfg bench.EfficacyConfig
	var asJSON bool
	profile := cfg.Profile.String()
	cmd := &cobra.Command{
		Use:   "efficacy --corpus DIR",
		Short: "How many recorded attacks are stopped and how many ordinary requests pass, by rule",
		Long: "Sends every file below DIR/benign and DIR/attack, one raw HTTP request each, to a site in block mode and counts\n" +
			"what was stopped. Bytes are sent as they are, with the Host of the site; a Content-Length is added where a body has\n" +
			"none. --url sends to a proxy that runs already. Loopback only.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.Corpus, "corpus", "", "folder with recorded requests in its folders benign and attack")
	flags.StringVar(&profile, "profile", profile, "profile of the site that it starts: small_business (the default) or stock")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.StringVar(&cfg.URL, "url", "", "send to the proxy at this loopback URL instead of starting one")
	flags.StringVar(&cfg.Host, "host", "", "the site to send to, with --url (default: the host of the URL)")
	flags.StringVar(&cfg.DataDir, "data-dir", "", "data directory of that proxy; without it no rules are shown")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cfg.Profile.UnmarshalText([]byte(profile)); err != nil {
			return sekisho.Invalid("--profile: " + sekisho.MessageOf(err))
		}
		report, err := bench.Efficacy(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}
