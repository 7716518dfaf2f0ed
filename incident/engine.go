package incident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Source hands events over. Events of one batch are consecutive: events[i] has the sequence number
// last-len(events)+1+i, and keeps it when it is handed over again.
type Source interface {
	Stream() string
	Next(ctx context.Context, most int) (events []sekisho.Event, last uint64, err error)
	Done(seq uint64) error
}

// Records keeps what the engine makes of events. A Commit is KindConflict when a case in it was changed by somebody
// else since the Desk was read.
type Records interface {
	Desk(ctx context.Context, tenant sekisho.TenantID, cases []sekisho.CaseID, now time.Time) (sekisho.Desk, error)
	Remember(ctx context.Context, tenant sekisho.TenantID, stream string, openSince time.Time) (sekisho.Remembered, error)
	Commit(ctx context.Context, tenant sekisho.TenantID, c sekisho.Commit) error
}

// Config tunes an engine.
type Config struct {
	Weights    *Weights      // the scale
	Batch      int           // events taken from the source at once
	MaxTenants int           // tenants held in memory; the others are recalled when they have events
	MaxParked  int           // events held for tenants whose records refuse them
	RetryMin   time.Duration // first wait before a refused tenant is tried again; it doubles
	RetryMax   time.Duration
	// SetAside takes, durably, an event that the records refuse for good, or that one broken tenant would otherwise
	// keep everybody waiting for. Without it the engine waits.
	SetAside func(sekisho.Event) error
	// Now is the clock that impossible times are told by. Windows run on the events' own times.
	Now func() time.Time

	replay bool // events were taken before: what the lists said of them then still holds
}

// DefaultConfig is the scale that comes with the program, and bounds for a small server.
func DefaultConfig() Config {
	return Config{
		Weights: DefaultWeights(), Batch: 500, MaxTenants: 200, MaxParked: 20_000,
		RetryMin: 100 * time.Millisecond, RetryMax: 30 * time.Second, Now: time.Now,
	}
}

// Validate reports the first setting that cannot work, by its key (KindInvalid).
func (c Config) Validate() error {
	switch {
	case c.Weights == nil:
		return sekisho.Invalid("incident.weights: missing; see DefaultWeights")
	case c.Batch < 1:
		return sekisho.Invalid(fmt.Sprintf("incident.batch %d: use at least 1", c.Batch))
	case c.MaxTenants < 1:
		return sekisho.Invalid(fmt.Sprintf("incident.max_tenants %d: use at least 1", c.MaxTenants))
	case c.MaxParked < c.Batch:
		return sekisho.Invalid(fmt.Sprintf("incident.max_parked %d: use at least a batch (%d)", c.MaxParked, c.Batch))
	case c.RetryMin <= 0 || c.RetryMax < c.RetryMin:
		return sekisho.Invalid(fmt.Sprintf("incident.retry_min %s, retry_max %s: use 0 < min <= max", c.RetryMin, c.RetryMax))
	case c.Now == nil:
		return sekisho.Invalid("incident.now: missing; use time.Now")
	}
	return nil
}

// Stats counts what the engine has done since it was made.
type Stats struct {
	Events    uint64 // counted and committed
	Repeated  uint64 // came over a second relay
	Unknown   uint64 // of a class that the scale does not know
	Mistimed  uint64 // with an impossible time
	Damaged   uint64 // had fields that were cut or put right
	KnownBad  uint64 // met an entry of a known-bad list
	Skipped   uint64 // handed over again after they were committed, or of a deleted tenant
	Failures  uint64 // commits that failed, and were or will be tried again
	SetAside  uint64 // given to Config.SetAside
	Forgotten uint64 // rows of memory that could not be read
}

// Engine makes incidents of events. Process and Run are for one goroutine at a time; Stats may be called from any.
type Engine struct {
	cfg     Config
	records Records
	changed func(sekisho.TenantID)
	log     *slog.Logger
	weights atomic.Pointer[Weights]
	bad     atomic.Pointer[KnownBad]

	mu      sync.Mutex // guards tenants; what it holds is of the goroutine that commits
	tenants map[sekisho.TenantID]*memory

	events, repeated, unknown, mistimed, skipped, failures, setAside, forgotten, knownBad, damaged atomic.Uint64
}

// New returns an engine that keeps its results in records and calls changed, if it is not nil, after each commit that
// changed what the tenant sees.
func New(cfg Config, records Records, changed func(sekisho.TenantID), log *slog.Logger) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if changed == nil {
		changed = func(sekisho.TenantID) {}
	}
	e := &Engine{cfg: cfg, records: records, changed: changed, log: log, tenants: map[sekisho.TenantID]*memory{}}
	e.weights.Store(cfg.Weights)
	return e, nil
}

