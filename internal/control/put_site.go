package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/sekisho-waf/sekisho"
)

// PutSite adds or changes a site whole: a policy that does not compile, a certificate that cannot be used or a clashing
// host changes nothing.
func (l *Local) PutSite(ctx context.Context, put PutSite) (SiteView, error) {
	views, err := l.PutSites(ctx, []PutSite{put})
	if err != nil {
		return SiteView{}, err
	}
	return views[0], nil
}

// PutSites adds or changes sites and brings them into force together, so that a long list costs one change. Every site
// is checked before the first is stored.
func (l *Local) PutSites(ctx context.Context, puts []PutSite) ([]SiteView, error) {
	engines := map[compiled]func(){}
	defer func() {
		for _, release := range engines {
			release() // by then the sites have them
		}
	}()
	sites := make([]sekisho.Site, len(puts))
	for i, put := range puts {
		site, err := l.wanted(ctx, put)
		if err == nil {
			err = l.usable(ctx, site, put, engines)
		}
		if err != nil {
			return nil, err
		}
		sites[i] = site
	}
	for i, site := range sites {
		if err := l.Records.PutSite(ctx, site.Tenant, site); err != nil {
			return nil, fmt.Errorf("put site %s: %w", site.Host, err)
		}
		if puts[i].Mode != nil { // an explicit mode ends an override of this site
			if err := l.endOverride(ctx, site.ID); err != nil {
				return nil, fmt.Errorf("put site %s: end its mode override: %w", site.Host, err)
			}
		}
	}
	if err := l.apply(ctx); err != nil {
		return nil, fmt.Errorf("stored but not in force: %w", err)
	}
	return l.view(ctx, sites)
}

// compiled names an engine that PutSites holds until its sites have it.
type compiled struct {
	policy sekisho.Policy
	mode   sekisho.Mode
}

// wanted is the site as it would be stored.
func (l *Local) wanted(ctx context.Context, put PutSite) (sekisho.Site, error) {
	host, err := ParseHost(put.Host)
	if err != nil {
		return sekisho.Site{}, err
	}
	site, err := l.Records.FindSiteByHost(ctx, host)
	switch {
	case err == nil && put.New:
		return site, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("site %s is already there; change it with: sekisho site set %s", host, host)}
	case err == nil:
	case sekisho.KindOf(err) != sekisho.KindNotFound:
		return site, fmt.Errorf("put site %s: %w", host, err)
	case put.Known:
		return site, sekisho.NotFound("site " + host)
	default:
		site = sekisho.Site{
			ID: sekisho.NewSiteID(), Tenant: sekisho.DefaultTenant, Host: host,
			Policy: sekisho.DefaultPolicy(), Created: time.Now().UTC(),
		}
	}
	if put.Trust && site.Stage == sekisho.StageDraft {
		if err := l.vouch(&site); err != nil {
			return site, err
		}
	}
	setOrigins(&site, put)
	set(&site.Maintenance, put.Maintenance)
	if put.Mode != nil && *put.Mode == sekisho.ModeOff && site.Mode != sekisho.ModeOff {
		site.ModeBefore = site.Mode
	}
	set(&site.Mode, put.Mode)
	set(&site.FailMode, put.FailMode)
	set(&site.BeyondLimit, put.BeyondLimit)
	set(&site.Policy, put.Policy)
	set(&site.Limits, put.Limits)
	set(&site.CertFile, put.CertFile)
	set(&site.KeyFile, put.KeyFile)
	set(&site.Hardening, put.Hardening)
	if put.Tenant != nil && *put.Tenant != site.Tenant {
		if !site.Updated.IsZero() {
			return site, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("site %s belongs to tenant %s; remove it there before %s adds it", host, site.Tenant, *put.Tenant)}
		}
		site.Tenant = *put.Tenant
	}
	site.Updated = time.Now().UTC()
	return site, nil
}

