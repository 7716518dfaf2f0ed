package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteCertificate() *cobra.Command {
	var f recordsFlags
	var chain, key string
	var discard, retry, asJSON bool
	cmd := &cobra.Command{
		Use:   "certificate HOST",
		Short: "Show the certificate of HOST in words, upload one, or order again",
		Long: "Show the certificate of HOST in words: until when it is good, and what is wrong when none is issued. An uploaded\n" +
			"one is kept for every process and never replaced by an order; --discard lets go of it.",
		Args: exactArgs("HOST"),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&chain, "upload", "", "PEM file with a certificate chain to serve HOST with (with --key)")
	cmd.Flags().StringVar(&key, "key", "", "PEM file with its private key")
	cmd.Flags().BoolVar(&discard, "discard", false, "forget the uploaded certificate, so that one is ordered")
	cmd.Flags().BoolVar(&retry, "retry", false, "order now, although the last order failed a short while ago")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.MarkFlagsRequiredTogether("upload", "key")
	cmd.MarkFlagsMutuallyExclusive("upload", "discard", "retry")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ask := control.AskCertificate{Host: args[0], Discard: discard, Retry: retry}
		for _, file := range []struct {
			name string
			to   *[]byte
		}{{chain, &ask.Chain}, {key, &ask.Key}} {
			if file.name == "" {
				continue
			}
			content, err := os.ReadFile(file.name)
			if err != nil {
				return sekisho.Invalid(fmt.Sprintf("%s cannot be read; check the path and its permissions", file.name))
			}
			*file.to = content
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			view, err := service.Certificate(ctx, ask)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), view)
			}
			out := cmd.OutOrStdout()
			_, err = fmt.Fprintf(out, "%s: %s\n", args[0], printable(view.Text.EN))
			if err == nil && view.Delegation != "" {
				_, err = fmt.Fprintf(out, "before the switch: _acme-challenge.%s CNAME %s\n", args[0], view.Delegation)
			}
			if err == nil && !view.Next.IsZero() {
				_, err = fmt.Fprintf(out, "next try: %s, or now with --retry\n", localTime(view.Next))
			}
			return err
		})
	}
	return cmd
}
