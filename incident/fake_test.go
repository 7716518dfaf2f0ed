package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// noon is when the stories of these tests begin.
var noon = time.Date(2026, 4, 6, 12, 0, 0, 0, time.UTC)

// fakeRecords keeps records in memory, in the form and with the promises of the real ones.
type fakeRecords struct {
	mu        sync.Mutex
	rows      map[string]sekisho.Memory
	incidents map[sekisho.IncidentID]sekisho.Incident
	events    []sekisho.Event
	positions map[string]uint64
	commits   int
	cases     map[sekisho.CaseID]sekisho.Case
	changes   []sekisho.Change
	quiet     []sekisho.Suppression
	fail      func(sekisho.TenantID) error // asked before each commit
	discard   bool                         // keep nothing but the position: for measuring
}

func newRecords() *fakeRecords {
	return &fakeRecords{
		rows: map[string]sekisho.Memory{}, incidents: map[sekisho.IncidentID]sekisho.Incident{}, positions: map[string]uint64{},
		cases: map[sekisho.CaseID]sekisho.Case{},
	}
}

func copied[T any](v T) (c T) {
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		panic(err)
	}
	return c
}

func (f *fakeRecords) Remember(_ context.Context, tenant sekisho.TenantID, stream string, openSince time.Time) (r sekisho.Remembered, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(f.rows)) {
		if row := f.rows[key]; key == string(tenant)+"|"+row.Kind+"|"+row.Key {
			r.Memory = append(r.Memory, row)
		}
	}
	for _, i := range f.incidents {
		if i.Tenant == tenant && !i.Last.Before(openSince) {
			r.Open = append(r.Open, copied(i))
		}
	}
	r.Position = f.positions[string(tenant)+"|"+stream]
	return r, nil
}

func (f *fakeRecords) Desk(_ context.Context, tenant sekisho.TenantID, ids []sekisho.CaseID, now time.Time) (d sekisho.Desk, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if c, ok := f.cases[id]; ok && c.Tenant == tenant {
			d.Cases = append(d.Cases, copied(c))
		}
	}
	for _, s := range f.quiet {
		if s.Tenant == tenant && s.Expires.After(now) {
			d.Suppressions = append(d.Suppressions, s)
		}
	}
	return d, nil
}

func (f *fakeRecords) Commit(_ context.Context, tenant sekisho.TenantID, c sekisho.Commit) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if err := f.fail(tenant); err != nil {
			return err
		}
	}
	at := string(tenant) + "|" + c.Stream
	if c.Position <= f.positions[at] {
		return nil
	}
	for _, one := range c.Cases {
		if f.cases[one.ID].Revision >= one.Revision {
			return &sekisho.Error{Kind: sekisho.KindConflict, Msg: "changed meanwhile"}
		}
	}
	f.positions[at] = c.Position
	f.commits++
	for _, one := range c.Cases {
		f.cases[one.ID] = copied(one)
	}
	f.changes = append(f.changes, c.Changes...)
	if f.discard {
		return nil
	}
	for _, e := range c.Events {
		if e.Tenant != tenant {
			return sekisho.Invalid("a stranger's event")
		}
		f.events = append(f.events, copied(e))
	}
	for _, i := range c.Incidents {
		f.incidents[i.ID] = copied(i)
	}
	for _, row := range c.Memory {
		key := string(tenant) + "|" + row.Kind + "|" + row.Key
		if row.Data == nil {
			delete(f.rows, key)
		} else {
			f.rows[key] = row
		}
	}
	return nil
}

// list returns the incidents, oldest first.
func (f *fakeRecords) list() []sekisho.Incident {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Collect(maps.Values(f.incidents))
	slices.SortFunc(all, func(a, b sekisho.Incident) int {
		if c := a.First.Compare(b.First); c != 0 {
			return c
		}
		return a.Last.Compare(b.Last)
	})
	return all
}

