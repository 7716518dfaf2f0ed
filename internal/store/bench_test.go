package store_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// How many events a second can be committed, in the shape in which the incident engine hands them over: batches of 500
// events with 50 changed incidents and 500 rows of memory, each batch synced to disk?
//
//	go test -run '^$' -bench Commit ./internal/store
func BenchmarkCommit(b *testing.B) {
	db := open(b, b.TempDir())
	const tenant = sekisho.DefaultTenant
	if err := db.CreateTenant(b.Context(), sekisho.Tenant{ID: tenant}); err != nil {
		b.Fatal(err)
	}
	commit := sekisho.Commit{Stream: "spool"}
	for b.Loop() {
		b.StopTimer()
		commit.Position += 500
		commit.Events, commit.Incidents, commit.Memory = commit.Events[:0], commit.Incidents[:0], commit.Memory[:0]
		for i := range 500 {
			commit.Events = append(commit.Events, attack(tenant, i))
			commit.Memory = append(commit.Memory, sekisho.Memory{
				Kind: "count", Key: fmt.Sprintf("203.0.113.%d sqli %d", i, commit.Position%10000), Data: make([]byte, 64), Expires: time.Now().Add(720 * time.Hour),
			})
		}
		for i := range 50 {
			commit.Incidents = append(commit.Incidents, sekisho.Incident{
				ID: sekisho.IncidentID(fmt.Sprint("I", i)), Tenant: tenant, SiteID: "S1", Key: "www.example.co.jp sqli", Family: "sqli", Last: time.Now(),
			})
		}
		b.StartTimer()
		if err := db.Commit(b.Context(), tenant, commit); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// How long does a portal page wait for its newest 100 events of 20,000?
func BenchmarkListEvents(b *testing.B) {
	db := open(b, b.TempDir())
	const tenant = sekisho.DefaultTenant
	if err := db.CreateTenant(b.Context(), sekisho.Tenant{ID: tenant}); err != nil {
		b.Fatal(err)
	}
	commit := sekisho.Commit{Stream: "spool", Position: 1}
	for i := range 20_000 {
		commit.Events = append(commit.Events, attack(tenant, i))
	}
	if err := db.Commit(b.Context(), tenant, commit); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if events, _, err := db.ListEvents(b.Context(), tenant, sekisho.EventFilter{Site: "S1"}); err != nil || len(events) != 100 {
			b.Fatal(len(events), err)
		}
	}
}

func attack(tenant sekisho.TenantID, i int) sekisho.Event {
	now := time.Now()
	return sekisho.Event{
		ID: sekisho.NewEventID(now), Time: now, Tenant: tenant, SiteID: "S1", Site: "www.example.co.jp", Incident: "I1",
		Source: sekisho.SourceWAF, Class: sekisho.ClassWAFAttack, Family: "sqli", Outcome: sekisho.OutcomePrevented,
		Action: sekisho.ActionBlocked, Reason: sekisho.ReasonRequestRule, Status: 403, Method: "GET", Path: "/search",
		URL: "/search?q=1'+OR+'1'='1", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		RuleIDs: []int{942100, 949110}, Score: 5, Count: 1, SrcIP: netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), SrcPort: 40000,
		Matches: []sekisho.Match{{RuleID: 942100, Message: "SQL Injection Attack Detected via libinjection", Variable: "ARGS:q", Data: "1' OR '1'='1", Score: 5}},
	}
}
