package storetest

import (
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func testRollout(t *testing.T, db *store.DB) {
	ctx := t.Context()
	none, err := db.Rollout(ctx)
	must(t, err)
	wantEqual(t, "the rollout before anybody has said", none, sekisho.Rollout{})
	old := sekisho.RuleVersion{Name: "crs-4.25.0-a", Release: "4.25.0", Added: noon}
	next := sekisho.RuleVersion{Name: "crs-4.26.0-b", Release: "4.26.0", Added: noon.Add(time.Hour)}
	must(t, db.PutRuleVersion(ctx, next, []byte{0, 1, 2}))
	must(t, db.PutRuleVersion(ctx, old, []byte("old")))
	must(t, db.PutRuleVersion(ctx, old, []byte("another content under the same name")))
	list, err := db.RuleVersions(ctx)
	must(t, err)
	wantEqual(t, "RuleVersions", list, []sekisho.RuleVersion{old, next})
	pack, err := db.RulePack(ctx, old.Name)
	must(t, err)
	wantEqual(t, "RulePack", string(pack), "old")
	_, err = db.RulePack(ctx, "crs-0")
	wantKind(t, err, sekisho.KindNotFound)
	wantKind(t, db.PutRuleVersion(ctx, sekisho.RuleVersion{}, nil), sekisho.KindInvalid)

	for _, r := range []sekisho.Rollout{
		{Current: old.Name, Next: next.Name, Stage: sekisho.RolloutCanary, Percent: 12.5, Author: "hanako", Changed: noon},
		{Current: next.Name, Previous: old.Name, Changed: noon},
	} {
		must(t, db.PutRollout(ctx, r))
		got, err := db.Rollout(ctx)
		must(t, err)
		wantEqual(t, "Rollout", got, r)
	}
}
