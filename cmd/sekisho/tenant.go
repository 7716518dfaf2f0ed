package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

func newTenant() *cobra.Command {
	return group("tenant", "Add, set, list, export and delete tenants", newTenantAdd(), newTenantSet(), newTenantList(), newTenantExport(), newTenantDelete())
}

func newTenantAdd() *cobra.Command {
	var f recordsFlags
	var name string
	cmd := &cobra.Command{Use: "add ID", Short: "Add a tenant; ID is a short slug such as yamada", Args: exactArgs("ID")}
	f.add(cmd)
	cmd.Flags().StringVar(&name, "name", "", "name as people know it, such as やまだ工務店 (default: ID)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := sekisho.ParseTenantID(args[0])
		if err != nil {
			return err
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			tenant, err := service.AddTenant(ctx, sekisho.Tenant{ID: id, Name: name})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "tenant %s (%s) is added\n", tenant.ID, printable(tenant.Name))
			return err
		})
	}
	return cmd
}

func newTenantSet() *cobra.Command {
	var f recordsFlags
	var days int
	var quota int64
	cmd := &cobra.Command{Use: "set ID", Short: "Say how long a tenant's records are kept, and how much room its events may take", Args: exactArgs("ID")}
	f.add(cmd)
	cmd.Flags().IntVar(&days, "retention-days", 0, "days that its records are kept (0: as the installation says)")
	cmd.Flags().Int64Var(&quota, "quota-bytes", 0, "bytes that its events may take; then the oldest go first (0: as the installation says)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		set := control.SetTenant{Tenant: sekisho.TenantID(args[0])}
		if cmd.Flags().Changed("retention-days") {
			set.RetentionDays = &days
		}
		if cmd.Flags().Changed("quota-bytes") {
			set.QuotaBytes = &quota
		}
		if set.RetentionDays == nil && set.QuotaBytes == nil {
			return sekisho.Invalid("nothing to set: give --retention-days or --quota-bytes")
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			tenant, err := service.SetTenant(ctx, set)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "tenant %s: records are kept %s, events may take %s\n", tenant.ID,
				orAsInstalled(int64(tenant.RetentionDays), "days"), orAsInstalled(tenant.QuotaBytes, "bytes"))
			return err
		})
	}
	return cmd
}

func orAsInstalled(n int64, unit string) string {
	if n == 0 {
		return "as the installation says"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

func newTenantList() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List every tenant", Args: exactArgs()}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			tenants, err := service.Tenants(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), emptyNotNull(tenants))
			}
			t := newTable(cmd.OutOrStdout(), "ID", "NAME", "SINCE")
			for _, tenant := range tenants {
				t.row(string(tenant.ID), tenant.Name, localTime(tenant.Created))
			}
			return t.flush()
		})
	}
	return cmd
}

func newTenantExport() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{Use: "export ID FILE", Short: "Write all records of a tenant to a file, one JSON object a line", Args: exactArgs("ID", "FILE")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := f.config(environ())
		if err != nil {
			return err
		}
		log, err := obs.NewLogger(cmd.ErrOrStderr(), "text", slog.LevelWarn.String())
		if err != nil {
			return err
		}
		m, err := app.ExportTenant(cmd.Context(), cfg, sekisho.TenantID(args[0]), args[1], log)
		if err != nil {
			return err
		}
		rows := 0
		for _, n := range m.Rows {
			rows += n
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s holds %d records of tenant %s\n", args[1], rows, m.Tenant)
		return err
	}
	return cmd
}
