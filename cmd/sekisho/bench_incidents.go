package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench/incidents"
)

func newBenchIncidents() *cobra.Command {
	var asJSON bool
	var scenario, child string
	cmd := &cobra.Command{
		Use:   "incidents",
		Short: "How many events a second the incident engine scores and groups, and how many messages come of them",
		Long: "Runs a calm year, the month of the pilot's company X, a flood of 1,000,000 events, and 200,000 events between the\n" +
			"real spool and the real database, each in a process of its own with one processor. Processor time and memory are\n" +
			"read from outside. Takes about a minute; nothing is kept.",
		Args: exactArgs(),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&scenario, "scenario", "", "only this one: calm_year, company_x, flood or stored")
	cmd.Flags().StringVar(&child, "child", "", "run this scenario here and print its counts")
	_ = cmd.Flags().MarkHidden("child") // how the parent calls the child; the flag exists
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if child != "" {
			counts, err := incidents.Scenario(cmd.Context(), child, 1)
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), counts)
		}
		names := incidents.Scenarios
		if scenario != "" {
			if !slices.Contains(names, scenario) {
				return sekisho.Invalid(fmt.Sprintf("--scenario %q: use one of %v", scenario, names))
			}
			names = []string{scenario}
		}
		report, err := incidents.Run(cmd.Context(), names, "bench", "incidents", "--child")
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}
