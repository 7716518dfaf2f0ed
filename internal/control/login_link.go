package control

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/auth"
)

// LoginLink makes a one-time link, and the user too when the question says who that would be.
func (l *Local) LoginLink(ctx context.Context, ask AskLoginLink) (LoginLink, error) {
	address, err := mail.ParseAddress(ask.Email)
	if err != nil || address.Name != "" {
		return LoginLink{}, sekisho.Invalid(fmt.Sprintf("user %q: use an e-mail address such as owner@example.co.jp", ask.Email))
	}
	email := strings.ToLower(address.Address)
	user, err := l.Records.FindUserByEmail(ctx, email)
	if sekisho.KindOf(err) == sekisho.KindNotFound && err != nil {
		user, err = l.createUser(ctx, email, ask)
	}
	if err != nil {
		return LoginLink{}, fmt.Errorf("login link for %s: %w", email, err)
	}
	token, hash := auth.NewToken()
	expires := time.Now().Add(auth.LoginLinkLife).UTC()
	if err := l.Records.PutLoginToken(ctx, hash, user.ID, expires); err != nil {
		return LoginLink{}, fmt.Errorf("login link for %s: %w", email, err)
	}
	return LoginLink{URL: auth.LoginURL(l.PortalURL(), token), User: user, Expires: expires}, nil
}

func (l *Local) createUser(ctx context.Context, email string, ask AskLoginLink) (sekisho.User, error) {
	user := sekisho.User{ID: sekisho.NewUserID(), Email: email}
	switch {
	case ask.Operator && ask.Tenant != "":
		return user, sekisho.Invalid("a user is an operator or belongs to a tenant, not both")
	case ask.Operator:
		user.Role = sekisho.RoleOperator
	case ask.Tenant != "":
		if _, err := l.Records.FindTenant(ctx, ask.Tenant); err != nil {
			return user, err
		}
		user.Tenant = ask.Tenant
	default:
		return user, &sekisho.Error{Kind: sekisho.KindNotFound, Msg: fmt.Sprintf("no user %s; create it with --operator or --tenant ID", email)}
	}
	return user, l.Records.PutUser(ctx, user)
}