// SetWeights puts another scale in force, from the next batch on: an incident is scored by it with its next event. Safe
// for concurrent use.
func (e *Engine) SetWeights(w *Weights) { e.weights.Store(w) }

// ErrGone is in what Records.Commit returns for a tenant that was deleted: its events are passed over.
var ErrGone = errors.New("the tenant was deleted")

// Forget drops what is held in memory of a tenant. Safe for concurrent use.
func (e *Engine) Forget(tenant sekisho.TenantID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.tenants, tenant)
}

// Stats returns the counts. Safe for concurrent use.
func (e *Engine) Stats() Stats {
	return Stats{
		Events: e.events.Load(), Repeated: e.repeated.Load(), Unknown: e.unknown.Load(), Mistimed: e.mistimed.Load(), KnownBad: e.knownBad.Load(), Damaged: e.damaged.Load(),
		Skipped: e.skipped.Load(), Failures: e.failures.Load(), SetAside: e.setAside.Load(), Forgotten: e.forgotten.Load(),
	}
}

// Process takes one batch of a stream: consecutive events, the last of them with the sequence number last. Each tenant's
// part is committed whole or not at all, and a part that was committed before is passed over. When the parts of some
// tenants fail, the others are committed all the same; the error names each, and the same batch may be given again.
func (e *Engine) Process(ctx context.Context, stream string, last uint64, events []sekisho.Event) error {
	var failed []error
	for _, part := range split(last, events) {
		if err := e.commit(ctx, stream, part); err != nil {
			failed = append(failed, fmt.Errorf("tenant %s: %w", part.tenant, err))
		}
	}
	return errors.Join(failed...)
}

// part is what one tenant has in a batch, in order.
type part struct {
	tenant sekisho.TenantID
	events []numbered
}

type numbered struct {
	seq   uint64
	after uint64         // see sekisho.Sent
	event *sekisho.Event // in the batch that the source handed over
}

// split sorts a batch by tenant, in the order of their first events.
func split(last uint64, events []sekisho.Event) (parts []*part) {
	byTenant := map[sekisho.TenantID]*part{}
	for i := range events {
		event := &events[i]
		p := byTenant[event.Tenant]
		if p == nil {
			p = &part{tenant: event.Tenant}
			byTenant[event.Tenant] = p
			parts = append(parts, p)
		}
		p.events = append(p.events, numbered{seq: last - uint64(len(events)-1-i), event: event})
	}
	return parts
}

// commit applies a tenant's part and commits it. After a failure the tenant's memory is dropped, because it has seen
// events that the records have not; it is recalled with the next try.
func (e *Engine) commit(ctx context.Context, stream string, p *part) error {
	m, err := e.recall(ctx, stream, p)
	if err != nil {
		return err
	}
	c := sekisho.Commit{Stream: stream, Events: make([]sekisho.Event, 0, len(p.events))}
	now := e.cfg.Now()
	position := m.position
	for _, n := range p.events {
		if n.seq <= position {
			continue
		}
		if n.after > position { // lost on the way; it comes again, and all behind it
			break
		}
		position = n.seq
		c.Events = append(c.Events, *n.event) // a copy: when the commit fails, the event is taken again as it came
		event := &c.Events[len(c.Events)-1]
		event.Marks = slices.DeleteFunc(slices.Clone(event.Marks), ours)
		clean(event)
		if event.ID == "" { // records need one
			event.ID = placeID(stream, n.seq, event.Time)
		}
		m.apply(event, now, e.meets(event))
		c.Position = n.seq
	}
	e.skipped.Add(uint64(len(p.events) - len(c.Events)))
	if len(c.Events) == 0 {
		return nil
	}
	m.expire()
	if err := e.store(ctx, m, &c, now); err != nil {
		e.Forget(p.tenant)
		if errors.Is(err, ErrGone) {
			e.skipped.Add(uint64(len(c.Events)))
			return nil
		}
		e.failures.Add(1)
		return fmt.Errorf("committing %d events: %w", len(c.Events), err)
	}
	m.position = c.Position
	m.begin()
	e.count(c.Events)
	e.changed(p.tenant)
	return nil
}

// meetings is how often a commit is made anew because people changed its cases meanwhile.
const meetings = 10

