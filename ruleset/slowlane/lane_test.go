package slowlane

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// bounds are of one worker, and far from everything that a test does not ask about.
func bounds() Config {
	return Config{Workers: 1, PerSite: 100, Total: 1000, Wait: time.Minute, Budget: time.Minute}
}

// started returns a lane that runs until the test ends.
func started(t *testing.T, config Config) *Lane {
	t.Helper()
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	l := New(config)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return l
}

// occupy takes a worker until the returned function is called.
func occupy(t *testing.T, l *Lane, site string) (release func()) {
	t.Helper()
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if err := l.Do(context.Background(), site, time.Millisecond, func(*Meter) { close(begun); <-end }); err != nil {
			t.Errorf("occupy a worker: %v", err)
		}
	}()
	<-begun
	return func() { close(end); <-ended }
}

// await waits until so many wait in the lane.
func await(t *testing.T, l *Lane, waiting int) {
	t.Helper()
	for l.Stats().Waiting != waiting {
		time.Sleep(time.Millisecond)
	}
}

func TestDo_aNewcomerGoesBeforeAFlood(t *testing.T) {
	l := started(t, bounds())
	release := occupy(t, l, "flood")
	var mu sync.Mutex
	var order []string
	var group sync.WaitGroup
	ask := func(site string) {
		waiting := l.Stats().Waiting
		group.Go(func() {
			err := l.Do(context.Background(), site, 10*time.Millisecond, func(*Meter) {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, site)
			})
			if err != nil {
				t.Error(err)
			}
		})
		await(t, l, waiting+1)
	}
	for range 20 {
		ask("flood")
	}
	ask("small")
	release()
	group.Wait()
	if len(order) != 21 || slices.Index(order, "small") != 0 {
		t.Errorf("got %v, want the small site first", order)
	}
}

// queue puts turns into a lane that nothing works on.
func queue(l *Lane, site string, count int, cost time.Duration) {
	for range count {
		_ = l.enter(site, &turn{cost: cost, meter: &Meter{}, done: make(chan struct{})})
	}
}

// turns takes so many turns, each of which takes what factor makes of its cost.
func turns(l *Lane, count int, factor map[string]time.Duration) map[string]int {
	had := map[string]int{}
	for range count {
		t := l.next()
		had[t.account.site]++
		l.settle(t, t.cost*max(1, factor[t.account.site]))
	}
	return had
}

func TestNext_sharesOutTimeAndNotTurns(t *testing.T) {
	l := New(bounds())
	queue(l, "large", 100, 30*time.Millisecond)
	queue(l, "small", 100, 10*time.Millisecond)
	if had := turns(l, 80, nil); had["large"] < 19 || had["large"] > 21 {
		t.Errorf("got %v, want one turn of 30 ms for three of 10 ms", had)
	}
}

func TestNext_chargesWhatWorkTookAndNotWhatWasSaid(t *testing.T) {
	l := New(bounds())
	queue(l, "liar", 100, time.Millisecond)
	queue(l, "honest", 100, time.Millisecond)
	if had := turns(l, 80, map[string]time.Duration{"liar": 7}); had["liar"] < 9 || had["liar"] > 11 {
		t.Errorf("got %v, want one turn in eight for the site whose turns take seven times what was said", had)
	}
}

func TestNext_oneSiteNeverHoldsAllWorkers(t *testing.T) {
	config := bounds()
	config.Workers = 3
	l := New(config)
	queue(l, "flood", 10, time.Millisecond)
	first, second := l.next(), l.next()
	if first == nil || second == nil || l.next() != nil {
		t.Fatal("want two turns for the only site, and the third worker kept free")
	}
	queue(l, "other", 1, time.Millisecond)
	if third := l.next(); third == nil || third.account.site != "other" {
		t.Errorf("got %+v, want the other site's turn", third)
	}
}

