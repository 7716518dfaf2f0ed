package storetest

import (
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func testSites(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	shop, www, other := site(yamada, "S1", "shop.example"), site(yamada, "S2", "about.example"), site(suzuki, "S3", "other.example")
	shop.Policy.CustomRules = "SecRule ARGS \"@contains 関所\" \"id:1000,deny\"\n"
	for _, s := range []sekisho.Site{shop, www, other} {
		must(t, db.PutSite(ctx, s.Tenant, s))
	}

	got, err := db.FindSite(ctx, yamada, "S1")
	must(t, err)
	wantEqual(t, "FindSite", got, shop)
	got, err = db.FindSiteByHost(ctx, "other.example")
	must(t, err)
	wantEqual(t, "FindSiteByHost", got, other)
	all, err := db.ListSites(ctx, yamada)
	must(t, err)
	wantEqual(t, "ListSites", all, []sekisho.Site{www, shop})
	all, err = db.AllSites(ctx)
	must(t, err)
	wantEqual(t, "AllSites", all, []sekisho.Site{www, other, shop})

	shop.Host, shop.Mode, shop.Updated = "new.example", sekisho.ModeOff, noon.Add(2*time.Hour)
	must(t, db.PutSite(ctx, yamada, shop))
	got, err = db.FindSiteByHost(ctx, "new.example")
	must(t, err)
	wantEqual(t, "a changed site", got, shop)
	_, err = db.FindSiteByHost(ctx, "shop.example")
	wantKind(t, err, sekisho.KindNotFound)

	must(t, db.RemoveSite(ctx, yamada, "S1"))
	_, err = db.FindSite(ctx, yamada, "S1")
	wantKind(t, err, sekisho.KindNotFound)
	wantKind(t, db.RemoveSite(ctx, yamada, "S1"), sekisho.KindNotFound)
	must(t, db.PutSite(ctx, suzuki, site(suzuki, "S4", "new.example"))) // the host is free again
}

// Whatever the proxy reads of sites, the mark tells of a change to it, and of nothing else.
func testSitesMark(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	last, err := db.SitesMark(ctx)
	must(t, err)
	look := func(what string, wantChange bool) {
		t.Helper()
		mark, err := db.SitesMark(ctx)
		must(t, err)
		if changed := mark != last; changed != wantChange {
			t.Errorf("%s: got a mark that changed: %t, want %t", what, changed, wantChange)
		}
		last = mark
	}
	shop := site(yamada, "S1", "shop.example")
	must(t, db.PutSite(ctx, yamada, shop))
	look("a new site", true)
	must(t, db.PutSite(ctx, yamada, shop))
	look("the same site", false)
	shop.Mode = sekisho.ModeOff
	must(t, db.PutSite(ctx, yamada, shop))
	look("a changed site", true)
	must(t, db.PutExclusion(ctx, yamada, "S1", exclusion("E1")))
	look("an exclusion", true)
	must(t, db.RemoveExclusion(ctx, yamada, "S1", "E1"))
	look("an exclusion less", true)
	must(t, db.PutRollout(ctx, sekisho.Rollout{Current: "other", Changed: noon}))
	look("other rules", true)
	must(t, db.PutSite(ctx, yamada, site(yamada, "S2", "about.example")))
	look("a second site", true)
	must(t, db.RemoveSite(ctx, yamada, "S2"))
	look("a site less", true)
	look("nothing", false)
}

func testHostTaken(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	want := site(yamada, "S1", "www.yamada.example")
	must(t, db.PutSite(ctx, yamada, want))
	must(t, db.PutSite(ctx, suzuki, site(suzuki, "S2", "www.suzuki.example")))

	wantKind(t, db.PutSite(ctx, suzuki, site(suzuki, "S3", "www.yamada.example")), sekisho.KindConflict)
	wantKind(t, db.PutSite(ctx, yamada, site(yamada, "S4", "www.yamada.example")), sekisho.KindConflict)
	wantKind(t, db.PutSite(ctx, suzuki, site(suzuki, "S2", "www.yamada.example")), sekisho.KindConflict)
	got, err := db.FindSiteByHost(ctx, "www.yamada.example")
	must(t, err)
	wantEqual(t, "the owner's site", got, want)
}

func testBadSites(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	for _, bad := range []struct {
		name   string
		change func(*sekisho.Site)
		tenant sekisho.TenantID
		want   sekisho.Kind
	}{
		{"no id", func(s *sekisho.Site) { s.ID = "" }, yamada, sekisho.KindInvalid},
		{"bad origin", func(s *sekisho.Site) { s.Origin = "ftp://127.0.0.1" }, yamada, sekisho.KindInvalid},
		{"host with capitals", func(s *sekisho.Site) { s.Host = "WWW.example" }, yamada, sekisho.KindInvalid},
		{"another tenant's", func(s *sekisho.Site) { s.Tenant = suzuki }, yamada, sekisho.KindInvalid},
		{"unknown tenant", func(s *sekisho.Site) { s.Tenant = suzuki }, suzuki, sekisho.KindNotFound},
	} {
		t.Run(bad.name, func(t *testing.T) {
			s := site(yamada, "S1", "www.yamada.example")
			bad.change(&s)
			wantKind(t, db.PutSite(t.Context(), bad.tenant, s), bad.want)
			all, err := db.AllSites(t.Context())
			must(t, err)
			wantEqual(t, "stored sites", all, nil)
		})
	}
}
