package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

const yamada sekisho.TenantID = "yamada"

var noon = time.Date(2026, 4, 1, 12, 0, 0, 123456000, time.UTC)

func words(i sekisho.Incident) sekisho.Explanation {
	return sekisho.Explanation{Title: sekisho.Text{JA: "攻撃を止めました", EN: "An attack was stopped"}, Why: sekisho.Text{JA: "1回", EN: "once"}}
}

// richEvent has a value in every field that is sent.
func richEvent() *sekisho.Event {
	return &sekisho.Event{
		ID: "06QK3F7N9XVBT2RD", Time: noon, Tenant: yamada, SiteID: "S1", Site: "www.yamada.example", Incident: "I1", Source: sekisho.SourceWAF,
		Vendor: "Sekisho", Product: "WAF", Sensor: "fw", Device: "fw-01", Format: "own", Class: sekisho.ClassWAFAttack, Family: "sqli",
		Outcome: sekisho.OutcomePrevented, Confidence: 0.7, Asset: sekisho.AssetServer, Direction: sekisho.DirectionInbound, Action: sekisho.ActionBlocked,
		Status: 403, Method: "GET", Path: "/shop", URL: "https://www.yamada.example/shop", UserAgent: "curl/8", Signature: "SQL Injection", RuleIDs: []int{942100},
		Matches: []sekisho.Match{{RuleID: 942100, Message: "SQL Injection", Variable: "ARGS:q"}}, Count: 3,
		SrcIP: netip.MustParseAddr("203.0.113.7"), SrcPort: 40000, DstIP: netip.MustParseAddr("2001:db8::1"), DstPort: 443, Protocol: "tcp",
		User: "sato", Host: "web-01", Process: `C:\a.exe -x`, File: `C:\tmp\a.exe`, Hash: "d41d8cd98f00b204e9800998ecf8427e", Raw: "raw line", Marks: []string{"m"},
	}
}

func richIncident() *sekisho.Incident {
	return &sekisho.Incident{
		ID: "I1", Tenant: yamada, Site: "www.yamada.example", Class: sekisho.ClassWAFAttack, Family: "sqli", Severity: sekisho.SeverityMedium, Score: 34, Count: 100,
		Sources: map[sekisho.Source]int{sekisho.SourceWAF: 90, sekisho.SourceUTM: 10}, First: noon.Add(-time.Hour), Last: noon, Case: "C1",
	}
}

func richChange(kind sekisho.ChangeKind) Record {
	return Record{
		Change: &sekisho.Change{Tenant: yamada, Case: "C1", Revision: 2, Incident: "I1", Time: noon, Kind: kind, By: "sato", Reason: "known=ours | yes", Severity: sekisho.SeverityHigh, Outcome: sekisho.OutcomeSucceeded},
		Case:   &sekisho.Case{ID: "C1", Tenant: yamada, Class: sekisho.ClassWAFAttack, Family: "sqli"}, Incident: richIncident(),
	}
}

func openStore(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	must(t, db.CreateTenant(t.Context(), sekisho.Tenant{ID: yamada, Name: "Yamada", Created: noon}))
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// commit stores events from..to as the incident engine does.
func commit(t *testing.T, db *store.DB, from, to int) {
	t.Helper()
	var events []sekisho.Event
	for i := from; i <= to; i++ {
		e := *richEvent()
		e.ID, e.Incident, e.Time = eventID(i), "", noon.Add(-time.Duration(i)*time.Second) // later and later events of an earlier and earlier time
		events = append(events, e)
	}
	must(t, db.Commit(context.Background(), yamada, sekisho.Commit{Stream: "spool", Position: uint64(to), Events: events}))
}

func eventID(i int) sekisho.EventID { return sekisho.EventID(fmt.Sprintf("E%06d", i)) }

// uidOf reads the uid of a record in our own words.
func uidOf(line []byte) string {
	var p plain
	if err := json.Unmarshal(line, &p); err != nil {
		return "unreadable: " + string(line)
	}
	return p.UID
}

func testSealer(t *testing.T) *Sealer {
	t.Helper()
	sealer, err := NewSealer(make([]byte, 32))
	must(t, err)
	return sealer
}

// start runs an exporter with short pauses until the test or stop ends it. A delivery may take as long as a slow machine needs,
// unless the test's receiver hangs.
func start(t *testing.T, records Records, dial Dial, timeout ...time.Duration) (stop func()) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Poll, cfg.RetryMin, cfg.RetryMax, cfg.Batch = 2*time.Millisecond, 2*time.Millisecond, 10*time.Millisecond, 7
	for _, cfg.Timeout = range timeout {
	}
	x, err := New(cfg, Deps{Records: records, Sealer: testSealer(t), Dial: func(sekisho.Export) Dial { return dial }, Words: words, Version: "1"}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func anyAddress(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came true that %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func stateOf(t *testing.T, db *store.DB) sekisho.ExportState {
	t.Helper()
	states, err := db.AllExportStates(context.Background())
	must(t, err)
	if len(states) != 1 {
		t.Fatalf("got %d states, want 1", len(states))
	}
	return states[0]
}
