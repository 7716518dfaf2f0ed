package incident

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// The spool and the database are what an engine runs between.
var (
	_ Source  = (*spool.Spool)(nil)
	_ Records = (*store.DB)(nil)
)

// queue is a source in memory.
type queue struct {
	mu     sync.Mutex
	events []sekisho.Event
	read   int
	done   uint64
	more   chan struct{}
}

func (q *queue) Stream() string { return "queue" }

func (q *queue) Next(ctx context.Context, most int) ([]sekisho.Event, uint64, error) {
	for {
		q.mu.Lock()
		batch := q.events[q.read:min(len(q.events), q.read+most)]
		q.read += len(batch)
		last := uint64(q.read)
		q.mu.Unlock()
		if len(batch) > 0 {
			return batch, last, nil
		}
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-q.more:
		}
	}
}

func (q *queue) Done(seq uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.done = seq
	return nil
}

func (q *queue) finished() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.done
}

// until waits for a condition; the test's own deadline bounds it.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline, ok := t.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Minute)
	}
	for !condition() {
		if time.Now().After(deadline.Add(-time.Second)) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// of are n blocked attacks on a tenant.
func of(tenant sekisho.TenantID, n int) (events []sekisho.Event) {
	for i, e := range times(n, time.Second, sqli(noon, "203.0.113.9", sekisho.OutcomePrevented)) {
		e.Tenant, e.ID = tenant, sekisho.EventID(fmt.Sprintf("%s%d", tenant, i))
		events = append(events, e)
	}
	return events
}

// running starts an engine on a queue and stops it with the test.
func running(t *testing.T, records Records, q Source, change func(*Config)) *Engine {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Batch, cfg.RetryMin, cfg.RetryMax = 10, time.Millisecond, 4*time.Millisecond
	cfg.Now = func() time.Time { return noon }
	change(&cfg)
	engine, err := New(cfg, records, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx, q) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return engine
}

func TestRun_triesAgainUntilTheRecordsAreBack(t *testing.T) {
	records := newRecords()
	failures := 0
	records.fail = func(sekisho.TenantID) error {
		if failures++; failures <= 20 {
			return &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "database is busy"}
		}
		return nil
	}
	q := &queue{events: of("yamada", 100)}
	engine := running(t, records, q, func(c *Config) { c.MaxParked = 30 }) // less than there is: reading has to wait
	until(t, "everything is done", func() bool { return q.finished() == 100 })
	if got := records.list(); len(got) != 1 || got[0].Count != 100 {
		t.Errorf("got %+v, want one incident of 100", got)
	}
	if engine.Stats().Failures == 0 || engine.Stats().SetAside != 0 {
		t.Errorf("%+v, want failures and nothing set aside", engine.Stats())
	}
}

func TestRun_goesOnForOthersWhileATenantIsBroken(t *testing.T) {
	records := newRecords()
	var mu sync.Mutex
	broken := true
	records.fail = func(tenant sekisho.TenantID) error {
		mu.Lock()
		defer mu.Unlock()
		if tenant == "broken" && broken {
			return errors.New("constraint failed")
		}
		return nil
	}
	var events []sekisho.Event
	for i := range 100 { // one of each in turn
		events = append(events, of("broken", 100)[i], of("fine", 100)[i])
	}
	q := &queue{events: events}
	running(t, records, q, func(c *Config) { c.MaxParked = 1000 })
	until(t, "the other tenant is served", func() bool {
		all := records.list()
		return len(all) == 1 && all[0].Count == 100
	})
	if done := q.finished(); done != 0 {
		t.Errorf("done up to %d, want nothing: the first event is not committed", done)
	}
	mu.Lock()
	broken = false
	mu.Unlock()
	until(t, "everything is done", func() bool { return q.finished() == 200 })
	for _, i := range records.list() {
		if i.Count != 100 {
			t.Errorf("%s counts %d, want 100", i.Tenant, i.Count)
		}
	}
}

func TestRun_setsAsideWhatOneBrokenTenantKeepsWaiting(t *testing.T) {
	tests := []struct {
		name string
		err  error
		max  int
	}{
		{"no such tenant", sekisho.NotFound("tenant"), 1000},
		{"too many events wait", errors.New("constraint failed"), 30},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			records := newRecords()
			records.fail = func(tenant sekisho.TenantID) error {
				if tenant == "broken" {
					return test.err
				}
				return nil
			}
			var events []sekisho.Event
			for i := range 100 {
				events = append(events, of("broken", 100)[i], of("fine", 100)[i])
			}
			q := &queue{events: events}
			var mu sync.Mutex
			aside := 0
			running(t, records, q, func(c *Config) {
				c.MaxParked = test.max
				c.SetAside = func(e sekisho.Event) error {
					mu.Lock()
					defer mu.Unlock()
					if e.Tenant != "broken" {
						t.Errorf("event of %s was set aside", e.Tenant)
					}
					aside++
					return nil
				}
			})
			until(t, "the other tenant is served", func() bool {
				all := records.list()
				return len(all) == 1 && all[0].Count == 100
			})
			until(t, "some events are set aside", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return aside > 0
			})
		})
	}
}

// Rounds of a process that dies between a commit and telling the spool, and of its successor.
func TestEngine_countsOnceBetweenTheRealSpoolAndTheRealDatabase(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	db, err := store.Open(t.Context(), dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tenants := []sekisho.TenantID{"yamada", "suzuki", "tanaka"}
	for _, tenant := range tenants {
		if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: tenant, Name: string(tenant), Created: noon}); err != nil {
			t.Fatal(err)
		}
	}
	events := randomEvents(23, 600)
	want := newStory(t)
	want.tell(events...)

	for round := range 6 { // each round appends a hundred, commits some of what waits, and dies
		sp, err := spool.Open(spool.DefaultConfig(dir+"/spool"), quiet)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events[round*100 : round*100+100] {
			if err := sp.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		cfg := DefaultConfig()
		cfg.Now = want.engine.cfg.Now
		engine, err := New(cfg, db, nil, quiet)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		for batches := 0; round == 5 || batches < 2+round; batches++ { // without Done: everything comes again next time
			events, last, err := sp.Next(ctx, 37)
			if err != nil {
				t.Fatal(err)
			}
			if err := engine.Process(ctx, sp.Stream(), last, events); err != nil {
				t.Fatal(err)
			}
			if events[len(events)-1].ID == "R000000000000599" {
				break
			}
		}
		cancel()
		_ = sp.Close()
	}
	incidents, stored := 0, 0
	for _, tenant := range tenants {
		list, _, err := db.ListIncidents(t.Context(), tenant, sekisho.IncidentFilter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range list {
			incidents++
			w := want.records.incidents[got.ID]
			if got.Count != w.Count || got.Score != w.Score || got.Actors != w.Actors || !got.Last.Equal(w.Last) {
				t.Errorf("incident %s: %d events, score %d, %d addresses; want %d, %d, %d", got.ID, got.Count, got.Score, got.Actors, w.Count, w.Score, w.Actors)
			}
		}
		list2, _, err := db.ListEvents(t.Context(), tenant, sekisho.EventFilter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		stored += len(list2)
	}
	if incidents != len(want.records.incidents) || stored != len(events) {
		t.Errorf("%d incidents of %d events, want %d of %d", incidents, stored, len(want.records.incidents), len(events))
	}
}
