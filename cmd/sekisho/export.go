package main

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newExport() *cobra.Command {
	return group("export", "Hand records to other systems: a SIEM, a log store, a webhook", newExportAdd(), newExportList(), newExportRemove(), newExportTest(), newExportFile())
}

func newExportAdd() *cobra.Command {
	var f recordsFlags
	var ask control.AddExport
	var tenant, format, send, since, ca, certificate, key, signing string
	var networks []string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Hand a tenant's records to another system from now on",
		Long: "Hand a tenant's records to another system from now on: to a syslog receiver that speaks TLS (--syslog HOST:PORT), or by\n" +
			"POST to a webhook (--webhook URL). Every record arrives at least once and in order; one that comes again has the same\n" +
			"number. Only public addresses are reached, unless --network opens others.",
		Args: exactArgs("NAME"),
	}
	f.add(cmd)
	flags, e := cmd.Flags(), &ask.Export
	flags.StringVar(&tenant, "tenant", string(sekisho.DefaultTenant), "tenant whose records are sent")
	flags.StringVar(&e.Syslog, "syslog", "", "syslog receiver over TLS, such as siem.example.jp:6514")
	flags.StringVar(&e.Webhook, "webhook", "", "address that takes POST, such as https://siem.example.jp/in")
	flags.StringVar(&format, "format", string(sekisho.FormatOCSF), "form of the records: ocsf, cef or json")
	flags.StringVar(&send, "send", string(sekisho.SendAll), "which records: all, events or incidents")
	flags.StringVar(&since, "since", "", "also what happened since this day, such as 2026-04-01 (default: from now on)")
	flags.StringSliceVar(&networks, "network", nil, "network that is not public and may be reached all the same, such as 10.0.5.0/24")
	flags.StringVar(&ca, "ca", "", "PEM file with the certificate of who vouches for the receiver (default: the usual authorities)")
	flags.StringVar(&certificate, "certificate", "", "PEM file with the certificate that we show")
	flags.StringVar(&key, "key", "", "PEM file with its key")
	flags.StringVar(&signing, "signing-file", "", "file with the secret that requests to a webhook are signed with")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		e.Name, e.Tenant, e.Format, e.Send = args[0], sekisho.TenantID(tenant), sekisho.ExportFormat(format), sekisho.ExportSend(send)
		for _, network := range networks {
			prefix, err := netip.ParsePrefix(network)
			if err != nil {
				return sekisho.Invalid(fmt.Sprintf("--network %q: use a network such as 10.0.5.0/24", network))
			}
			e.Networks = append(e.Networks, prefix)
		}
		if since != "" {
			if e.Since, err = parseDay(since); err != nil {
				return err
			}
		}
		for _, file := range []struct {
			flag, path string
			into       *string
		}{{"ca", ca, &e.CA}, {"certificate", certificate, &e.Certificate}, {"key", key, &ask.Key}, {"signing-file", signing, &ask.Signing}} {
			if file.path == "" {
				continue
			}
			content, err := os.ReadFile(file.path)
			if err != nil {
				return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("--%s %s: cannot be read", file.flag, file.path)}
			}
			*file.into = strings.TrimSpace(string(content))
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			added, err := service.AddExport(ctx, ask)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is added for tenant %s; sekisho export test %s sends one record\n", printable(added.Name), added.Tenant, printable(added.Name))
			return err
		})
	}
	return cmd
}

// parseDay reads a day in Japan, or a moment with its zone.
func parseDay(s string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at.UTC(), nil
	}
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return time.Time{}, sekisho.Invalid(fmt.Sprintf("--since %q: use a day such as 2026-04-01 (in Japan), or a moment such as 2026-04-01T09:00:00+09:00", s))
	}
	return at.UTC(), nil
}

func newExportList() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List exports, how far each has come, and what stands in its way", Args: exactArgs()}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			list, err := service.ListExports(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), emptyNotNull(list))
			}
			t := newTable(cmd.OutOrStdout(), "EXPORT", "TENANT", "TO", "FORMAT", "SENDS", "DELIVERED", "WAITING", "SKIPPED", "LAST", "STATE")
			count := func(n uint64) string { return strconv.FormatUint(n, 10) }
			for _, v := range list {
				state := "delivering"
				switch {
				case !v.State.Failing.IsZero():
					state = fmt.Sprintf("failing since %s (%d tries): %s", localTime(v.State.Failing), v.State.Tries, v.State.Error.EN)
				case !v.State.Backfill.Since.IsZero():
					state = "sending what was there before"
				}
				t.row(v.Name, string(v.Tenant), v.Syslog+v.Webhook, string(v.Format), string(v.Send), count(v.State.Delivered), count(v.Waiting), count(v.State.Skipped), localTime(v.State.Last), state)
			}
			return t.flush()
		})
	}
	return cmd
}

// named is a command that names one export.
func named(use, short, done string, do func(context.Context, control.Service, control.NameExport) error) *cobra.Command {
	var f recordsFlags
	var tenant string
	cmd := &cobra.Command{Use: use, Short: short, Args: exactArgs("NAME")}
	f.add(cmd)
	cmd.Flags().StringVar(&tenant, "tenant", string(sekisho.DefaultTenant), "tenant whose export it is")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if err := do(ctx, service, control.NameExport{Tenant: sekisho.TenantID(tenant), Name: args[0]}); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", printable(args[0]), done)
			return err
		})
	}
	return cmd
}

func newExportRemove() *cobra.Command {
	return named("remove NAME", "No longer hand records to another system; what waits is not sent", "is removed", func(ctx context.Context, service control.Service, ask control.NameExport) error {
		return service.RemoveExport(ctx, ask)
	})
}

func newExportTest() *cobra.Command {
	return named("test NAME", "Send one record that says that it is a test", "took the test record", func(ctx context.Context, service control.Service, ask control.NameExport) error {
		return service.TestExport(ctx, ask)
	})
}

func newExportFile() *cobra.Command {
	var f recordsFlags
	var tenant, format, since, lang string
	cmd := &cobra.Command{
		Use:   "file",
		Short: "Print a tenant's records in the form of another system, one a line",
		Long:  "Print a tenant's records in the form of another system, one a line: events first, then changes of cases, oldest first.",
		Args:  exactArgs(),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&tenant, "tenant", string(sekisho.DefaultTenant), "tenant whose records are printed")
	cmd.Flags().StringVar(&format, "format", string(sekisho.FormatOCSF), "form of the records: ocsf, cef or json")
	cmd.Flags().StringVar(&since, "since", "", "only what happened since this day, such as 2026-04-01 (default: all)")
	cmd.Flags().StringVar(&lang, "lang", "ja", "language of sentences: ja or en")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		ask := control.AskExportPage{Tenant: sekisho.TenantID(tenant), Lang: lang}
		if ask.Format, err = sekisho.ParseExportFormat(format); err != nil {
			return err
		}
		if lang != "ja" && lang != "en" {
			return sekisho.Invalid(fmt.Sprintf("--lang %q: use ja or en", lang))
		}
		if since != "" {
			if ask.Since, err = parseDay(since); err != nil {
				return err
			}
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			out := bufio.NewWriter(cmd.OutOrStdout())
			for {
				page, err := service.ExportPage(ctx, ask)
				if err != nil {
					return err
				}
				for _, line := range page.Lines {
					_, _ = out.WriteString(line + "\n") // an error stays until Flush
				}
				if err := out.Flush(); err != nil {
					return err
				}
				if ask.Cursor = page.Next; page.Next == "" {
					return nil
				}
			}
		})
	}
	return cmd
}
