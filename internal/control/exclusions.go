package control

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// ExclusionRecords keeps the exclusions of sites.
type ExclusionRecords interface {
	PutExclusion(context.Context, sekisho.TenantID, sekisho.SiteID, sekisho.Exclusion) error
	ListExclusions(context.Context, sekisho.TenantID, sekisho.SiteID) ([]sekisho.Exclusion, error)
	RemoveExclusion(context.Context, sekisho.TenantID, sekisho.SiteID, sekisho.ExclusionID) error
}

// AddExclusion makes a rule leave out one parameter on one path of a site. Id and time of creation are ours.
func (l *Local) AddExclusion(ctx context.Context, ask AddExclusion) (ExclusionView, error) {
	site, err := l.siteOf(ctx, ask.Host)
	if err != nil {
		return ExclusionView{}, fmt.Errorf("add an exclusion: %w", err)
	}
	e := ask.Exclusion
	e.ID, e.Created = sekisho.NewExclusionID(), time.Now().UTC()
	check := sekisho.Exclusion.Validate
	if l.Plane.Exclusion != nil {
		check = func(e sekisho.Exclusion) error { return l.Plane.Exclusion(site.Policy, e) }
	}
	if err := check(e); err != nil {
		return ExclusionView{}, fmt.Errorf("add an exclusion: %w", err)
	}
	if err := l.Records.PutExclusion(ctx, site.Tenant, site.ID, e); err != nil {
		return ExclusionView{}, err
	}
	return ExclusionView{Exclusion: e, Host: site.Host}, l.apply(ctx)
}

// Exclusions lists the exclusions of a host, or of every site when host is empty, expired ones too.
func (l *Local) Exclusions(ctx context.Context, host string) ([]ExclusionView, error) {
	sites, err := l.Records.AllSites(ctx)
	if host != "" {
		var site sekisho.Site
		site, err = l.siteOf(ctx, host)
		sites = []sekisho.Site{site}
	}
	if err != nil {
		return nil, fmt.Errorf("list exclusions: %w", err)
	}
	var views []ExclusionView
	now := time.Now()
	for _, site := range sites {
		list, err := l.Records.ListExclusions(ctx, site.Tenant, site.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			views = append(views, ExclusionView{Exclusion: e, Host: site.Host, Expired: e.ExpiredAt(now)})
		}
	}
	return views, nil
}

// RemoveExclusion ends an exclusion at once.
func (l *Local) RemoveExclusion(ctx context.Context, ask RemoveExclusion) error {
	site, err := l.siteOf(ctx, ask.Host)
	if err != nil {
		return fmt.Errorf("remove an exclusion: %w", err)
	}
	if err := l.Records.RemoveExclusion(ctx, site.Tenant, site.ID, ask.ID); err != nil {
		return err
	}
	return l.apply(ctx)
}

func (l *Local) siteOf(ctx context.Context, host string) (sekisho.Site, error) {
	host, err := ParseHost(host)
	if err != nil {
		return sekisho.Site{}, err
	}
	return l.Records.FindSiteByHost(ctx, host)
}
