package ruleset

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

// laned returns an engine whose rules run in a lane with this budget.
func laned(t *testing.T, e *Engine, budget time.Duration) (*Engine, *Pool) {
	t.Helper()
	config := slowlane.DefaultConfig()
	config.Budget = budget
	lane := slowlane.New(config)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- lane.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	pool := NewPool(slog.New(slog.DiscardHandler))
	pool.UseLane(lane)
	inLane := slowLane(e)
	inLane.pool = pool
	return inLane, pool
}

func TestRequest_isTheSameInALane(t *testing.T) {
	e := engine(t, stockPolicy(), sekisho.ModeBlock)
	inLane, pool := laned(t, e, time.Minute)
	for _, x := range []*sekisho.Exchange{
		exchange("GET", "/?id=1%27%20UNION%20SELECT%20a%20FROM%20b--%20-"), exchange("GET", "/"),
		answer(exchange("GET", "/"), 500, "text/html", "You have an error in your SQL syntax"),
	} {
		got, want := everythingOf(t, inLane, x, x.Status != 0), everythingOf(t, slowLane(e), x, x.Status != 0)
		if got.Verdict.Score != want.Verdict.Score || got.Verdict.Attack != want.Verdict.Attack || len(got.Trace.Rules) != len(want.Trace.Rules) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if stats := pool.Stats().Lane; stats.Done != 4 || stats.Used == 0 || stats.Running != 0 {
		t.Errorf("got %+v, want 4 turns: three requests and a response", stats)
	}
}

func TestRequest_doesNotBeginWhatCannotEndInItsBudget(t *testing.T) {
	inLane, pool := laned(t, engine(t, stockPolicy(), sekisho.ModeBlock), 5*time.Millisecond)
	i := inLane.Begin(post(form, "a="+strings.Repeat("0123456789abcde+", 4<<10)))
	defer i.Close()
	if _, err := i.Request(t.Context()); !errors.Is(err, sekisho.ShortageBudget) {
		t.Errorf("got %v", err)
	}
	if stats := pool.Stats().Lane; stats.Done != 0 || i.tx != nil {
		t.Errorf("got %+v, want nothing begun", stats)
	}
}

// A body can lie about what it is; the budget holds all the same.
func TestRequest_endsInTheMiddleWhenItsBudgetIsSpent(t *testing.T) {
	x := multipart(formPart("a filename=", strings.Repeat("select the union of name and price from ", 3000)))
	policy := stockPolicy()
	predicted := predictRequest(x, policy, sekisho.ModeBlock)
	inspect(t, slowLane(engine(t, policy, sekisho.ModeBlock)), x) // builds what is built once
	inLane, pool := laned(t, engine(t, policy, sekisho.ModeBlock), 3*predicted)
	for range 3 { // what is left behind must not disturb the next one
		i := inLane.Begin(x)
		verdict, err := i.Request(t.Context())
		if !errors.Is(err, sekisho.ShortageBudget) || verdict.Attack || i.tx != nil {
			t.Fatalf("got %+v, %v, predicted %s", verdict, err, predicted)
		}
		if _, again := i.Response(t.Context()); !errors.Is(again, sekisho.ShortageBudget) {
			t.Errorf("Response afterwards: got %v", again)
		}
		i.Close()
		if v := inspect(t, inLane, exchange("GET", "/?id=1%27%20or%201=1--")); !v.Attack {
			t.Errorf("the next request: got %+v", v)
		}
	}
	if stats := pool.Stats().Lane; stats.Done != 6 || stats.Sites[0].Shortages[sekisho.ShortageBudget] != 3 {
		t.Errorf("got %+v", stats)
	}
	held := 0
	meters.Range(func(any, any) bool { held++; return true })
	if held != 0 {
		t.Errorf("%d transactions are still metered", held)
	}
}

// leaving is the context of a visitor who is gone when it is asked about for the third time.
type leaving struct {
	context.Context
	asked int
}

func (c *leaving) Err() error {
	if c.asked++; c.asked > 2 {
		return context.Canceled
	}
	return nil
}

func TestRequest_endsInTheMiddleWhenTheVisitorLeaves(t *testing.T) {
	inLane, pool := laned(t, engine(t, stockPolicy(), sekisho.ModeBlock), time.Minute)
	i := inLane.Begin(post(form, "a="+strings.Repeat("0123456789abcde+", 4<<10)))
	defer i.Close()
	if _, err := i.Request(&leaving{Context: t.Context()}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if stats := pool.Stats().Lane; stats.Done != 1 || len(stats.Sites) != 0 {
		t.Errorf("got %+v, want a turn that is nobody's shortage", stats)
	}
}

// What is predicted decides what is refused at once, so it must not be far above what ordinary requests take, and must
// tell what is large from what is small.
func TestPredictRequest_ordersRequestsByWhatTheyTake(t *testing.T) {
	policy := stockPolicy()
	cheap := predictRequest(exchange("GET", "/products/?page=2"), policy, sekisho.ModeBlock)
	file := predictRequest(multipart(formPart("title", "a"), filePart("file", "a.jpg", strings.Repeat("\xff\xd8abc", 20<<10))), policy, sekisho.ModeBlock)
	text := predictRequest(post(form, "a="+strings.Repeat("0123456789abcde+", 4<<10)), policy, sekisho.ModeBlock)
	many := predictRequest(post(form, strings.Repeat("a=1&", 900)), policy, sekisho.ModeBlock)
	if cheap > 2*time.Millisecond || file > 5*time.Millisecond || text < 10*cheap || many < 100*cheap {
		t.Errorf("got page %s, file %s, text %s, many arguments %s", cheap, file, text, many)
	}
	flood := post(form, strings.Repeat("a=1&", 90000))
	if stopped, detected := predictRequest(flood, policy, sekisho.ModeBlock), predictRequest(flood, policy, sekisho.ModeDetect); stopped > 10*cheap || detected > 2*many {
		t.Errorf("got %s and %s for arguments beyond the limit, which nobody looks at", stopped, detected)
	}
	policy.ParanoiaLevel = 4
	if high := predictRequest(exchange("GET", "/products/?page=2"), policy, sekisho.ModeBlock); high <= cheap {
		t.Errorf("level 4: got %s, not more than %s", high, cheap)
	}
}
