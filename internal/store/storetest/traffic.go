package storetest

import (
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func testTraffic(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	hour := noon.Truncate(time.Hour)
	tokyo := time.FixedZone("JST", 9*3600)
	must(t, db.AddTraffic(ctx, yamada, []sekisho.Traffic{
		{Site: "S2", Hour: hour, Requests: 1},
		{Site: "S1", Hour: hour, Requests: 10, Blocked: 1, Detected: 2, Failed: 3},
		{Site: "S1", Hour: hour.Add(59 * time.Minute).In(tokyo), Requests: 5, Blocked: 1},
		{Site: "S1", Hour: hour.Add(time.Hour), Requests: 7},
	}))
	must(t, db.AddTraffic(ctx, yamada, []sekisho.Traffic{{Site: "S1", Hour: hour, Requests: 100, Blocked: 10, Detected: 20, Failed: 30}}))
	must(t, db.AddTraffic(ctx, yamada, nil))

	noonS1 := sekisho.Traffic{Site: "S1", Hour: hour, Requests: 115, Blocked: 12, Detected: 22, Failed: 33}
	noonS2 := sekisho.Traffic{Site: "S2", Hour: hour, Requests: 1}
	oneS1 := sekisho.Traffic{Site: "S1", Hour: hour.Add(time.Hour), Requests: 7}
	for _, list := range []struct {
		name     string
		site     sekisho.SiteID
		from, to time.Time
		want     []sekisho.Traffic
	}{
		{"all sites", "", hour, hour.Add(2 * time.Hour), []sekisho.Traffic{noonS1, noonS2, oneS1}},
		{"one site", "S1", hour, hour.Add(2 * time.Hour), []sekisho.Traffic{noonS1, oneS1}},
		{"without the end", "S1", hour, hour.Add(time.Hour), []sekisho.Traffic{noonS1}},
		{"from within the hour", "S1", noon.Add(time.Minute).In(tokyo), hour.Add(time.Hour), []sekisho.Traffic{noonS1}},
		{"no bounds", "", time.Time{}, time.Time{}, []sekisho.Traffic{noonS1, noonS2, oneS1}},
		{"before", "", hour.Add(-time.Hour), hour, nil},
	} {
		t.Run(list.name, func(t *testing.T) {
			got, err := db.ListTraffic(ctx, yamada, list.site, list.from, list.to)
			must(t, err)
			wantEqual(t, "traffic", got, list.want)
		})
	}
}
