package control

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// ActOnCase does what a person decided. KindNotFound: no case and no incident has this id; KindInvalid: the action does
// not fit the case as it stands.
func (l *Local) ActOnCase(ctx context.Context, act ActOnCase) (sekisho.Case, error) {
	tenant, id, err := l.findCase(ctx, act.Tenant, act.ID)
	if err != nil {
		return sekisho.Case{}, err
	}
	return l.Act(ctx, tenant, id, act.Action)
}

// tries is how often an action is tried again because the incident engine, or somebody else, was faster.
const tries = 5

// Act does what a person decided about one case of a tenant. What happened to the case meanwhile is taken into account:
// an action that no longer fits is KindInvalid.
func (l *Local) Act(ctx context.Context, tenant sekisho.TenantID, id sekisho.CaseID, action sekisho.CaseAction) (sekisho.Case, error) {
	for try := 1; ; try++ {
		c, err := l.Records.FindCase(ctx, tenant, id)
		if err != nil {
			return sekisho.Case{}, fmt.Errorf("act on case %s: %w", id, err)
		}
		changed, change, quiet, err := c.Do(action, time.Now().Truncate(time.Microsecond))
		if err != nil {
			return c, fmt.Errorf("act on case %s: %w", id, err)
		}
		err = l.Records.ChangeCase(ctx, tenant, changed, change, quiet)
		if err == nil {
			if l.Changed != nil {
				l.Changed(tenant)
			}
			return changed, nil
		}
		if sekisho.KindOf(err) != sekisho.KindConflict || try == tries {
			return c, fmt.Errorf("act on case %s: %w", id, err)
		}
	}
}

// Changes lists who did what when.
func (l *Local) Changes(ctx context.Context, ask AskChanges) (ChangePage, error) {
	if ask.ID != "" {
		tenant, id, err := l.findCase(ctx, ask.Tenant, ask.ID)
		if err != nil {
			return ChangePage{}, err
		}
		ask.Tenant, ask.Filter.Case = tenant, id
	}
	changes, next, err := l.Records.ListChanges(ctx, ask.Tenant, ask.Filter)
	if err != nil {
		return ChangePage{}, fmt.Errorf("list changes: %w", err)
	}
	return ChangePage{Changes: changes, Next: next}, nil
}

// findCase finds the case that an id means: a case's own, or an incident's. An empty tenant means any.
func (l *Local) findCase(ctx context.Context, of sekisho.TenantID, id string) (sekisho.TenantID, sekisho.CaseID, error) {
	tenants := []sekisho.Tenant{{ID: of}}
	if of == "" {
		var err error
		if tenants, err = l.Records.ListTenants(ctx); err != nil {
			return "", "", fmt.Errorf("find case %s: %w", id, err)
		}
	}
	for _, tenant := range tenants {
		incident, err := l.Records.FindIncident(ctx, tenant.ID, sekisho.IncidentID(id))
		if err == nil && incident.Case != "" {
			return tenant.ID, incident.Case, nil
		}
		if err == nil || sekisho.KindOf(err) == sekisho.KindNotFound {
			var c sekisho.Case
			if c, err = l.Records.FindCase(ctx, tenant.ID, sekisho.CaseID(id)); err == nil {
				return tenant.ID, c.ID, nil
			}
		}
		if sekisho.KindOf(err) != sekisho.KindNotFound {
			return "", "", fmt.Errorf("find case %s: %w", id, err)
		}
	}
	return "", "", sekisho.NotFound(fmt.Sprintf("incident %q; `sekisho incidents --json` lists them", id))
}

// casesOf returns the cases of incidents, by id.
func (l *Local) casesOf(ctx context.Context, tenant sekisho.TenantID, incidents []sekisho.Incident) (map[sekisho.CaseID]*sekisho.Case, error) {
	var ids []sekisho.CaseID
	for _, incident := range incidents {
		if incident.Case != "" {
			ids = append(ids, incident.Case)
		}
	}
	desk, err := l.Records.Desk(ctx, tenant, ids, time.Now())
	if err != nil {
		return nil, err
	}
	found := make(map[sekisho.CaseID]*sekisho.Case, len(desk.Cases))
	for i := range desk.Cases {
		found[desk.Cases[i].ID] = &desk.Cases[i]
	}
	return found, nil
}
