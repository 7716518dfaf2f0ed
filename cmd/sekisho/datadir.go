package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// recordsFlags are the flags of every command that reads or writes records.
type recordsFlags struct {
	dataDir string
	file    string
}

func (f *recordsFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dataDir, "data-dir", "", `data directory (default $SEKISHO_DATA_DIR, else "./data")`)
	cmd.Flags().StringVar(&f.file, "config", "", "YAML file that sekisho serve is started with, where it shares its state by Redis")
}

// config returns the settings that matter to a command beside a running process.
func (f *recordsFlags) config(environment []string) (config.Config, error) {
	cfg := config.Default()
	if f.file != "" {
		if err := cfg.ReadFile(f.file); err != nil {
			return cfg, err
		}
	}
	if err := cfg.ReadEnvironment(environment); err != nil {
		return cfg, err
	}
	if f.dataDir != "" {
		cfg.DataDir = f.dataDir
	}
	return cfg, cfg.Validate()
}

// with runs do on the commands of the data directory: in the running process, or on the database when none runs.
func (f *recordsFlags) with(cmd *cobra.Command, do func(context.Context, control.Service) error) error {
	cfg, err := f.config(environ())
	if err != nil {
		return err
	}
	log, err := obs.NewLogger(cmd.ErrOrStderr(), "text", slog.LevelWarn.String())
	if err != nil {
		return err
	}
	service, done, err := app.OpenControl(cmd.Context(), cfg, log)
	if err != nil {
		return err
	}
	defer done()
	return do(cmd.Context(), service)
}
