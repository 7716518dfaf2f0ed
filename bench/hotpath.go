package bench

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench/corpora"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// HotPathConfig says which part of a request's way is measured, and how often.
type HotPathConfig struct {
	Count   int           // how often each benchmark runs, all in turns; benchstat wants ten
	Time    time.Duration // of each run
	Profile sekisho.Profile
	Plain   bool // also plain Coraza, for comparison: a hundred times slower
}

// DefaultHotPath runs each benchmark once for a second.
func DefaultHotPath() HotPathConfig { return HotPathConfig{Count: 1, Time: time.Second} }

// Validate reports the first setting that cannot work (KindInvalid).
func (c HotPathConfig) Validate() error {
	switch {
	case c.Count < 1 || c.Count > 100:
		return sekisho.Invalid(fmt.Sprintf("count %d: use 1 to 100", c.Count))
	case c.Time < time.Millisecond || c.Time > time.Minute:
		return sekisho.Invalid(fmt.Sprintf("time %s: use 1ms to 1m", c.Time))
	}
	return nil
}

// A hotPath is one benchmark. A run takes the exchanges in turns, as the values of a real request are not those of the last.
type hotPath struct {
	name      string
	engine    *ruleset.Engine
	exchanges []*sekisho.Exchange
	response  bool
}

// HotPath measures what the rules cost one request in this process, and writes what `go test -bench` would: benchstat
// reads it. Nothing of the network is in it.
func HotPath(ctx context.Context, w io.Writer, cfg HotPathConfig) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("benchmark: %w", err)
	}
	paths, release, err := hotPaths(cfg)
	if err != nil {
		return fmt.Errorf("benchmark: %w", err)
	}
	defer release()
	testing.Init() // flags of the testing package, on the standard flag set, which nobody here parses
	if err := flag.Set("test.benchtime", cfg.Time.String()); err != nil {
		return fmt.Errorf("benchmark: set the time of a run: %w", err)
	}
	if _, err := fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: github.com/sekisho-waf/sekisho/bench\ncpu: %s\ncommit: %s\n",
		runtime.GOOS, runtime.GOARCH, cpuName(), strings.ReplaceAll(commit(), " ", "_")); err != nil {
		return err
	}
	for range cfg.Count {
		for _, path := range paths {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("benchmark stopped before its end: %w", err)
			}
			var failed error
			result := testing.Benchmark(func(b *testing.B) { failed = path.run(ctx, b) })
			if failed != nil {
				return fmt.Errorf("benchmark %s: %w", path.name, failed)
			}
			if _, err := fmt.Fprintf(w, "Benchmark%s-%d\t%s\t%s\n", path.name, runtime.GOMAXPROCS(0), result, result.MemString()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p hotPath) run(ctx context.Context, b *testing.B) error {
	b.ReportAllocs()
	size := 0
	for _, x := range p.exchanges {
		size += len(x.Target) + len(x.Body)
		if p.response {
			size += len(x.ResponseBody)
		}
	}
	b.SetBytes(int64(size / len(p.exchanges)))
	for i := 0; b.Loop(); i++ {
		inspection := p.engine.Begin(p.exchanges[i%len(p.exchanges)])
		_, err := inspection.Request(ctx)
		if err == nil && p.response {
			_, err = inspection.Response(ctx)
		}
		inspection.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// hotPaths are the classes of the mix, the answer to a page, and attacks.
func hotPaths(cfg HotPathConfig) (paths []hotPath, release func(), err error) {
	var engines []*ruleset.Engine
	release = func() {
		for _, e := range engines {
			e.Release()
		}
	}
	policy := sekisho.DefaultPolicy()
	policy.Profile = cfg.Profile
	log := slog.New(slog.DiscardHandler)
	classes, err := classExchanges(policy)
	if err != nil {
		return nil, nil, err
	}
	for _, kind := range []struct {
		name string
		pool *ruleset.Pool
		use  bool
	}{{"", ruleset.NewPool(log), true}, {"Plain", ruleset.NewStockPool(log), cfg.Plain}} {
		if !kind.use {
			continue
		}
		engine, err := kind.pool.Acquire(policy, sekisho.ModeBlock)
		if err != nil {
			release()
			return nil, nil, err
		}
		engines = append(engines, engine)
		for _, class := range classes {
			paths = append(paths, hotPath{kind.name + class.name, engine, class.exchanges, class.response})
		}
	}
	return paths, release, nil
}

type classOf struct {
	name      string
	exchanges []*sekisho.Exchange
	response  bool
}

func classExchanges(policy sekisho.Policy) ([]classOf, error) {
	wire, err := onWire(NewMix(1), "www.example.co.jp")
	if err != nil {
		return nil, err
	}
	mix := NewMix(1)
	read := func(raw []byte) (*sekisho.Exchange, error) {
		x, err := exchangeOf(raw, &rawAnswer{}, policy)
		if err == nil {
			x.Client, x.Server = netip.MustParseAddrPort("203.0.113.7:50123"), netip.MustParseAddrPort("192.0.2.10:443")
		}
		return x, err
	}
	var classes []classOf
	for _, class := range []Class{ClassPage, ClassAsset, ClassForm, ClassJSON, ClassLarge} {
		one := classOf{name: "Request/" + string(class)}
		for i, r := range mix {
			if r.Class == class && len(one.exchanges) < 50 {
				x, err := read(wire[i])
				if err != nil {
					return nil, err
				}
				one.exchanges = append(one.exchanges, x)
			}
		}
		classes = append(classes, one)
	}
	answered := classOf{name: "Response/page16KB", response: true}
	for _, x := range classes[0].exchanges {
		whole := *x
		whole.Status = 200
		whole.ResponseHeader = []sekisho.Field{{Name: "Content-Type", Value: "text/html; charset=utf-8"}}
		whole.ResponseBody = fill(16<<10, "<p>湘南で三代つづく工務店です。新築もリフォームも、大工が直接うかがいます。</p>\n")
		answered.exchanges = append(answered.exchanges, &whole)
	}
	attacks := classOf{name: "Request/attack"}
	for i, r := range corpora.Attacks(1) {
		x, err := read(r.Raw)
		if err == nil && i%31 == 0 && len(attacks.exchanges) < 50 {
			attacks.exchanges = append(attacks.exchanges, x)
		}
	}
	return append(classes, answered, attacks), nil
}
