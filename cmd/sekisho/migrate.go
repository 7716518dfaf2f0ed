package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

func newMigrate() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to this version's schema (`sekisho serve` does so by itself)",
		Args:  exactArgs(),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := f.config(environ())
		if err != nil {
			return err
		}
		log, err := obs.NewLogger(cmd.ErrOrStderr(), cfg.LogFormat, "warn")
		if err != nil {
			return err
		}
		version, err := app.Migrate(cmd.Context(), cfg, log)
		if err != nil {
			return err
		}
		where := "in " + cfg.DataDir
		if cfg.DatabaseURL != "" {
			where = "of database_url"
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "the database %s is at schema %d\n", where, version)
		return err
	}
	return cmd
}
