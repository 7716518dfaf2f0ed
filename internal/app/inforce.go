package app

import (
	"context"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// inForce shows the portal its sites in the mode that they are really in: while a mode is forced on every site, an owner
// must not read "blocking" off a record.
type inForce struct {
	*store.DB
	overrides func() (all *sekisho.Mode, sites map[sekisho.SiteID]sekisho.Mode)
}

// FindSite implements the portal's Records.
func (r inForce) FindSite(ctx context.Context, tenant sekisho.TenantID, id sekisho.SiteID) (sekisho.Site, error) {
	site, err := r.DB.FindSite(ctx, tenant, id)
	r.apply([]*sekisho.Site{&site})
	return site, err
}

// ListSites implements the portal's Records.
func (r inForce) ListSites(ctx context.Context, tenant sekisho.TenantID) ([]sekisho.Site, error) {
	sites, err := r.DB.ListSites(ctx, tenant)
	r.apply(pointers(sites))
	return sites, err
}

// AllSites implements the portal's Records.
func (r inForce) AllSites(ctx context.Context) ([]sekisho.Site, error) {
	sites, err := r.DB.AllSites(ctx)
	r.apply(pointers(sites))
	return sites, err
}

func (r inForce) apply(sites []*sekisho.Site) {
	all, single := r.overrides()
	for _, site := range sites {
		var own *sekisho.Mode
		if mode, ok := single[site.ID]; ok {
			own = &mode
		}
		site.Mode = sekisho.InForce(site.Mode, own, all)
	}
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
