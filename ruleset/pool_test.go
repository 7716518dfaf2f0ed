package ruleset

import (
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho"
)

// fakeWAF counts what a pool does with the engines it compiles.
type fakeWAF struct {
	closed *atomic.Int64
	shut   atomic.Bool
}

func (*fakeWAF) NewTransactionWithOptions(experimental.Options) types.Transaction { return nil }

func (f *fakeWAF) Close() error {
	if f.shut.Swap(true) {
		panic("closed twice")
	}
	f.closed.Add(1)
	return nil
}

func fakePool() (pool *Pool, made, closed *atomic.Int64) {
	pool = NewPool(slog.New(slog.DiscardHandler))
	made, closed = new(atomic.Int64), new(atomic.Int64)
	pool.compile = func(sekisho.Policy, sekisho.Mode) (compiled, error) {
		made.Add(1)
		runtime.Gosched()
		return compiled{waf: &fakeWAF{closed: closed}}, nil
	}
	return pool, made, closed
}

func TestAcquire_sharesOneEngineAmongAThousandSites(t *testing.T) {
	pool := NewPool(slog.New(slog.DiscardHandler))
	var engines []*Engine
	for range 1000 {
		e, err := pool.Acquire(sekisho.DefaultPolicy(), sekisho.ModeBlock)
		if err != nil {
			t.Fatal(err)
		}
		engines = append(engines, e)
	}
	if got, want := pool.Stats(), (PoolStats{Engines: 1, References: 1000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, e := range engines {
		e.Release()
	}
	if got, want := pool.Stats(), (PoolStats{}); got != want {
		t.Errorf("after the last release: got %+v, want %+v", got, want)
	}
}

func TestAcquire_keepsPoliciesAndModesApart(t *testing.T) {
	pool, compiled, _ := fakePool()
	strict := sekisho.DefaultPolicy()
	strict.ParanoiaLevel = 2
	for _, policy := range []sekisho.Policy{sekisho.DefaultPolicy(), strict} {
		for _, mode := range []sekisho.Mode{sekisho.ModeDetect, sekisho.ModeBlock} {
			for range 3 {
				if _, err := pool.Acquire(policy, mode); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if got := compiled.Load(); got != 4 {
		t.Errorf("compiled %d times, want 4", got)
	}
}

func TestRelease_closesTheEngineOnceAndOnlyAtTheEnd(t *testing.T) {
	pool, compiled, closed := fakePool()
	first, _ := pool.Acquire(sekisho.DefaultPolicy(), sekisho.ModeBlock)
	second, _ := pool.Acquire(sekisho.DefaultPolicy(), sekisho.ModeBlock)
	first.Release()
	if closed.Load() != 0 {
		t.Fatal("closed while somebody held it")
	}
	second.Release()
	if got := closed.Load(); got != 1 {
		t.Fatalf("closed %d times, want 1", got)
	}
	third, _ := pool.Acquire(sekisho.DefaultPolicy(), sekisho.ModeBlock)
	third.Release()
	if compiled.Load() != 2 || closed.Load() != 2 {
		t.Errorf("compiled %d, closed %d, want 2 and 2", compiled.Load(), closed.Load())
	}
	defer func() {
		if recover() == nil {
			t.Error("a release too many went unnoticed")
		}
	}()
	third.Release()
}

func TestAcquire_fromManyGoroutinesLeavesNothingBehind(t *testing.T) {
	pool, compiled, closed := fakePool()
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			policy := sekisho.DefaultPolicy()
			for round := range 200 {
				policy.ParanoiaLevel = 1 + (worker+round)%3
				e, err := pool.Acquire(policy, sekisho.ModeBlock)
				if err != nil {
					t.Error(err)
					return
				}
				if e.waf.(*fakeWAF).shut.Load() {
					t.Error("got a closed engine")
				}
				e.Release()
			}
		})
	}
	group.Wait()
	if got := pool.Stats(); got != (PoolStats{}) {
		t.Errorf("got %+v, want nothing held", got)
	}
	if compiled.Load() != closed.Load() || compiled.Load() == 0 {
		t.Errorf("compiled %d, closed %d, want as many", compiled.Load(), closed.Load())
	}
}

func TestAcquire_saysWhichLineOfACustomRuleIsWrong(t *testing.T) {
	pool := NewPool(slog.New(slog.DiscardHandler))
	good := "# ours\nSecRule ARGS:a \"@streq b\" \"id:1000,phase:2,deny\"\n\n"
	tests := []struct {
		name, rules string
		want        []string
	}{
		{"unknown directive", good + "SecRul ARGS \"@rx a\" \"id:1,pass\"", []string{"line 4", "SecRul"}},
		{"directive of the machine", "SecAuditLog /tmp/a", []string{"line 1", "SecAuditLog"}},
		{"removal by message", "SecRuleRemoveByMsg \"x\"", []string{"line 1", "SecRuleRemoveByMsg"}},
		{"setvar without a value", "SecAction \"id:1001,phase:1,pass,nolog,setvar:tx.a\"", []string{"line 1", "setvar:tx.a"}},
		{"setvar that removes", "SecAction \"id:1001,phase:1,pass,nolog,setvar:'!tx.a'\"", []string{"line 1", "setvar"}},
		{"include", "Include /etc/passwd", []string{"line 1", "Include"}},
		{"unknown operator", good + "SecRule ARGS \"@nope a\" \"id:1001,phase:2,deny\"", []string{"line 4", "nope"}},
		{"broken expression", good + "SecRule ARGS \"@rx (a\" \"id:1001,phase:2,deny\"", []string{"line 4", "missing"}},
		{"unknown variable", "SecRule ARGZ \"@rx a\" \"id:1001,phase:2,deny\"", []string{"line 1", "ARGZ"}},
		{"unknown action", good + "SecRule ARGS \"@rx a\" \\\n  \"id:1001,phase:2,denny\"", []string{"line 4", "denny"}},
		{"no id", "SecRule ARGS \"@rx a\" \"phase:2,deny\"", []string{"line 1", "id"}},
		{"id twice", good + "SecRule ARGS \"@rx a\" \"id:1000,phase:2,deny\"", []string{"line 4", "1000"}},
		{"id of the rule set", "SecRule ARGS \"@rx a\" \"id:942100,phase:2,deny\"", []string{"line 1", "942100"}},
		{"starts a program", "SecRule ARGS \"@rx a\" \"id:1001,phase:2,deny,exec:/bin/true\"", []string{"line 1", "exec"}},
		{"starts a program by operator", "SecRule ARGS \"@inspectFile /bin/true\" \"id:1001,phase:2,deny\"", []string{"line 1", "inspectFile"}},
		{"reads a file", "SecRule ARGS \"@pmFromFile /etc/passwd\" \"id:1001,phase:2,deny\"", []string{"line 1", "/etc/passwd"}},
		{"chain that leads nowhere", good + "SecRule ARGS \"@rx a\" \"id:1001,phase:2,deny,chain\"", []string{"line 4", "chained"}},
		{"line that never ends", good + "SecRule ARGS \\", []string{"line 4", "never ends"}},
		{"line too long", "SecRule ARGS \"@rx " + strings.Repeat("a", 70000) + "\" \"id:1001,phase:2,deny\"", []string{"line 1", "60 KiB"}},
		{"switches the engine", "SecAction \"id:1001,phase:1,pass,ctl:ruleEngine=DetectionOnly\"", []string{"line 1", "ruleEngine"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policy := sekisho.DefaultPolicy()
			policy.CustomRules = tt.rules
			_, err := pool.Acquire(policy, sekisho.ModeBlock)
			if got := sekisho.KindOf(err); got != sekisho.KindInvalid {
				t.Fatalf("got kind %v of %v, want %v", got, err, sekisho.KindInvalid)
			}
			message := sekisho.MessageOf(err)
			for _, part := range append(tt.want, "custom rule") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want %q in it", err, part)
				}
			}
			t.Log(message)
			if pool.Stats() != (PoolStats{}) {
				t.Errorf("got %+v, want nothing held after a failure", pool.Stats())
			}
		})
	}
}