// store settles the cases of a batch and commits all of it. When somebody changed one of the cases meanwhile, it looks
// again.
func (e *Engine) store(ctx context.Context, m *memory, c *sekisho.Commit, now time.Time) error {
	changed := sortedGrowing(m.changed)
	ask := map[sekisho.CaseID]bool{}
	for _, g := range changed {
		if id := g.caseAsked(); id != "" {
			ask[id] = true
		}
	}
	// What begins a case in this very batch is not there yet, and needs no asking.
	asked, fresh := sorted(ask), begun(changed)
	for try := 1; ; try++ {
		desk, err := e.records.Desk(ctx, m.tenant, asked, now)
		if err != nil {
			return fmt.Errorf("reading the cases: %w", err)
		}
		for _, g := range fresh {
			g.Case = ""
		}
		c.Cases, c.Changes = m.settle(changed, desk, now)
		c.Incidents = c.Incidents[:0]
		for _, g := range changed {
			c.Incidents = append(c.Incidents, g.snapshot())
		}
		if c.Memory, err = m.rows(); err != nil {
			return err
		}
		err = e.records.Commit(ctx, m.tenant, *c)
		if sekisho.KindOf(err) != sekisho.KindConflict || try == meetings {
			return err
		}
	}
}

// begun returns the incidents that belong to no case yet.
func begun(changed []*growing) (fresh []*growing) {
	for _, g := range changed {
		if g.Case == "" {
			fresh = append(fresh, g)
		}
	}
	return fresh
}

// recall returns a tenant's memory, from the records if need be.
func (e *Engine) recall(ctx context.Context, stream string, p *part) (*memory, error) {
	now := e.cfg.Now()
	e.mu.Lock()
	before, ok := e.tenants[p.tenant]
	e.mu.Unlock()
	if ok && before.turnTo(stream) {
		before.lastUsed, before.w = now, e.weights.Load()
		return before, nil
	}
	r, err := e.records.Remember(ctx, p.tenant, stream, openSince(p, now))
	if err != nil {
		e.failures.Add(1)
		return nil, fmt.Errorf("remembering: %w", err)
	}
	m := recall(e.weights.Load(), p.tenant, stream, r)
	if m.skipped > 0 {
		e.forgotten.Add(uint64(m.skipped))
		e.log.WarnContext(ctx, "incident memory could not be read in part", obs.Tenant(p.tenant), obs.Count(m.skipped))
	}
	m.lastUsed = now
	if ok {
		m.streams = before.streams
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tenants[p.tenant] = m
	e.evict(p.tenant)
	return m, nil
}

// openSince is the earliest Last of an incident that events of this part, or later ones, can still join or continue: an
// event is believed if it is at most lateness behind the clock, and continues a case within caseWithin of the last one.
func openSince(p *part, now time.Time) time.Time {
	earliest := now
	for _, n := range p.events {
		if n.event.Time.Before(earliest) && n.event.Time.After(now.Add(-maxPast)) {
			earliest = n.event.Time
		}
	}
	return earliest.Add(-lateness - caseWithin)
}

// evict keeps at most MaxTenants in memory: everything in it is committed, so forgetting costs only a recall. The caller
// holds mu.
func (e *Engine) evict(keep sekisho.TenantID) {
	for len(e.tenants) > e.cfg.MaxTenants {
		var oldest *memory
		for _, m := range e.tenants {
			if m.tenant != keep && (oldest == nil || m.lastUsed.Before(oldest.lastUsed)) {
				oldest = m
			}
		}
		delete(e.tenants, oldest.tenant)
	}
}

// meets asks the lists in force, or in a replay those of the day.
func (e *Engine) meets(event *sekisho.Event) badness {
	if e.cfg.replay {
		return metBefore(event)
	}
	event.Marks = slices.DeleteFunc(event.Marks, func(mark string) bool { return strings.HasPrefix(mark, MarkKnownBad+":") }) // ours to say
	if lists := e.bad.Load(); lists != nil {
		return lists.meets(event)
	}
	return badness{}
}

func (e *Engine) count(events []sekisho.Event) {
	e.events.Add(uint64(len(events)))
	for _, event := range events {
		if slices.ContainsFunc(event.Marks, isDamage) {
			e.damaged.Add(1)
		}
		for _, mark := range event.Marks {
			switch {
			case mark == MarkRepeated:
				e.repeated.Add(1)
			case strings.HasPrefix(mark, MarkKnownBad+":"):
				e.knownBad.Add(1)
			case mark == MarkUnknownClass:
				e.unknown.Add(1)
			case strings.HasPrefix(mark, MarkTime+":"):
				e.mistimed.Add(1)
			}
		}
	}
}

func sortedGrowing(changed map[sekisho.IncidentID]*growing) []*growing {
	all := make([]*growing, 0, len(changed))
	for _, g := range changed {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *growing) int { return cmp.Compare(a.Order, b.Order) })
	return all
}