// story is an engine on fake records with a running sequence number.
type story struct {
	t       testing.TB
	records *fakeRecords
	engine  *Engine
	seq     uint64
	batch   int // events per Process; 0 for all at once
	restart int // a new engine after this many batches; 0 for never
	now     time.Time
}

func newStory(t testing.TB) *story {
	s := &story{t: t, records: newRecords(), now: noon.Add(60 * day)}
	s.newEngine()
	return s
}

func (s *story) newEngine() {
	cfg := DefaultConfig()
	cfg.Now = func() time.Time { return s.now }
	engine, err := New(cfg, s.records, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	s.engine = engine
}

func (s *story) tell(events ...sekisho.Event) *story {
	s.t.Helper()
	size := s.batch
	if size == 0 {
		size = max(1, len(events))
	}
	batches := 0
	for batch := range slices.Chunk(events, size) {
		for i := range batch {
			if batch[i].ID == "" {
				batch[i].ID = sekisho.EventID(fmt.Sprintf("E%015d", s.seq+uint64(i)+1))
			}
			if batch[i].Tenant == "" {
				batch[i].Tenant = "yamada"
			}
		}
		s.seq += uint64(len(batch))
		if err := s.engine.Process(s.t.Context(), "stream", s.seq, batch); err != nil {
			s.t.Fatalf("Process: %v", err)
		}
		if batches++; s.restart > 0 && batches%s.restart == 0 {
			s.newEngine()
		}
	}
	return s
}

// one wants exactly one incident.
func (s *story) one() sekisho.Incident {
	s.t.Helper()
	all := s.records.list()
	if len(all) != 1 {
		for _, i := range all {
			s.t.Logf("%s %s %d %+v", i.Key, i.Class, i.Score, i.Terms)
		}
		s.t.Fatalf("%d incidents, want 1", len(all))
	}
	return all[0]
}

// highest returns the incident that ranks highest.
func (s *story) highest() (best sekisho.Incident) {
	for _, i := range s.records.list() {
		if i.Score > best.Score {
			best = i
		}
	}
	return best
}

// Events, as their sensors would send them.

func sqli(at time.Time, from string, outcome sekisho.Outcome) sekisho.Event {
	return sekisho.Event{
		Time: at, Source: sekisho.SourceWAF, Class: sekisho.ClassWAFAttack, Family: "sqli", Outcome: outcome, SiteID: "SHOP", Site: "shop.example",
		Direction: sekisho.DirectionInbound, SrcIP: netip.MustParseAddr(from), Action: sekisho.ActionBlocked, Method: "GET", Path: "/search",
	}
}

func ips(at time.Time, from string, outcome sekisho.Outcome) sekisho.Event {
	return sekisho.Event{
		Time: at, Source: sekisho.SourceUTM, Class: sekisho.ClassExploit, Family: "ips", Outcome: outcome, Direction: sekisho.DirectionInbound,
		SrcIP: netip.MustParseAddr(from), DstIP: netip.MustParseAddr("192.168.1.10"),
	}
}

// outbound is what a UTM says of an inside host.
func outbound(at time.Time, class sekisho.Class, outcome sekisho.Outcome, to string) sekisho.Event {
	return sekisho.Event{
		Time: at, Source: sekisho.SourceUTM, Class: class, Outcome: outcome, Direction: sekisho.DirectionOutbound,
		SrcIP: netip.MustParseAddr("192.168.1.23"), URL: "http://" + to + "/",
	}
}

// edr is what an EDR says of the same host.
func edr(at time.Time, class sekisho.Class, outcome sekisho.Outcome) sekisho.Event {
	return sekisho.Event{
		Time: at, Source: sekisho.SourceEDR, Class: class, Outcome: outcome, Host: "RECEPTION-XP", SrcIP: netip.MustParseAddr("192.168.1.23"),
	}
}

// times repeats an event, each copy a step later.
func times(n int, step time.Duration, e sekisho.Event) (events []sekisho.Event) {
	for i := range n {
		copied := e
		copied.Time = e.Time.Add(time.Duration(i) * step)
		events = append(events, copied)
	}
	return events
}
