package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newTenantDelete() *cobra.Command {
	var f recordsFlags
	var yes string
	cmd := &cobra.Command{Use: "delete ID", Short: "Delete a tenant with all its sites, sensors, people and records", Args: exactArgs("ID")}
	f.add(cmd)
	cmd.Flags().StringVar(&yes, "yes-delete", "", "the tenant's name, for scripts; without it the command asks")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ask := control.DeleteTenant{Tenant: sekisho.TenantID(args[0]), Name: yes}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if !cmd.Flags().Changed("yes-delete") {
				var err error
				if ask.Name, err = askName(ctx, cmd, service, ask.Tenant); err != nil {
					return err
				}
			}
			done, err := service.DeleteTenant(ctx, ask)
			if err != nil {
				return err
			}
			return printDeleted(cmd, done)
		})
	}
	return cmd
}

// askName lets a person type the name of what is about to go.
func askName(ctx context.Context, cmd *cobra.Command, service control.Service, id sekisho.TenantID) (string, error) {
	tenants, err := service.Tenants(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(tenants, func(t sekisho.Tenant) bool { return t.ID == id })
	if i < 0 {
		return "", sekisho.NotFound(fmt.Sprintf("tenant %q", id))
	}
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "Everything of tenant %s (%s) is deleted for good; only a backup brings it back.\nType its name to go on: ", id, printable(tenants[i].Name))
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && line == "" {
		return "", sekisho.Invalid("no name was typed: nothing is deleted; scripts use --yes-delete NAME")
	}
	return strings.TrimSpace(line), nil
}

func printDeleted(cmd *cobra.Command, done control.TenantDeleted) error {
	out := cmd.OutOrStdout()
	t := newTable(out, "RECORDS", "DELETED")
	for _, table := range slices.Sorted(maps.Keys(done.Rows)) {
		t.row(table, fmt.Sprint(done.Rows[table]))
	}
	t.row("events in aside/", fmt.Sprint(done.Aside))
	if err := t.flush(); err != nil {
		return err
	}
	sites := ""
	if len(done.Hosts) > 0 {
		sites = "; no longer served: " + strings.Join(done.Hosts, ", ")
	}
	_, err := fmt.Fprintf(out, "tenant %s (%s) is deleted%s\n", done.Tenant.ID, printable(done.Tenant.Name), sites)
	return err
}
