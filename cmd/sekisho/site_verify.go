package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteVerify() *cobra.Command {
	var f recordsFlags
	var trust, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify HOST",
		Short: "Show what proves that HOST is its owner's, and look for it",
		Long: "Show what the owner of HOST has to publish, in DNS or on the server of today, and look for it. A site that is not\n" +
			"verified is not served: its name gets no handshake and no certificate. The answer of DNS can be up to the\n" +
			"record's lifetime old, so a new record may take a while to be seen.",
		Args: exactArgs("HOST"),
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&trust, "trust-name", false, "vouch for the name: serve it without a proof from its owner")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			answer, err := service.VerifySite(ctx, control.VerifySite{Host: args[0], Trust: trust})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), answer)
			}
			return printVerification(cmd, answer)
		})
	}
	return cmd
}

func printVerification(cmd *cobra.Command, answer control.Verification) error {
	site, out := answer.Site, cmd.OutOrStdout()
	if site.Stage != sekisho.StageDraft {
		_, err := fmt.Fprintf(out, "%s is %s; proof of ownership: %s, %s\n", site.Host, site.State.Words(), site.Ownership.Proof, localTime(site.Ownership.At))
		return err
	}
	_, err := fmt.Fprintf(out, `%s is a draft. Its owner proves the name by one of these two:
  a TXT record   %s   %s
  a file         %s   with the line   %s
Then run this command again. Found so far:
`, site.Host, answer.TXT, answer.Value, answer.URL, answer.Value)
	for _, text := range answer.Missing {
		if err == nil {
			_, err = fmt.Fprintln(out, "  "+printable(text.EN))
		}
	}
	return err
}
