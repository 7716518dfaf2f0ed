package slowlane

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// A Lane lets so many inspections run at once. It is safe for concurrent use. Nothing runs before [Lane.Run].
type Lane struct {
	config Config
	share  int // workers that one site may hold

	mu           sync.Mutex
	wake         *sync.Cond // there may be something for a worker
	over         bool
	accounts     map[string]*account // every site that ever came here
	busy         []*account          // those that wait for something
	waiting      int
	running      int
	clock        time.Duration // how much processor time the site has used that had the last turn
	predicted    time.Duration
	used         time.Duration
	lastShortage time.Time
	longest      int // the longest queue so far
	rest         rest
}

// New returns a lane with these bounds, which must be valid.
func New(config Config) *Lane {
	l := &Lane{config: config, share: max(1, config.Workers-1), accounts: map[string]*account{}}
	l.wake = sync.NewCond(&l.mu)
	return l
}

// Run works until ctx ends and what had begun is finished. What waits then stays where it is until it has waited enough.
func (l *Lane) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.over = true
		l.wake.Broadcast()
	})
	defer stop()
	var workers sync.WaitGroup
	for range l.config.Workers {
		workers.Go(l.worker)
	}
	workers.Wait()
	return nil
}

// Do carries out work in a worker when the site's turn comes, and returns when it has ended. cost is what it will
// probably take. The work watches its [Meter]; whether it was cut short is known to itself.
//
// The error is a [sekisho.Shortage] where the work was not begun because it would take too much, too many wait, or its turn
// did not come in time; ctx's where the caller gave up waiting. Once begun, work is waited for whatever becomes of ctx, for
// it uses the caller's memory; a panic in it is the caller's.
func (l *Lane) Do(ctx context.Context, site string, cost time.Duration, work func(*Meter)) error {
	t := &turn{cost: cost, work: work, meter: &Meter{ctx: ctx, budget: l.config.Budget}, done: make(chan struct{})}
	if err := l.enter(site, t); err != nil {
		return err
	}
	patience := time.NewTimer(l.config.Wait)
	defer patience.Stop()
	var err error
	select {
	case <-t.done:
	case <-patience.C:
		err = l.giveUp(t, sekisho.ShortageWait)
	case <-ctx.Done():
		err = l.giveUp(t, ctx.Err())
	}
	if err != nil {
		return err
	}
	<-t.done
	if t.panicked != nil {
		panic(fmt.Sprintf("in a worker: %v", t.panicked))
	}
	return nil
}

func (l *Lane) enter(site string, t *turn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.account(site)
	t.account = a
	switch {
	case t.cost > l.config.Budget:
		return l.refuse(a, sekisho.ShortageBudget)
	case len(a.waiting) >= l.config.PerSite || l.waiting >= l.config.Total || a.backlog > l.config.Wait: // it would wait in vain
		return l.refuse(a, sekisho.ShortageQueue)
	}
	l.rouse()
	if len(a.waiting) == 0 {
		l.busy = append(l.busy, a)
	}
	a.waiting = append(a.waiting, t)
	a.backlog += t.cost
	l.waiting++
	l.longest = max(l.longest, l.waiting)
	l.wake.Signal()
	return nil
}

// refuse counts a shortage. The caller holds mu.
func (l *Lane) refuse(a *account, why sekisho.Shortage) error {
	a.shortages[why]++
	l.lastShortage = time.Now()
	return why
}

// giveUp takes a turn back. It returns nil where a worker has it already.
func (l *Lane) giveUp(t *turn, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.began {
		return nil
	}
	l.leave(t)
	if why, ok := err.(sekisho.Shortage); ok {
		return l.refuse(t.account, why)
	}
	return err
}

// worker does one piece of work after the other.
func (l *Lane) worker() {
	stepBack()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.over {
		t := l.next()
		if t == nil {
			l.wake.Wait()
			continue
		}
		l.mu.Unlock()
		took := t.run()
		l.mu.Lock()
		l.settle(t, took)
		if t.meter.spent {
			_ = l.refuse(t.account, sekisho.ShortageBudget) // counted here, told by the work itself
		}
		close(t.done)
		l.wake.Signal() // the site may have been waiting for a worker of its own share
	}
}

// run does the work and returns the processor time that it took.
func (t *turn) run() (took time.Duration) {
	t.meter.begin()
	defer func() {
		t.panicked = recover()
		took = t.meter.Took()
	}()
	t.work(t.meter)
	return 0
}
