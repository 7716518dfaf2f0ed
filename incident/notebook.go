package incident

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// notebook keeps what an engine makes of events in memory, for as long as a replay lasts: the promises of the real
// records, without the events themselves.
type notebook struct {
	tenants map[sekisho.TenantID]*page
	changes []sekisho.Change // of all tenants, in the order they were made
}

type page struct {
	memory    map[[2]string]sekisho.Memory // by kind and key
	incidents map[sekisho.IncidentID]sekisho.Incident
	cases     map[sekisho.CaseID]sekisho.Case
	positions map[string]uint64
}

func newNotebook() *notebook { return &notebook{tenants: map[sekisho.TenantID]*page{}} }

func (n *notebook) page(tenant sekisho.TenantID) *page {
	p := n.tenants[tenant]
	if p == nil {
		p = &page{
			memory: map[[2]string]sekisho.Memory{}, incidents: map[sekisho.IncidentID]sekisho.Incident{},
			cases: map[sekisho.CaseID]sekisho.Case{}, positions: map[string]uint64{},
		}
		n.tenants[tenant] = p
	}
	return p
}

// Remember implements [Records].
func (n *notebook) Remember(_ context.Context, tenant sekisho.TenantID, stream string, openSince time.Time) (r sekisho.Remembered, err error) {
	p := n.page(tenant)
	for _, row := range p.memory {
		r.Memory = append(r.Memory, row)
	}
	slices.SortFunc(r.Memory, func(a, b sekisho.Memory) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key)) })
	for _, i := range p.incidents {
		if !i.Last.Before(openSince) {
			i.Sources, i.Outcomes = maps.Clone(i.Sources), maps.Clone(i.Outcomes) // they grow
			r.Open = append(r.Open, i)
		}
	}
	slices.SortFunc(r.Open, func(a, b sekisho.Incident) int { return cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.ID, b.ID)) })
	r.Position = p.positions[stream]
	return r, nil
}

// Desk implements [Records].
func (n *notebook) Desk(_ context.Context, tenant sekisho.TenantID, ids []sekisho.CaseID, _ time.Time) (d sekisho.Desk, err error) {
	p := n.page(tenant)
	for _, id := range ids {
		if c, ok := p.cases[id]; ok {
			d.Cases = append(d.Cases, c)
		}
	}
	return d, nil
}

// Commit implements [Records].
func (n *notebook) Commit(_ context.Context, tenant sekisho.TenantID, c sekisho.Commit) error {
	p := n.page(tenant)
	if c.Position <= p.positions[c.Stream] {
		return nil
	}
	p.positions[c.Stream] = c.Position
	for _, i := range c.Incidents {
		p.incidents[i.ID] = i
	}
	for _, one := range c.Cases {
		p.cases[one.ID] = one
	}
	n.changes = append(n.changes, c.Changes...)
	for _, row := range c.Memory {
		if name := [2]string{row.Kind, row.Key}; row.Data == nil {
			delete(p.memory, name)
		} else {
			p.memory[name] = row
		}
	}
	return nil
}
