package main

import (
	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

func newDemo() *cobra.Command {
	cfg := app.DemoConfig{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a sample site behind the checkpoint, with visitors and attackers, and the portal; needs nothing else",
		Args:  exactArgs(),
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.HTTP, "http", "127.0.0.1:8080", "address to listen on for HTTP")
	flags.StringVar(&cfg.HTTPS, "https", "127.0.0.1:8443", "address to listen on for HTTPS")
	flags.StringVar(&cfg.Portal, "portal", "127.0.0.1:9090", "address to listen on for the portal")
	flags.StringVar(&cfg.DataDir, "data-dir", "", "keep the data here (default: a temporary directory, removed at the end)")
	flags.BoolVar(&cfg.Traffic, "traffic", true, "simulate visitors and attackers; --traffic=false begins without")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		log, err := obs.NewLogger(cmd.ErrOrStderr(), "text", "warn")
		if err != nil {
			return err
		}
		return app.Demo(cmd.Context(), cfg, log, cmd.InOrStdin(), cmd.OutOrStdout())
	}
	return cmd
}
