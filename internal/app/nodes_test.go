package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/courier"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// TestNodes_loseAndDoubleNothing sends events of several tenants from two nodes through streams that are emptied, past a
// worker that dies in the middle of a batch without giving anything back, and over the restart of a node.
func TestNodes_loseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	redisURL, database := testenv.Redis(t), testenv.StartPostgres(t).Database(t)
	log := slog.New(slog.DiscardHandler)
	hot, err := state.OpenRedis(t.Context(), redisURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hot.Close() })
	records, err := store.OpenPostgres(t.Context(), database, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	const tenants, each = 5, 300
	for i := range tenants {
		if err := ensureTenant(t.Context(), records, sekisho.Tenant{ID: tenantNumber(i), Name: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	left := sekisho.TenantID("left")
	if err := ensureTenant(t.Context(), records, sekisho.Tenant{ID: left, Name: "t"}); err != nil {
		t.Fatal(err)
	}
	if _, err := records.DeleteTenant(t.Context(), left); err != nil {
		t.Fatal(err)
	}

	dirs := []string{t.TempDir(), t.TempDir()}
	one, two := openNode(t, dirs[0], hot, records, log), openNode(t, dirs[1], hot, records, log)
	for i := range each {
		for tenant := range tenants {
			one.append(t, tenantNumber(tenant), "one", i)
			two.append(t, tenantNumber(tenant), "two", i)
		}
		if i == each/2 {
			one.append(t, "gone", "one", i) // a tenant that the records do not know
			one.append(t, left, "one", i)   // and one of which nothing may stay
		}
	}

	dying := startWorker(t, &mortal{Redis: hot, left: 3}, records, log)
	<-dying // it stopped in the middle of its fourth batch, and its leases stand
	flush(t, redisURL)
	startWorker(t, hot, records, log)
	one.stop()
	one = openNode(t, dirs[0], hot, records, log)
	waitFor(t, "events of every tenant", func() bool { return stored(t, records) > tenants*each/2 })
	flush(t, redisURL)
	waitFor(t, "every event", func() bool { return stored(t, records) >= 2*tenants*each })
	waitFor(t, "the event of nobody's tenant set aside", func() bool { return one.aside.Load() == 1 })
	waitFor(t, "empty spools", func() bool { return one.spool.Pending() == 0 && two.spool.Pending() == 0 })
	if n := one.aside.Load(); n != 1 {
		t.Errorf("%d events set aside, want none of the deleted tenant", n)
	}
	for i := range tenants {
		next := map[string]int{}
		filter := sekisho.EventFilter{Oldest: true, Limit: 1000}
		events, _, err := records.ListEvents(t.Context(), tenantNumber(i), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if want := fmt.Sprintf("/%s/%d", e.Method, next[e.Method]); e.Path != want {
				t.Fatalf("%s: got event %s, want %s: lost, doubled or out of order", tenantNumber(i), e.Path, want)
			}
			next[e.Method]++
		}
		if next["one"] != each || next["two"] != each {
			t.Errorf("%s: got %v events, want %d of each node", tenantNumber(i), next, each)
		}
		incidents, _, err := records.ListIncidents(t.Context(), tenantNumber(i), sekisho.IncidentFilter{})
		if err != nil {
			t.Fatal(err)
		}
		counted := 0
		for _, i := range incidents {
			counted += i.Count
		}
		if counted != 2*each {
			t.Errorf("%s: incidents count %d events, want %d", tenantNumber(i), counted, 2*each)
		}
	}
}

// mortal is the streams of a worker that dies, without a word, while it commits.
type mortal struct {
	*state.Redis
	left int
	die  context.CancelFunc
}

// Oldest ends the worker's life once it has taken what was left to it.
func (m *mortal) Oldest(ctx context.Context, p, most int) ([]sekisho.Sent, []string, error) {
	batch, ids, err := m.Redis.Oldest(ctx, p, min(most, 40))
	if len(ids) == 0 {
		return batch, ids, err
	}
	if m.left--; m.left < 0 {
		time.AfterFunc(2*time.Millisecond, m.die)
	}
	return batch, ids, err
}

// TakeAway leaves the last batch where it is.
func (m *mortal) TakeAway(ctx context.Context, p int, ids []string) error {
	if m.left < 0 {
		m.die()
		return ctx.Err()
	}
	return m.Redis.TakeAway(ctx, p, ids)
}

// Unlock is what the dead do not do.
func (m *mortal) Unlock(context.Context, string, string) error { return nil }

type node struct {
	spool *spool.Spool
	aside atomic.Int64
	stop  func()
}

func openNode(t *testing.T, dir string, hot *state.Redis, records *store.DB, log *slog.Logger) *node {
	t.Helper()
	s, err := spool.Open(spool.DefaultConfig(dir), log)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{spool: s}
	n.stop = running(t, func(ctx context.Context) error {
		defer s.Close()
		setAside := func(sekisho.Event) error { n.aside.Add(1); return nil }
		return courier.NewSender(s, hot, records, setAside, log).Run(ctx)
	})
	return n
}

func (n *node) append(t *testing.T, tenant sekisho.TenantID, name string, i int) {
	t.Helper()
	e := sekisho.Event{
		ID: sekisho.NewEventID(time.Now()), Time: time.Now().UTC(), Trust: sekisho.TimeExact, Tenant: tenant, Source: sekisho.SourceWAF,
		Class: sekisho.ClassScan, Family: "scan", Outcome: sekisho.OutcomePrevented, Action: sekisho.ActionBlocked, Count: 1,
		Method: name, Path: fmt.Sprintf("/%s/%d", name, i),
	}
	if err := n.spool.Append(e); err != nil {
		t.Fatal(err)
	}
}

// startWorker runs a worker of its own process, with an engine and a memory of its own, until the test ends or it dies.
func startWorker(t *testing.T, inbox courier.Inbox, records *store.DB, log *slog.Logger) (ended <-chan struct{}) {
	t.Helper()
	worker := courier.NewWorker(inbox, records, log)
	engine, err := incident.New(incident.DefaultConfig(), &commitWatch{DB: records, fence: worker.Fence}, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	running(t, func(ctx context.Context) error {
		defer close(done)
		ctx, die := context.WithCancel(ctx)
		defer die()
		if m, ok := inbox.(*mortal); ok {
			m.die = die
		}
		return worker.Run(ctx, engine)
	})
	return done
}

// running runs something until the test ends or it is stopped.
func running(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stopped := false
	stop = func() {
		cancel()
		if !stopped {
			stopped = true
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

func tenantNumber(i int) sekisho.TenantID { return sekisho.TenantID(fmt.Sprintf("tenant%d", i)) }

func stored(t *testing.T, records *store.DB) (n int64) {
	t.Helper()
	usage, err := records.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range usage {
		n += u.Events
	}
	return n
}

func flush(t *testing.T, url string) {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for: %s", what)
		}
	}
}
