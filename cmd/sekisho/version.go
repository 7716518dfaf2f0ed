package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho/internal/app"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program, its rules and its toolchain",
		Args:  exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, engine := app.RulesVersion()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "sekisho %s\nOWASP Core Rule Set %s, Coraza %s\n%s %s/%s\n", app.Version(), rules, engine, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
