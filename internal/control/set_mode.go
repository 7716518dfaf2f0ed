package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// SetMode puts the override in force first and writes the record second, because the kill switch is pulled exactly when
// something is broken, and that may be the database.
func (l *Local) SetMode(ctx context.Context, set SetMode) (ModeSet, error) {
	if set.Host == "" {
		lasting, err := l.override(ctx, "", set.Mode)
		if err != nil {
			return ModeSet{}, fmt.Errorf("set the mode of every site: %w", err)
		}
		return lasting, l.switchModes(ctx)
	}
	if set.Mode == nil {
		return ModeSet{}, sekisho.Invalid("mode: use off, detect or block")
	}
	host, err := ParseHost(set.Host)
	if err != nil {
		return ModeSet{}, err
	}
	site, err := l.findSite(ctx, host)
	if err != nil {
		return ModeSet{}, fmt.Errorf("set mode of %s: %w", host, err)
	}
	lasting, err := l.override(ctx, site.ID, set.Mode)
	if err != nil {
		return ModeSet{}, fmt.Errorf("set mode of %s: %w", host, err)
	}
	if err := l.switchModes(ctx); err != nil {
		return ModeSet{}, fmt.Errorf("set mode of %s: %w", host, err)
	}
	if err := l.storeMode(ctx, host, *set.Mode, lasting.Stored); err != nil {
		l.Log.WarnContext(ctx, "mode in force but not stored", obs.Site(host), obs.Err(err))
		if lasting.Stored {
			lasting.Notice = "in force now and after a restart; the database could not be written, so the site's record still shows the old mode: " + err.Error()
		}
		return ModeSet{Notice: lasting.Notice, Forced: l.forced(ctx, *set.Mode)}, nil
	}
	return ModeSet{Stored: true, Forced: l.forced(ctx, *set.Mode)}, nil
}

// forced returns the mode that every site is forced to, where it is not the wanted one: then what was just set waits.
func (l *Local) forced(ctx context.Context, wanted sekisho.Mode) *sekisho.Mode {
	all, _, err := l.overrides(ctx)
	if err != nil || all == nil || sekisho.InForce(wanted, nil, all) == wanted {
		return nil
	}
	return all
}

// override sets a mode over the sites' own where it outlasts this process, or else, because the kill switch must work
// on a full disk too, in this process alone.
func (l *Local) override(ctx context.Context, site sekisho.SiteID, mode *sekisho.Mode) (ModeSet, error) {
	err := l.Modes.SetOverride(ctx, site, mode)
	switch {
	case l.Plane.Force == nil:
		return ModeSet{Stored: true}, err
	case err == nil:
		l.Plane.Force(site, nil)
		return ModeSet{Stored: true}, nil
	}
	l.Plane.Force(site, mode)
	l.Log.WarnContext(ctx, "mode in force in this process alone", obs.Err(err))
	return ModeSet{Notice: "in force in this process, until it is restarted; it could not be stored: " + err.Error()}, nil
}

// storeMode writes the mode into the site's record and ends the override that stood in for it.
func (l *Local) storeMode(ctx context.Context, host string, mode sekisho.Mode, overridden bool) error {
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err != nil {
		return err
	}
	if mode == sekisho.ModeOff && site.Mode != sekisho.ModeOff {
		site.ModeBefore = site.Mode
	}
	site.Mode, site.Updated = mode, time.Now().UTC()
	if err := l.Records.PutSite(ctx, site.Tenant, site); err != nil {
		return err
	}
	if overridden {
		err = l.Modes.SetOverride(ctx, site.ID, nil)
	} else {
		l.Plane.Force(site.ID, nil)
	}
	return errors.Join(err, l.apply(ctx))
}

// findSite asks the records, and while they are away what is being served.
func (l *Local) findSite(ctx context.Context, host string) (sekisho.Site, error) {
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err == nil || sekisho.KindOf(err) == sekisho.KindNotFound {
		return site, err
	}
	if served, ok := l.served(func(s sekisho.Site) bool { return s.Host == host }); ok {
		return served, nil
	}
	return site, err
}

// SetSiteMode is the kill switch of the portal: [Local.SetMode] for a site of this tenant, KindNotFound for any other.
func (l *Local) SetSiteMode(ctx context.Context, tenant sekisho.TenantID, id sekisho.SiteID, mode sekisho.Mode) error {
	site, err := l.Records.FindSite(ctx, tenant, id)
	if err != nil && sekisho.KindOf(err) != sekisho.KindNotFound {
		if served, ok := l.served(func(s sekisho.Site) bool { return s.Tenant == tenant && s.ID == id }); ok {
			site, err = served, nil
		}
	}
	if err != nil {
		return fmt.Errorf("set mode of site %s: %w", id, err)
	}
	_, err = l.SetMode(ctx, SetMode{Host: site.Host, Mode: &mode})
	return err
}

func (l *Local) served(match func(sekisho.Site) bool) (sekisho.Site, bool) {
	if l.Plane.Served == nil {
		return sekisho.Site{}, false
	}
	sites := l.Plane.Served()
	if i := slices.IndexFunc(sites, match); i >= 0 {
		return sites[i], true
	}
	return sekisho.Site{}, false
}

// overrides are those in force here, or, when nothing is served, those of the hot state.
func (l *Local) overrides(ctx context.Context) (all *sekisho.Mode, sites map[sekisho.SiteID]sekisho.Mode, err error) {
	if l.Plane.Overrides != nil {
		all, sites = l.Plane.Overrides()
		return all, sites, nil
	}
	return l.Modes.Overrides(ctx)
}

func (l *Local) switchModes(ctx context.Context) error {
	if l.Plane.Switch == nil {
		return nil
	}
	return l.Plane.Switch(ctx)
}
