package ruleset

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// A Shadow shows a sample of requests, once they have been answered, to the rules that judged them and to other ones, and
// counts in what the two differ. One request at a time: what comes while it is busy is not waited for. Visitors never wait
// for it, and its inspections queue as a site of their own.
type Shadow struct {
	pool  *Pool
	log   *slog.Logger
	queue chan shadowed

	awake atomic.Bool // what a request asks for, without the lock

	mu      sync.Mutex // guards what follows
	version string     // "" while it rests
	percent float64
	seen    ShadowCounts
}

type shadowed struct {
	policy   sekisho.Policy
	exchange *sekisho.Exchange
}

// ShadowCounts is what a Shadow has seen since it was last pointed at a version.
type ShadowCounts struct {
	Version         string
	Compared        int
	Missed          int            // sampled and not compared
	OnlyCurrent     int            // requests that only the present rules stop
	OnlyNext        int            // requests that only the other ones stop
	RulesOnlyOneHas map[int][2]int // by rule: requests in which it matched under the present rules only, under the others only
}

const (
	shadowQueue = 16
	shadowRules = 500 // rules that are told apart
)

// shadowSite is the name under which shadowing waits for the slow lane.
const shadowSite = "shadow"

// NewShadow returns a Shadow that rests.
func NewShadow(pool *Pool, log *slog.Logger) *Shadow {
	return &Shadow{pool: pool, log: log, queue: make(chan shadowed, shadowQueue)}
}

// Point makes it compare so many percent of the requests with a version, or rest with "". Its counts begin anew with another
// version.
func (s *Shadow) Point(version string, percent float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version {
		s.seen = ShadowCounts{Version: version, RulesOnlyOneHas: map[int][2]int{}}
	}
	s.version, s.percent = version, percent
	s.awake.Store(version != "")
}

// Awake reports whether requests are sampled at all.
func (s *Shadow) Awake() bool { return s.awake.Load() }

// Watch takes a copy of a request that has been judged, if it is in the sample. It never waits.
func (s *Shadow) Watch(policy sekisho.Policy, x *sekisho.Exchange) {
	s.mu.Lock()
	taken := s.version != "" && s.version != policy.Version && rand.Float64()*100 < s.percent //nolint:gosec // a sample, no secret
	s.mu.Unlock()
	if !taken {
		return
	}
	own := *x
	own.Header, own.Body = slices.Clone(x.Header), slices.Clone(x.Body)
	own.Site, own.Status, own.ResponseHeader, own.ResponseBody = shadowSite, 0, nil, nil
	select {
	case s.queue <- shadowed{policy, &own}:
	default:
		s.miss()
	}
}

func (s *Shadow) miss() {
	s.mu.Lock()
	s.seen.Missed++
	s.mu.Unlock()
}

// Run compares until ctx ends.
func (s *Shadow) Run(ctx context.Context) error {
	held := map[string]*Engine{} // by policy hash; a handful, let go when the version changes
	holds := ""
	release := func() {
		for _, e := range held {
			e.Release()
		}
		clear(held)
	}
	defer release()
	for {
		var next shadowed
		select {
		case <-ctx.Done():
			return nil
		case next = <-s.queue:
		}
		s.mu.Lock()
		version := s.version
		s.mu.Unlock()
		if version == "" {
			release()
			continue
		}
		if version != holds || len(held) > 8 {
			release()
			holds = version
		}
		if err := s.compare(ctx, held, next, version); err != nil && ctx.Err() == nil {
			s.miss()
			s.log.DebugContext(ctx, "shadow comparison failed", obs.Err(err))
		}
	}
}

func (s *Shadow) compare(ctx context.Context, held map[string]*Engine, next shadowed, version string) error {
	other := next.policy
	other.Version = version
	before, err := s.judge(ctx, held, next.policy, next.exchange)
	if err != nil {
		return err
	}
	after, err := s.judge(ctx, held, other, next.exchange)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version {
		return nil
	}
	s.seen.Compared++
	switch {
	case before.Attack && !after.Attack:
		s.seen.OnlyCurrent++
	case after.Attack && !before.Attack:
		s.seen.OnlyNext++
	}
	for side, pair := range [2][2]sekisho.Verdict{{before, after}, {after, before}} {
		seen := map[int]bool{}
		for _, match := range pair[0].Matches {
			has := func(m sekisho.Match) bool { return m.RuleID == match.RuleID }
			if seen[match.RuleID] || slices.ContainsFunc(pair[1].Matches, has) {
				continue
			}
			seen[match.RuleID] = true
			counts, known := s.seen.RulesOnlyOneHas[match.RuleID]
			if !known && len(s.seen.RulesOnlyOneHas) >= shadowRules {
				continue
			}
			counts[side]++
			s.seen.RulesOnlyOneHas[match.RuleID] = counts
		}
	}
	return nil
}

// judge asks an engine in detect mode, which looks at every rule where a blocking one stops at the first that denies.
func (s *Shadow) judge(ctx context.Context, held map[string]*Engine, policy sekisho.Policy, x *sekisho.Exchange) (sekisho.Verdict, error) {
	key := policy.Hash()
	if held[key] == nil {
		engine, err := s.pool.Acquire(policy, sekisho.ModeDetect)
		if err != nil {
			return sekisho.Verdict{}, err
		}
		held[key] = engine
	}
	i := held[key].Begin(x)
	defer i.Close()
	return i.Request(ctx)
}

// Counts returns what it has seen so far.
func (s *Shadow) Counts() ShadowCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.seen
	counts.RulesOnlyOneHas = make(map[int][2]int, len(s.seen.RulesOnlyOneHas))
	for rule, n := range s.seen.RulesOnlyOneHas {
		counts.RulesOnlyOneHas[rule] = n
	}
	return counts
}