// usable refuses what could be stored and not served. Certificate files are looked at when they are named: one that has
// gone bad since must not keep other settings from being changed.
func (l *Local) usable(ctx context.Context, site sekisho.Site, put PutSite, engines map[compiled]func()) error {
	if err := site.Validate(); err != nil {
		return err
	}
	if _, err := l.Records.FindTenant(ctx, site.Tenant); err != nil {
		return fmt.Errorf("put site %s: %w; add it with: sekisho tenant add %s", site.Host, err, site.Tenant)
	}
	if (put.CertFile != nil || put.KeyFile != nil) && l.Plane.Certificate != nil {
		if err := l.Plane.Certificate(site); err != nil {
			return fmt.Errorf("put site %s: %w", site.Host, err)
		}
	}
	if (put.Origin != nil || put.Origins != nil) && l.Plane.Origins != nil {
		if err := l.Plane.Origins(site); err != nil {
			return fmt.Errorf("put site %s: %w", site.Host, err)
		}
	}
	key := compiled{site.Policy, site.Mode}
	if l.Plane.Compile == nil || engines[key] != nil {
		return nil
	}
	release, err := l.Plane.Compile(site.Policy, site.Mode)
	if err != nil {
		return fmt.Errorf("put site %s: %w", site.Host, err)
	}
	engines[key] = release
	return nil
}

// endOverride spares the hot state a write where there is nothing to end.
func (l *Local) endOverride(ctx context.Context, site sekisho.SiteID) error {
	if _, single, err := l.Modes.Overrides(ctx); err == nil {
		if _, overridden := single[site]; !overridden {
			return nil
		}
	}
	return l.Modes.SetOverride(ctx, site, nil)
}

// setOrigins changes the servers of a site. Whoever vouched for those of before has said nothing about others.
func setOrigins(site *sekisho.Site, put PutSite) {
	origin, others, vouched := site.Origin, site.Origins.Others, site.Origins.Vouched
	set(&site.Origin, put.Origin)
	set(&site.Origins, put.Origins)
	site.Origins.Vouched = put.VouchOrigin || vouched && site.Origin == origin && slices.Equal(site.Origins.Others, others)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// Sites lists every site with the mode in force.
func (l *Local) Sites(ctx context.Context) ([]SiteView, error) {
	sites, err := l.Records.AllSites(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	return l.view(ctx, sites)
}

func (l *Local) view(ctx context.Context, sites []sekisho.Site) ([]SiteView, error) {
	all, single, err := l.overrides(ctx)
	if err != nil {
		return nil, fmt.Errorf("read mode overrides: %w", err)
	}
	views := make([]SiteView, len(sites))
	var servers map[sekisho.SiteID][]ServerState
	if l.Plane.ServerStates != nil {
		servers = l.Plane.ServerStates()
	}
	for i, site := range sites {
		var own *sekisho.Mode
		if mode, ok := single[site.ID]; ok {
			own = &mode
		}
		inForce := sekisho.InForce(site.Mode, own, all)
		views[i] = SiteView{Site: site, EffectiveMode: inForce, State: site.State(inForce), Servers: servers[site.ID]}
		if l.Plane.Certificates != nil {
			certificate := l.Plane.Certificates.Of(site.Host)
			views[i].Certificate = &certificate
		}
	}
	return views, nil
}

// RemoveSite takes the site out of service; its events and incidents stay.
func (l *Local) RemoveSite(ctx context.Context, host string) error {
	host, err := ParseHost(host)
	if err != nil {
		return err
	}
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err != nil {
		return fmt.Errorf("remove site %s: %w", host, err)
	}
	if err := site.MoveTo(sekisho.StageRemoved); err != nil {
		return err
	}
	if err := l.Records.RemoveSite(ctx, site.Tenant, site.ID); err != nil {
		return fmt.Errorf("remove site %s: %w", host, err)
	}
	if err := l.Modes.SetOverride(ctx, site.ID, nil); err != nil {
		return fmt.Errorf("remove site %s: %w", host, err)
	}
	return l.apply(ctx)
}

// ParseHost reads a host as a person would type it, internationalised names too (RFC 5891), into the form that the
// site table uses.
func ParseHost(s string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSpace(s))
	if err != nil { // a port, an IP address, an underscore: let the strict reader say what is wrong
		ascii = s
	}
	return sekisho.CanonicalHost(ascii)
}
