package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteProbe() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "probe HOST",
		Short: "Look whether the servers behind HOST can be reached around us",
		Long: "Ask each server behind HOST for its first page as a stranger would who has found its address: without our secret\n" +
			"and our client certificate (`sekisho site origin HOST --secret-file FILE`). It is asked from this machine, so a\n" +
			"firewall that lets this machine through is not seen: ask from another network too.",
		Args: exactArgs("HOST"),
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			probe, err := service.ProbeSite(ctx, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), probe)
			}
			return printProbe(cmd.OutOrStdout(), &probe)
		})
	}
	return cmd
}

func printProbe(out io.Writer, probe *control.SiteProbe) error {
	t := newTable(out, "SERVER", "A STRANGER GETS", "WE GET", "AROUND US")
	status := func(n int) string {
		if n == 0 {
			return "no answer"
		}
		return strconv.Itoa(n)
	}
	open := false
	for _, server := range probe.Servers {
		words := "closed"
		if server.Open {
			words, open = "OPEN", true
		}
		t.row(server.Origin, status(server.Status), status(server.Ours), words)
	}
	if err := t.flush(); err != nil {
		return err
	}
	for _, server := range probe.Servers {
		if server.Why != "" {
			if _, err := fmt.Fprintf(out, "%s: %s\n", server.Origin, printable(server.Why)); err != nil {
				return err
			}
		}
	}
	if !open {
		return nil
	}
	next := "check for " + sekisho.DefaultSecretHeader + " on the server, or for our client certificate; see \"Closing the way around\" in docs/operations.md"
	if origins := probe.Site.Origins; origins.SecretFile == "" && origins.CertFile == "" {
		next = "sekisho site origin " + probe.Site.Host + " --secret-file FILE"
	}
	_, err := fmt.Fprintf(out, "whoever finds the address gets past inspection; next: %s\n", next)
	return err
}
