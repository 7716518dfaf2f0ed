package dashboard

import (
	"fmt"
	"log/slog"
	"net/url"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// sites lists what inspection does on each site of the tenant, with the switch, and what it does not do.
func (s *Server) sites(v *visit) (reply, error) {
	sites, err := s.records.ListSites(v.ctx(), v.tenant.ID)
	if err != nil {
		return reply{}, fmt.Errorf("listing sites of %s: %w", v.tenant.ID, err)
	}
	answer := reply{title: view.Say("sites.title"), section: "sites"}
	var page view.Sites
	for _, site := range sites {
		at := v.path("/sites/%s", url.PathEscape(string(site.ID)))
		shown := view.Site{
			ID: string(site.ID), Host: view.Visible(site.Host), Origin: view.Visible(site.Origin), Mode: site.Mode, Action: at + "/mode", OffHref: at + "/off",
			Updated: view.At(site.Updated), BodyLimit: view.Bytes(site.Policy.BodyLimit),
			Refuses: site.BeyondLimit == sekisho.BeyondRefuse, FailOpen: site.FailMode == sekisho.FailOpen,
			Paranoia: site.Policy.ParanoiaLevel, CustomRules: site.Policy.CustomRules != "",
		}
		if site.Policy.ResponseBodyLimit > 0 {
			shown.ResponseBody = view.Bytes(site.Policy.ResponseBodyLimit)
		}
		s.describe(v, site, &shown)
		page.Sites = append(page.Sites, shown)
		// The notice says only what is true now, whatever the address claims.
		if query := v.r.URL.Query(); query.Get("at") == string(site.ID) && query.Get("done") == site.Mode.String() {
			notice := view.Say("done."+site.Mode.String(), "Site", view.Visible(site.Host))
			answer.notice = &notice
		}
	}
	answer.page = page
	return answer, nil
}

// siteOff asks before inspection stops.
func (s *Server) siteOff(v *visit) (reply, error) {
	id := sekisho.SiteID(v.r.PathValue("site"))
	site, err := s.records.FindSite(v.ctx(), v.tenant.ID, id)
	if err != nil {
		return reply{}, fmt.Errorf("asking before site %s of %s is switched off: %w", id, v.tenant.ID, err)
	}
	page := view.SiteOff{Host: view.Visible(site.Host), Action: v.path("/sites/%s/mode", url.PathEscape(string(id))), Back: v.path("/sites")}
	return reply{page: page, title: view.Say("off.title"), section: "sites"}, nil
}

// siteMode switches. Off goes by way of the page that asks, unless that page sent the form.
func (s *Server) siteMode(v *visit) (reply, error) {
	id := sekisho.SiteID(v.r.PathValue("site"))
	mode, err := sekisho.ParseMode(v.r.PostFormValue("mode"))
	if err != nil {
		return reply{}, fmt.Errorf("switching site %s of %s: %w", id, v.tenant.ID, err)
	}
	if mode == sekisho.ModeOff && v.r.PostFormValue("confirm") != "yes" {
		return reply{to: v.path("/sites/%s/off", url.PathEscape(string(id)))}, nil
	}
	if err := s.modes.SetMode(v.ctx(), v.tenant.ID, id, mode); err != nil {
		return reply{}, fmt.Errorf("switching site %s of %s to %s: %w", id, v.tenant.ID, mode, err)
	}
	s.log.InfoContext(v.ctx(), "site mode changed", who(v), obs.Tenant(v.tenant.ID), slog.String("site_id", string(id)), slog.String("mode", mode.String()))
	query := url.Values{"done": {mode.String()}, "at": {string(id)}}
	return reply{to: v.path("/sites?%s", query.Encode())}, nil
}
