package control

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Bypass lets visitors reach the origin uninspected. Through us it is the kill switch, and works while the records are
// away. Past us it needs an origin that was just seen to answer for the host by itself, or the way back would be a way
// into an error page.
func (l *Local) Bypass(ctx context.Context, bypass Bypass) (SiteView, error) {
	host, err := ParseHost(bypass.Host)
	if err != nil {
		return SiteView{}, err
	}
	if !bypass.DNS {
		off := sekisho.ModeOff
		if _, err := l.SetMode(ctx, SetMode{Host: host, Mode: &off}); err != nil {
			return SiteView{}, err
		}
		site, err := l.findSite(ctx, host)
		if err != nil {
			return SiteView{}, fmt.Errorf("bypass site %s: %w", host, err)
		}
		return l.viewOne(ctx, site)
	}
	if l.Plane.WayPast == nil {
		return SiteView{}, &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "--dns needs a running sekisho serve with dns_zone; without it: sekisho site bypass " + host}
	}
	return l.change(ctx, host, "bypass", func(site *sekisho.Site) error {
		if !site.Stage.Served() {
			return &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("site %s is %s and is not served", host, site.State(site.Mode).Words())}
		}
		addrs, why := l.Plane.WayPast(ctx, *site)
		if len(addrs) == 0 {
			return &sekisho.Error{Kind: sekisho.KindConflict, Msg: why.EN + " Without DNS: sekisho site bypass " + host}
		}
		site.BypassTo = addrs
		return nil
	})
}

// Resume leads visitors back through us, in the mode of before, and takes a paused site back into service.
func (l *Local) Resume(ctx context.Context, host string) (SiteView, error) {
	view, err := l.change(ctx, host, "resume", func(site *sekisho.Site) error {
		site.BypassTo = nil
		if site.Stage == sekisho.StagePaused {
			return site.MoveTo(sekisho.StageVerified)
		}
		return nil
	})
	if err != nil || view.Mode != sekisho.ModeOff {
		return view, err
	}
	if _, err := l.SetMode(ctx, SetMode{Host: view.Host, Mode: &view.ModeBefore}); err != nil {
		return SiteView{}, err
	}
	site, err := l.findSite(ctx, view.Host)
	if err != nil {
		return SiteView{}, fmt.Errorf("resume site %s: %w", host, err)
	}
	return l.viewOne(ctx, site)
}

// Pause takes a site out of service: its name is refused until it is resumed.
func (l *Local) Pause(ctx context.Context, host string) (SiteView, error) {
	return l.change(ctx, host, "pause", func(site *sekisho.Site) error { return site.MoveTo(sekisho.StagePaused) })
}

// Advance brings a site to a stage that was found out about, such as that its name leads here now.
func (l *Local) Advance(ctx context.Context, host string, stage sekisho.Stage) error {
	_, err := l.change(ctx, host, "advance", func(site *sekisho.Site) error { return site.MoveTo(stage) })
	return err
}

// change reads a site's record, changes it, and brings it into force.
func (l *Local) change(ctx context.Context, name, what string, how func(*sekisho.Site) error) (SiteView, error) {
	host, err := ParseHost(name)
	if err != nil {
		return SiteView{}, err
	}
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err != nil {
		return SiteView{}, fmt.Errorf("%s site %s: %w", what, host, err)
	}
	if err := how(&site); err != nil {
		return SiteView{}, err
	}
	site.Updated = time.Now().UTC()
	if err := l.Records.PutSite(ctx, site.Tenant, site); err != nil {
		return SiteView{}, fmt.Errorf("%s site %s: %w", what, host, err)
	}
	if err := l.apply(ctx); err != nil {
		return SiteView{}, fmt.Errorf("stored but not in force: %w", err)
	}
	return l.viewOne(ctx, site)
}

func (l *Local) viewOne(ctx context.Context, site sekisho.Site) (SiteView, error) {
	views, err := l.view(ctx, []sekisho.Site{site})
	if err != nil {
		return SiteView{}, err
	}
	return views[0], nil
}
