package export

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Findings are the records that are sent.
type Findings interface {
	ListEvents(context.Context, sekisho.TenantID, sekisho.EventFilter) ([]sekisho.Event, string, error)
	ListChanges(context.Context, sekisho.TenantID, sekisho.ChangeFilter) ([]sekisho.Change, string, error)
	FindCase(context.Context, sekisho.TenantID, sekisho.CaseID) (sekisho.Case, error)
	FindIncident(context.Context, sekisho.TenantID, sekisho.IncidentID) (sekisho.Incident, error)
}

// Records keeps the exports, how far each has come, and the journal of what was committed.
type Records interface {
	Findings
	AllExports(context.Context) ([]sekisho.Export, error)
	AllExportStates(context.Context) ([]sekisho.ExportState, error)
	PutExportState(context.Context, sekisho.TenantID, sekisho.ExportState) error
	Journal(ctx context.Context, tenant sekisho.TenantID, after uint64, limit int) ([]sekisho.Journaled, error)
}

// Config tunes an exporter.
type Config struct {
	Poll     time.Duration // how often new records and new exports are looked for
	Batch    int           // records delivered together
	Timeout  time.Duration // of one delivery
	RetryMin time.Duration // first pause after a failure; it doubles
	RetryMax time.Duration
	Lang     string // of sentences in records: en or ja
	Now      func() time.Time
}

// DefaultConfig looks every second and gives a receiver half a minute.
func DefaultConfig() Config {
	return Config{
		Poll: time.Second, Batch: 200, Timeout: 30 * time.Second, RetryMin: time.Second, RetryMax: 5 * time.Minute, Lang: "ja", Now: time.Now,
	}
}

// Validate reports the first setting that cannot work, by its key (KindInvalid).
func (c Config) Validate() error {
	switch {
	case c.Poll <= 0 || c.Timeout <= 0:
		return sekisho.Invalid(fmt.Sprintf("export.poll %s, timeout %s: use positive durations", c.Poll, c.Timeout))
	case c.Batch < 1 || c.Batch > 1000:
		return sekisho.Invalid(fmt.Sprintf("export.batch %d: use 1 to 1000", c.Batch))
	case c.RetryMin <= 0 || c.RetryMax < c.RetryMin:
		return sekisho.Invalid(fmt.Sprintf("export.retry_min %s, retry_max %s: use 0 < min <= max", c.RetryMin, c.RetryMax))
	case c.Now == nil:
		return sekisho.Invalid("export.now: missing; use time.Now")
	}
	return nil
}

// Deps are what an exporter needs of others.
type Deps struct {
	Records Records
	Sealer  *Sealer
	Dial    func(sekisho.Export) Dial // guards where an export may lead
	Words   Words
	Version string // of this program, as receivers see it
}

// Exporter delivers the exports of every tenant.
type Exporter struct {
	cfg  Config
	deps Deps
	log  *slog.Logger
}

// New returns an exporter that delivers once it runs.
func New(cfg Config, deps Deps, log *slog.Logger) (*Exporter, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Exporter{cfg: cfg, deps: deps, log: log}, nil
}

// Run delivers until ctx ends, each export by itself: one that fails keeps no other waiting. Exports that are added or
// removed meanwhile are noticed within Config.Poll.
func (x *Exporter) Run(ctx context.Context) error {
	at := map[sekisho.ExportID]*work{}
	var all sync.WaitGroup
	defer all.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for {
		if err := x.look(ctx, at, &all); err != nil && ctx.Err() == nil {
			x.log.WarnContext(ctx, "exports not read", obs.Err(err))
		}
		if !sleep(ctx, x.cfg.Poll) {
			return nil
		}
	}
}

// work is a courier on its way.
type work struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// look starts couriers for exports that have none and stops those of exports that are no more.
func (x *Exporter) look(ctx context.Context, at map[sekisho.ExportID]*work, all *sync.WaitGroup) error {
	exports, err := x.deps.Records.AllExports(ctx)
	if err != nil {
		return err
	}
	there, missing := map[sekisho.ExportID]bool{}, false
	for _, e := range exports {
		there[e.ID] = true
		if w := at[e.ID]; w != nil {
			select {
			case <-w.ended:
				delete(at, e.ID)
			default:
			}
		}
		missing = missing || at[e.ID] == nil
	}
	for id, w := range at {
		if !there[id] {
			w.stop()
			delete(at, id)
		}
	}
	if !missing {
		return nil
	}
	states, err := x.deps.Records.AllExportStates(ctx)
	if err != nil {
		return err
	}
	known := map[sekisho.ExportID]sekisho.ExportState{}
	for _, state := range states {
		known[state.Export] = state
	}
	for _, e := range exports {
		state, found := known[e.ID]
		if at[e.ID] != nil || !found || state.Tenant != e.Tenant {
			continue
		}
		own, cancel := context.WithCancel(ctx)
		w := &work{stop: cancel, ended: make(chan struct{})}
		at[e.ID] = w
		c := x.courier(e, state)
		all.Go(func() {
			defer close(w.ended)
			defer cancel()
			c.run(own)
		})
	}
	return nil
}

func (x *Exporter) courier(e sekisho.Export, state sekisho.ExportState) *courier {
	c := &courier{export: e, state: state, most: x.cfg.Batch, Exporter: x}
	secrets, err := x.deps.Sealer.Open(e)
	if err == nil {
		c.carrier, err = NewCarrier(e, secrets, x.deps.Dial(e), x.cfg.Timeout)
	}
	c.secrets = err
	return c
}

// Test carries one message that says that it is a test, and returns the trouble, if any.
func Test(ctx context.Context, e sekisho.Export, secrets Secrets, dial Dial, words Words, version string, timeout time.Duration, now time.Time) error {
	carrier, err := NewCarrier(e, secrets, dial, timeout)
	if err != nil {
		return err
	}
	event := sekisho.Event{
		ID: sekisho.NewEventID(now), Time: now.UTC(), Tenant: e.Tenant, Source: sekisho.SourceWAF, Class: sekisho.ClassNoise, Family: "test",
		Outcome: sekisho.OutcomePrevented, Action: sekisho.ActionBlocked, Signature: "Sekisho export test", Count: 1, Marks: []string{"test"},
	}
	r := Record{Event: &event}
	content, err := Encode(e.Format, r, words, version, "ja")
	if err != nil {
		return err
	}
	if err := carrier.Carry(ctx, []Message{{UID: r.UID(), Time: r.Time(), Content: content}}); err != nil {
		t := explain(err)
		return &sekisho.Error{Kind: sekisho.KindUnavailable, Op: "test export " + e.Name, Msg: t.Text.EN, Err: t}
	}
	return nil
}
