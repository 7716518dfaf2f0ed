package storetest

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func testEventWhole(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	want := sekisho.Event{
		ID: "06QK3F7N9XVBT2RD", Time: noon.Add(789), Tenant: yamada, SiteID: "S1", Site: "www.yamada.example", Incident: "I1",
		Source: sekisho.SourceWAF, Vendor: "v", Product: "p", Class: sekisho.ClassWAFAttack, Family: "sqli",
		Outcome: sekisho.OutcomePrevented, Confidence: 0.7, Asset: sekisho.AssetServer, Direction: sekisho.DirectionInbound,
		Action: sekisho.ActionBlocked, Reason: sekisho.ReasonRequestRule, Status: 403, OriginStatus: 200, Method: "GET",
		Path: "/検索", URL: "/?q='<b>\"\x00\u2028\\", UserAgent: "curl/8", Signature: "sig", Severity: "high", RuleIDs: []int{942100, 949110},
		Score: 15, Matches: []sekisho.Match{{RuleID: 942100, Message: "SQL Injection", Variable: "ARGS:q", Data: "' OR 1=1", Score: 5}},
		Count: 3, SrcIP: netip.MustParseAddr("2001:db8::1"), SrcPort: 4711, DstIP: netip.MustParseAddr("192.0.2.1"), DstPort: 443,
		User: "u", Host: "pc-1", File: "f", Hash: "h", Category: "c", Raw: "raw\nline",
	}
	stored := want
	stored.Time = want.Time.In(time.FixedZone("JST", 9*3600))
	commitEvents(t, db, yamada, 1, stored)
	got, err := db.FindEvent(t.Context(), yamada, want.ID)
	must(t, err)
	wantEqual(t, "FindEvent", got, want)
	listed, _, err := db.ListEvents(t.Context(), yamada, sekisho.EventFilter{})
	must(t, err)
	wantEqual(t, "ListEvents", listed, []sekisho.Event{want})
	_, err = db.FindEvent(t.Context(), yamada, "06QK3F7N9XVBT2RE")
	wantKind(t, err, sekisho.KindNotFound)
}

// manyEvents are n events, oldest first; three share each microsecond, so that the id decides between them.
func manyEvents(n int) (events []sekisho.Event) {
	for i := range n {
		events = append(events, event(yamada, sekisho.EventID(fmt.Sprintf("E%05d", i)), noon.Add(time.Duration(i/3)*time.Microsecond)))
	}
	return events
}

func newestFirst(events []sekisho.Event) []sekisho.EventID {
	ids := eventIDs(events)
	slices.Reverse(ids)
	return ids
}

func testEventPages(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	events := manyEvents(1205)
	commitEvents(t, db, yamada, 1, events...)
	for _, page := range []struct {
		limit int
		pages []int
	}{
		{0, []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 5}},
		{1000, []int{1000, 205}},
		{1_000_000, []int{1000, 205}}, // no page is larger
		{241, []int{241, 241, 241, 241, 241}},
	} {
		t.Run(fmt.Sprint("limit ", page.limit), func(t *testing.T) {
			var ids []sekisho.EventID
			var sizes []int
			filter := sekisho.EventFilter{Limit: page.limit}
			for {
				got, next, err := db.ListEvents(t.Context(), yamada, filter)
				must(t, err)
				ids, sizes = append(ids, eventIDs(got)...), append(sizes, len(got))
				if next == "" {
					break
				}
				filter.Cursor = next
			}
			wantEqual(t, "events", ids, newestFirst(events))
			wantEqual(t, "page sizes", sizes, page.pages)
		})
	}
	_, _, err := db.ListEvents(t.Context(), yamada, sekisho.EventFilter{Limit: -1})
	wantKind(t, err, sekisho.KindInvalid)
}

func testEventPagesWhileWriting(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	events := manyEvents(50)
	commitEvents(t, db, yamada, 1, events...)
	var ids []sekisho.EventID
	filter := sekisho.EventFilter{Limit: 7}
	for page := range uint64(100) {
		got, next, err := db.ListEvents(t.Context(), yamada, filter)
		must(t, err)
		ids = append(ids, eventIDs(got)...)
		if next == "" {
			break
		}
		filter.Cursor = next
		commitEvents(t, db, yamada, page+2, event(yamada, sekisho.EventID(fmt.Sprintf("N%05d", page)), noon.Add(time.Hour)))
	}
	wantEqual(t, "events that were there from the start", ids, newestFirst(events))
}

func testEventFilter(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	a, b, c := event(yamada, "A", noon), event(yamada, "B", noon.Add(time.Microsecond)), event(yamada, "C", noon.Add(2*time.Microsecond))
	a.Incident, b.Incident, b.SiteID, c.SiteID = "I1", "I1", "S2", ""
	commitEvents(t, db, yamada, 1, a, b, c)
	for _, list := range []struct {
		name   string
		filter sekisho.EventFilter
		want   []sekisho.EventID
	}{
		{"all", sekisho.EventFilter{}, []sekisho.EventID{"C", "B", "A"}},
		{"site", sekisho.EventFilter{Site: "S1"}, []sekisho.EventID{"A"}},
		{"incident", sekisho.EventFilter{Incident: "I1"}, []sekisho.EventID{"B", "A"}},
		{"since is inclusive", sekisho.EventFilter{Since: noon.Add(time.Microsecond)}, []sekisho.EventID{"C", "B"}},
		{"all at once", sekisho.EventFilter{Site: "S2", Incident: "I1", Since: noon}, []sekisho.EventID{"B"}},
		{"oldest first", sekisho.EventFilter{Oldest: true, Since: noon.Add(time.Microsecond)}, []sekisho.EventID{"B", "C"}},
		{"nothing", sekisho.EventFilter{Site: "S9"}, nil},
	} {
		t.Run(list.name, func(t *testing.T) {
			got, next, err := db.ListEvents(t.Context(), yamada, list.filter)
			must(t, err)
			wantEqual(t, "events", eventIDs(got), list.want)
			wantEqual(t, "next", next, "")
			var turned []sekisho.EventID
			filter := list.filter
			for filter.Limit = 1; ; {
				page, next, err := db.ListEvents(t.Context(), yamada, filter)
				must(t, err)
				turned = append(turned, eventIDs(page)...)
				if filter.Cursor = next; next == "" {
					break
				}
			}
			wantEqual(t, "events, page by page", turned, list.want)
		})
	}
}

func testBadCursor(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	for _, cursor := range []string{
		"x", "not a cursor", "''; DROP TABLE events", "AA", "AQ", "AQA", "\n", "AQBB\n",
		base64.RawURLEncoding.EncodeToString([]byte{2, 0, 'E'}),                                                 // of another version
		base64.RawURLEncoding.EncodeToString([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1}), // number too large
	} {
		_, _, err := db.ListEvents(t.Context(), yamada, sekisho.EventFilter{Cursor: cursor})
		wantKind(t, err, sekisho.KindInvalid)
		_, _, err = db.ListIncidents(t.Context(), yamada, sekisho.IncidentFilter{Cursor: cursor})
		wantKind(t, err, sekisho.KindInvalid)
	}
}