func TestDo_saysWhyWorkWasNotBegun(t *testing.T) {
	config := bounds()
	config.PerSite, config.Total = 2, 3
	l := started(t, config)
	never := func(*Meter) { t.Error("work was begun") }
	if err := l.Do(context.Background(), "a", 2*time.Minute, never); !errors.Is(err, sekisho.ShortageBudget) {
		t.Errorf("more than the budget: got %v", err)
	}
	release := occupy(t, l, "a")
	ctx, leave := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for i, site := range []string{"a", "a", "b"} {
		group.Go(func() {
			if err := l.Do(ctx, site, time.Millisecond, never); !errors.Is(err, context.Canceled) {
				t.Errorf("the caller left: got %v", err)
			}
		})
		await(t, l, i+1)
	}
	for _, site := range []string{"a", "b", "c"} { // a's own queue is full, then the whole
		if err := l.Do(context.Background(), site, time.Millisecond, never); !errors.Is(err, sekisho.ShortageQueue) {
			t.Errorf("site %s: got %v, want a full queue", site, err)
		}
	}
	leave()
	group.Wait()
	release()
	stats := l.Stats()
	if stats.Waiting != 0 || stats.Running != 0 || stats.Longest != 3 || stats.Done != 1 || stats.LastShortage.IsZero() {
		t.Errorf("got %+v", stats)
	}
	if len(stats.Sites) != 3 || stats.Sites[0].Site != "a" || stats.Sites[0].Shortages[sekisho.ShortageBudget] != 1 || stats.Sites[0].Shortages[sekisho.ShortageQueue] != 1 {
		t.Errorf("got %+v", stats.Sites)
	}
}

func TestDo_givesUpWhenItsTurnDoesNotCome(t *testing.T) {
	config := bounds()
	config.Wait = time.Millisecond
	l := New(config) // nothing runs
	if err := l.Do(context.Background(), "a", 1, func(*Meter) {}); !errors.Is(err, sekisho.ShortageWait) {
		t.Errorf("got %v", err)
	}
	if stats := l.Stats(); stats.Waiting != 0 || stats.Sites[0].Shortages[sekisho.ShortageWait] != 1 {
		t.Errorf("got %+v", stats)
	}
}

func TestDo_letsNobodyWaitInVain(t *testing.T) {
	config := bounds()
	config.Wait = 100 * time.Millisecond
	l := New(config)
	queue(l, "a", 1, 90*time.Millisecond)
	queue(l, "a", 1, 20*time.Millisecond)
	queue(l, "a", 1, time.Millisecond) // 110 ms stand before it
	queue(l, "b", 1, time.Millisecond)
	if stats := l.Stats(); stats.Waiting != 3 || len(stats.Sites) != 1 || stats.Sites[0].Shortages[sekisho.ShortageQueue] != 1 {
		t.Errorf("got %+v", stats)
	}
	if l.next(); l.accounts["a"].backlog+l.accounts["b"].backlog > 110*time.Millisecond {
		t.Error("what has begun still counts as waiting")
	}
}

func TestDo_waitsForWhatHasBegun(t *testing.T) {
	l := started(t, bounds())
	ctx, leave := context.WithCancel(context.Background())
	over := false
	err := l.Do(ctx, "a", 1, func(m *Meter) {
		leave()
		for m.Check() == nil {
		}
		over = true
	})
	if err != nil || !over {
		t.Errorf("got %v, ended %v, want the work's own end", err, over)
	}
}

func TestMeter_endsWorkThatHasTakenItsBudget(t *testing.T) {
	config := bounds()
	config.Budget = 5 * time.Millisecond
	l := started(t, config)
	var said error
	if err := l.Do(context.Background(), "a", 1, func(m *Meter) {
		for said == nil {
			said = m.Check()
		}
	}); err != nil || !errors.Is(said, sekisho.ShortageBudget) {
		t.Errorf("got %v and %v", err, said)
	}
	if stats := l.Stats(); stats.Used < config.Budget || stats.Sites[0].Shortages[sekisho.ShortageBudget] != 1 {
		t.Errorf("got %+v", stats)
	}
}

func TestDo_aPanicIsTheCallers(t *testing.T) {
	l := started(t, bounds())
	defer func() {
		if cause, _ := recover().(string); !strings.Contains(cause, "fell over") {
			t.Errorf("got %q", cause)
		}
		if err := l.Do(context.Background(), "a", 1, func(*Meter) {}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}()
	_ = l.Do(context.Background(), "a", 1, func(*Meter) { panic("fell over") })
}
