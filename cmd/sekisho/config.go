package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newConfig() *cobra.Command {
	return group("config", "Check or print the configuration", newConfigCheck(), newConfigPrint())
}

func newConfigCheck() *cobra.Command {
	cmd := &cobra.Command{Use: "check", Short: "Check file, environment and flags without starting anything", Args: exactArgs()}
	settings := addSettings(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := settings.load()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "the configuration is valid: %d sites\n", len(cfg.Sites))
		return err
	}
	return cmd
}

func newConfigPrint() *cobra.Command {
	cmd := &cobra.Command{Use: "print", Short: "Print the configuration in force as YAML; secrets are redacted", Args: exactArgs()}
	settings := addSettings(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := settings.load()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(cfg.YAML())
		return err
	}
	return cmd
}
