package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newLoginLink() *cobra.Command {
	var f recordsFlags
	var ask control.AskLoginLink
	var tenant string
	cmd := &cobra.Command{
		Use:   "login-link --user EMAIL",
		Short: "Print a one-time link with which EMAIL signs in to the portal",
		Long:  "Print a one-time link with which EMAIL signs in to the portal. The first time, say who that is:\n--operator sees every tenant, --tenant ID sees that tenant alone.",
		Args:  exactArgs(),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&ask.Email, "user", "", "e-mail address of the user")
	cmd.Flags().BoolVar(&ask.Operator, "operator", false, "create the user, where new, as an operator")
	cmd.Flags().StringVar(&tenant, "tenant", "", "create the user, where new, as an owner of this tenant")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if ask.Email == "" {
			return sekisho.Invalid("--user is missing; give the e-mail address of the user")
		}
		ask.Tenant = sekisho.TenantID(tenant)
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			link, err := service.LoginLink(ctx, ask)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), link.URL)
			return err
		})
	}
	return cmd
}
