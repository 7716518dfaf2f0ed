package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/mail"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// PutUser stores a user, new or changed. The address is kept in lower case; one that another user has is KindConflict.
// An owner needs a tenant that exists (KindNotFound otherwise), and an operator has none.
func (db *DB) PutUser(ctx context.Context, u sekisho.User) error {
	op := fmt.Sprintf("storing user %s", u.ID)
	if err := validateUser(u); err != nil {
		return db.failed(op, err)
	}
	tenant := sql.NullString{String: string(u.Tenant), Valid: u.Tenant != ""}
	return db.update(ctx, op, func(tx *tx) error {
		_, err := tx.exec(ctx, `INSERT INTO users (id, email, role, tenant) VALUES (?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET email = excluded.email, role = excluded.role, tenant = excluded.tenant`,
			u.ID, canonicalEmail(u.Email), u.Role.String(), tenant)
		return db.refused(err, conflict(fmt.Sprintf("another user has the address %s", u.Email)), unknownTenant(u.Tenant))
	})
}

func validateUser(u sekisho.User) error {
	if u.ID == "" {
		return sekisho.Invalid("a user needs an id")
	}
	if parsed, err := mail.ParseAddress(u.Email); err != nil || parsed.Address != u.Email {
		return sekisho.Invalid(fmt.Sprintf("e-mail address %q: use one like yamada@example.co.jp", u.Email))
	}
	switch {
	case u.Role != sekisho.RoleOwner && u.Role != sekisho.RoleOperator:
		return sekisho.Invalid(fmt.Sprintf("user %s has the role %s: use owner or operator", u.Email, u.Role))
	case u.Role == sekisho.RoleOperator && u.Tenant != "":
		return sekisho.Invalid(fmt.Sprintf("operator %s belongs to no tenant, not to %s", u.Email, u.Tenant))
	case u.Role == sekisho.RoleOwner && u.Tenant == "":
		return sekisho.Invalid(fmt.Sprintf("owner %s needs a tenant", u.Email))
	}
	return nil
}

// FindUser returns one user, or KindNotFound. It serves the sign-in, which knows no tenant yet.
func (db *DB) FindUser(ctx context.Context, id sekisho.UserID) (sekisho.User, error) {
	return db.findUser(ctx, fmt.Sprintf("user %s", id), `SELECT id, email, role, tenant FROM users WHERE id = ?`, id)
}

// FindUserByEmail returns the user with an address, in any case of letters, or KindNotFound.
func (db *DB) FindUserByEmail(ctx context.Context, email string) (sekisho.User, error) {
	return db.findUser(ctx, fmt.Sprintf("user %s", email),
		`SELECT id, email, role, tenant FROM users WHERE email = ?`, canonicalEmail(email))
}

func (db *DB) findUser(ctx context.Context, what, query string, args ...any) (sekisho.User, error) {
	rows, err := db.query(ctx, query, args...)
	found, err := collect(rows, err, scanUser)
	if err == nil && len(found) == 0 {
		err = sekisho.NotFound(what)
	}
	if err != nil {
		return sekisho.User{}, db.failed("finding "+what, err)
	}
	return found[0], nil
}

// ListUsers returns a tenant's own users, by address. Operators belong to no tenant and are on nobody's list.
func (db *DB) ListUsers(ctx context.Context, tenant sekisho.TenantID) ([]sekisho.User, error) {
	rows, err := db.query(ctx, `SELECT id, email, role, tenant FROM users WHERE tenant = ? ORDER BY email`, tenant)
	users, err := collect(rows, err, scanUser)
	if err != nil {
		return nil, db.failed(fmt.Sprintf("listing the users of %s", tenant), err)
	}
	return users, nil
}

func scanUser(rows *sql.Rows) (u sekisho.User, err error) {
	var role string
	var tenant sql.NullString
	if err := rows.Scan(&u.ID, &u.Email, &role, &tenant); err != nil {
		return u, err
	}
	u.Tenant = sekisho.TenantID(tenant.String)
	return u, u.Role.UnmarshalText([]byte(role))
}

func canonicalEmail(email string) string { return strings.ToLower(email) }
