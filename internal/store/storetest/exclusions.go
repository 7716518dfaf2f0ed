package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func exclusion(id sekisho.ExclusionID) sekisho.Exclusion {
	return sekisho.Exclusion{
		ID: id, Rule: 942100, Path: "/contact", Parameter: "ARGS:body", Reason: "お客様の文章", Author: "hanako",
		Created: noon, Expires: noon.Add(30 * 24 * time.Hour),
	}
}

func testExclusions(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	must(t, db.PutSite(ctx, yamada, site(yamada, "S1", "www.yamada.example")))
	must(t, db.PutSite(ctx, suzuki, site(suzuki, "S2", "www.suzuki.example")))
	first, second, other := exclusion("E1"), exclusion("E2"), exclusion("E1")
	second.Rule, other.Path = 941100, "/admin/*"
	must(t, db.PutExclusion(ctx, yamada, "S1", first))
	must(t, db.PutExclusion(ctx, yamada, "S1", second))
	must(t, db.PutExclusion(ctx, suzuki, "S2", other))

	list, err := db.ListExclusions(ctx, yamada, "S1")
	must(t, err)
	wantEqual(t, "ListExclusions", list, []sekisho.Exclusion{first, second})
	all, err := db.AllExclusions(ctx)
	must(t, err)
	wantEqual(t, "AllExclusions", all, map[sekisho.SiteID][]sekisho.Exclusion{"S1": {first, second}, "S2": {other}})

	first.Reason = "another reason"
	must(t, db.PutExclusion(ctx, yamada, "S1", first))
	changed := site(yamada, "S1", "www.yamada.example")
	changed.Exclusions = []sekisho.Exclusion{other}
	must(t, db.PutSite(ctx, yamada, changed)) // does not touch them
	list, err = db.ListExclusions(ctx, yamada, "S1")
	must(t, err)
	wantEqual(t, "a changed exclusion", list, []sekisho.Exclusion{first, second})
	stored, err := db.FindSite(ctx, yamada, "S1")
	must(t, err)
	wantEqual(t, "the exclusions in the site's own record", stored.Exclusions, nil)

	must(t, db.RemoveExclusion(ctx, yamada, "S1", "E2"))
	wantKind(t, db.RemoveExclusion(ctx, yamada, "S1", "E2"), sekisho.KindNotFound)
	must(t, db.RemoveSite(ctx, yamada, "S1"))
	all, err = db.AllExclusions(ctx)
	must(t, err)
	wantEqual(t, "what is left behind a site", all, map[sekisho.SiteID][]sekisho.Exclusion{"S2": {other}})
}

func testBadExclusions(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	must(t, db.PutSite(ctx, yamada, site(yamada, "S1", "www.yamada.example")))
	wantKind(t, db.PutExclusion(ctx, yamada, "S1", exclusion("")), sekisho.KindInvalid)
	nameless := exclusion("E1")
	nameless.Author = ""
	wantKind(t, db.PutExclusion(ctx, yamada, "S1", nameless), sekisho.KindInvalid)
	wantKind(t, db.PutExclusion(ctx, yamada, "S9", exclusion("E1")), sekisho.KindNotFound)
	for i := range sekisho.MaxExclusions {
		must(t, db.PutExclusion(ctx, yamada, "S1", exclusion(sekisho.ExclusionID(fmt.Sprintf("E%03d", i)))))
	}
	wantKind(t, db.PutExclusion(ctx, yamada, "S1", exclusion("one more")), sekisho.KindConflict)
	must(t, db.PutExclusion(ctx, yamada, "S1", exclusion("E000"))) // one that is there may change
}
