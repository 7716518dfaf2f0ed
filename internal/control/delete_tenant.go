package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// DeleteTenant names a tenant, and again by its name: what is deleted cannot be brought back but by a backup.
type DeleteTenant struct {
	Tenant sekisho.TenantID `json:"tenant"`
	Name   string           `json:"name"`
}

// TenantDeleted is what was deleted.
type TenantDeleted struct {
	Tenant sekisho.Tenant   `json:"tenant"`
	Hosts  []string         `json:"hosts"`
	Rows   map[string]int64 `json:"rows"`  // records by table
	Aside  int              `json:"aside"` // events that lay in aside/
}

// DeleteTenant implements [Service]. The records go first and whole: with them the tenant is gone, and whatever fails
// behind that is told in an error that says so. KindConflict: the tenant is one that a start brings back. KindInvalid: the
// name is another one.
func (l *Local) DeleteTenant(ctx context.Context, ask DeleteTenant) (TenantDeleted, error) {
	op := fmt.Sprintf("delete tenant %s", ask.Tenant)
	tenant, err := l.Records.FindTenant(ctx, ask.Tenant)
	if err != nil {
		return TenantDeleted{}, fmt.Errorf("%s: %w", op, err)
	}
	if err := l.deletable(tenant); err != nil {
		return TenantDeleted{}, err
	}
	if ask.Name != tenant.Name {
		return TenantDeleted{}, sekisho.Invalid(fmt.Sprintf("tenant %s has another name: nothing is deleted; `sekisho tenant list` shows the names", tenant.ID))
	}
	all, err := l.Records.AllSites(ctx)
	if err != nil {
		return TenantDeleted{}, fmt.Errorf("%s: %w", op, err)
	}
	done := TenantDeleted{Tenant: tenant, Hosts: []string{}}
	if done.Rows, err = l.Records.DeleteTenant(ctx, tenant.ID); err != nil {
		return TenantDeleted{}, err
	}
	ctx = context.WithoutCancel(ctx) // the rest belongs to it
	var failed []error
	for _, site := range all {
		if site.Tenant != tenant.ID {
			continue
		}
		done.Hosts = append(done.Hosts, site.Host)
		failed = append(failed, l.Modes.SetOverride(ctx, site.ID, nil))
		if l.Plane.Force != nil {
			l.Plane.Force(site.ID, nil)
		}
	}
	failed = append(failed, l.apply(ctx), l.listen(ctx))
	if l.Plane.Forget != nil {
		done.Aside, err = l.Plane.Forget(ctx, tenant.ID, done.Hosts)
		failed = append(failed, err)
	}
	if l.Changed != nil {
		l.Changed(tenant.ID)
	}
	if err := errors.Join(failed...); err != nil {
		why := strings.ReplaceAll(err.Error(), "\n", "; ")
		return done, &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: fmt.Sprintf("the records of tenant %s are deleted, but not all that is beside them: %s", tenant.ID, why), Err: err}
	}
	return done, nil
}

// deletable refuses a tenant that would be there again after the next start.
func (l *Local) deletable(tenant sekisho.Tenant) error {
	if tenant.ID == sekisho.DefaultTenant {
		return &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("tenant %s is this installation's own and cannot be deleted; its sites can: sekisho site remove HOST", tenant.ID)}
	}
	if l.Given == nil {
		return nil
	}
	if hosts := l.Given(tenant.ID); len(hosts) > 0 {
		return &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("tenant %s has sites in the configuration (%s) that each start brings back: take them out there and restart first", tenant.ID, strings.Join(hosts, ", "))}
	}
	return nil
}

// deleteTimeout is for a tenant with many events: deleting a million takes a while.
const deleteTimeout = 10 * time.Minute

// DeleteTenant implements [Service].
func (c *Client) DeleteTenant(ctx context.Context, ask DeleteTenant) (TenantDeleted, error) {
	return call[TenantDeleted](ctx, c.patient(deleteTimeout), "tenant-delete", ask)
}
