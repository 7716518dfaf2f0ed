package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSiteImport() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add or change the sites of a YAML file (the `sites:` list of a configuration)",
		Long:  "Add or change the sites of a YAML file, in the form of the `sites:` list of a configuration. The whole file is\nchecked before the first site is touched.",
		Args:  exactArgs("FILE"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg := config.Default()
		if err := cfg.ReadFile(args[0]); err != nil {
			return err
		}
		puts, err := importPuts(&cfg)
		if err != nil {
			return err
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if err := importableTenants(ctx, service, puts); err != nil {
				return err
			}
			if _, err := service.PutSites(ctx, puts); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d sites are imported\n", len(puts))
			return err
		})
	}
	return cmd
}

// importPuts checks every site of the file.
func importPuts(cfg *config.Config) ([]control.PutSite, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	puts := make([]control.PutSite, len(cfg.Sites))
	for i, site := range cfg.Sites {
		put, err := app.PutOf(site)
		if err != nil {
			return nil, err
		}
		puts[i] = put
	}
	return puts, nil
}

func importableTenants(ctx context.Context, service control.Service, puts []control.PutSite) error {
	tenants, err := service.Tenants(ctx)
	if err != nil {
		return err
	}
	known := map[sekisho.TenantID]bool{}
	for _, tenant := range tenants {
		known[tenant.ID] = true
	}
	for _, put := range puts {
		if !known[*put.Tenant] {
			return &sekisho.Error{Kind: sekisho.KindNotFound, Msg: fmt.Sprintf("site %s: no tenant %s; add it with: sekisho tenant add %s", put.Host, *put.Tenant, *put.Tenant)}
		}
	}
	return nil
}
