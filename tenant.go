package sekisho

import "time"

// DefaultTenant owns the sites of a `sekisho serve --site` that names no tenant.
const DefaultTenant TenantID = "default"

// Tenant is one customer: a small firm with its sites, sensors and people.
type Tenant struct {
	ID      TenantID  `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Storage
}

// Role says what a user may see. The zero Role is the narrow one.
type Role uint8

const (
	// RoleOwner sees one tenant: its own.
	RoleOwner Role = iota
	// RoleOperator watches every tenant of this installation.
	RoleOperator
)

var roleNames = names[Role]{"owner", "operator"}

// String returns the role's stored name.
func (r Role) String() string { return roleNames.text(r) }

// MarshalText writes the role's name.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a role's name; an unknown one is KindInvalid.
func (r *Role) UnmarshalText(text []byte) error { return roleNames.parse(r, "role", text) }

// User is a person who signs in to the portal.
type User struct {
	ID     UserID   `json:"id"`
	Email  string   `json:"email"`
	Role   Role     `json:"role"`
	Tenant TenantID `json:"tenant,omitempty"` // empty for an operator
}
