package ruleset

import (
	"log/slog"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

// A Pool keeps one compiled engine for each policy and mode that somebody uses, however many sites that are. Tenants are
// many, policies few. A Pool is safe for concurrent use.
type Pool struct {
	log     *slog.Logger
	compile func(sekisho.Policy, sekisho.Mode) (compiled, error)
	after   func() // nil: nobody asked

	lane  *slowlane.Lane // nil: the rules run at once
	lanes lanes

	mu      sync.Mutex
	engines map[engineKey]*Engine
}

// engineKey has the mode in it because detect and block differ in the compiled engine, not only in what becomes of a
// verdict.
type engineKey struct {
	policy string
	mode   sekisho.Mode
}

// NewPool returns an empty pool. Compilations are logged to log.
func NewPool(log *slog.Logger) *Pool {
	return &Pool{log: log, compile: compile, engines: map[engineKey]*Engine{}}
}

// AfterCompile has f called after each compilation, which leaves tens of megabytes of garbage behind. It is called before
// the pool is used, and f returns at once.
func (p *Pool) AfterCompile(f func()) { p.after = f }

// Acquire returns the engine of a policy in a mode (detect or block), compiled if nobody holds it yet, and counts the
// caller as one more who does: each Acquire needs its [Engine.Release]. While one caller compiles, others who want the
// same engine wait for it and those who want another do not. A policy that does not compile is KindInvalid; the message
// names the setting, or the line of the custom rule, and what is wrong. A failure is not remembered.
func (p *Pool) Acquire(policy sekisho.Policy, mode sekisho.Mode) (*Engine, error) {
	key := engineKey{policy.Hash(), mode}
	p.mu.Lock()
	engine := p.engines[key]
	if engine == nil {
		engine = &Engine{pool: p, key: key, policy: policy, mode: mode}
		p.engines[key] = engine
	}
	engine.references++
	p.mu.Unlock()

	engine.once.Do(func() {
		began := time.Now()
		engine.compiled, engine.err = p.compile(policy, mode)
		if p.after != nil {
			p.after()
		}
		if engine.err == nil {
			p.log.Info("policy compiled", slog.String("policy", key.policy), slog.String("mode", mode.String()),
				slog.Duration("took", time.Since(began)), slog.Bool("fast", engine.fast()))
		}
	})
	if engine.err != nil {
		p.release(engine)
		return nil, engine.err
	}
	return engine, nil
}

func (p *Pool) release(engine *Engine) {
	p.mu.Lock()
	if engine.references == 0 {
		p.mu.Unlock()
		panic("ruleset: an engine was released more often than acquired")
	}
	engine.references--
	last := engine.references == 0
	if last {
		delete(p.engines, engine.key)
	}
	p.mu.Unlock()
	if !last || engine.waf == nil {
		return
	}
	// Close lets go of compiled expressions that engines share; transactions under way hold their own.
	if err := engine.waf.Close(); err != nil {
		p.log.Error("engine not closed", slog.String("policy", engine.key.policy), obs.Err(err))
	}
}

// PoolStats says how many engines there are, how many users they have together, and which lane exchanges took.
type PoolStats struct {
	Engines    int `json:"engines"`
	References int `json:"references"`
	// Clean and Slow count requests since the pool was made: proven clean, and shown to the rules.
	Clean uint64 `json:"clean"`
	Slow  uint64 `json:"slow"`
	// CleanResponses and SlowResponses count responses in the same way.
	CleanResponses uint64 `json:"clean_responses"`
	SlowResponses  uint64 `json:"slow_responses"`
	// Lane is how the rules' share of the processor is used; nil without a lane.
	Lane *slowlane.Stats `json:"lane,omitempty"`
}

// Stats counts what is held now.
func (p *Pool) Stats() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := PoolStats{
		Engines: len(p.engines), Clean: p.lanes.clean.Load(), Slow: p.lanes.slow.Load(),
		CleanResponses: p.lanes.cleanResponses.Load(), SlowResponses: p.lanes.slowResponses.Load(),
	}
	for _, engine := range p.engines {
		stats.References += engine.references
	}
	if p.lane != nil {
		lane := p.lane.Stats()
		stats.Lane = &lane
	}
	return stats
}