func TestAcquire_refusesWhatInspectsNothing(t *testing.T) {
	pool := NewPool(slog.New(slog.DiscardHandler))
	if _, err := pool.Acquire(sekisho.DefaultPolicy(), sekisho.ModeOff); err == nil {
		t.Error("got an engine for mode off")
	}
	policy := sekisho.DefaultPolicy()
	policy.ParanoiaLevel = 5
	if _, err := pool.Acquire(policy, sekisho.ModeBlock); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("got %v, want KindInvalid for paranoia level 5", err)
	}
}

func TestCustomRules_work(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.CustomRules = strings.Join([]string{
		`# a chain over lines`,
		`SecRule REQUEST_METHOD "@streq GET" \`,
		`    "id:1000,phase:1,deny,status:404,msg:'Not for everyone',chain"`,
		`    SecRule REQUEST_FILENAME "@beginsWith /internal/" "t:none"`,
		`SecRuleUpdateTargetById 942100 "!ARGS:sql"`,
		`SecRuleRemoveById 941100-941190`,
	}, "\n")
	bothModes(t, policy, func(t *testing.T, e *Engine) {
		v := inspect(t, e, exchange("GET", "/internal/a"))
		if !v.Attack || v.Status != 404 || v.Family != "custom" || len(v.Matches) != 1 || v.Matches[0].RuleID != 1000 {
			t.Errorf("got %+v, want rule 1000 with status 404", v)
		}
		if v := inspect(t, e, exchange("GET", "/public/a")); v.Attack {
			t.Errorf("got %+v, want a clean verdict outside of the chain's path", v)
		}
	})
}

func TestCustomRules_thatAllowAreObeyedInBothModes(t *testing.T) {
	attack := exchange("GET", "/hook?q=1%27%20UNION%20SELECT%20name%2Cpass%20FROM%20users--%20-")
	tests := []struct {
		name, action string
		attack       bool
	}{
		{"everything", "allow", false},
		{"the request", "allow:request", false},
		{"this phase only", "allow:phase", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policy := sekisho.DefaultPolicy()
			policy.CustomRules = `SecRule REQUEST_FILENAME "@streq /hook" "id:1000,phase:1,nolog,` + tt.action + `"`
			bothModes(t, policy, func(t *testing.T, e *Engine) {
				if v := inspect(t, e, attack); v.Attack != tt.attack {
					t.Errorf("got attack %v, want %v; matches %v", v.Attack, tt.attack, v.Matches)
				}
			})
		})
	}
}
