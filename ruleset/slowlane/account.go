package slowlane

import (
	"time"

	"github.com/sekisho-waf/sekisho"
)

// An account is what one site has used and what it waits for. The site that has used least is next: start-time fair
// queueing (Goyal, Vin, Cheng, 1996) by processor time. What counts while work runs is its predicted cost, afterwards what
// it took, so that neither a flood nor a lie about its cost is paid for by the others.
type account struct {
	site    string
	used    time.Duration // on the lane's clock: when the site's share lets it begin again
	running int
	waiting []*turn       // in the order in which they came
	backlog time.Duration // what is predicted of those

	done      uint64
	shortages map[sekisho.Shortage]uint64
}

// A turn is one piece of work that asks for a worker.
type turn struct {
	account  *account
	cost     time.Duration
	work     func(*Meter)
	meter    *Meter
	began    bool          // guarded by Lane.mu: a worker has it
	done     chan struct{} // closed when the worker is finished with it
	panicked any
}

// next takes the turn of the site that has used least among those that wait and hold fewer workers than one site may.
// It returns nil where there is none. The caller holds mu.
func (l *Lane) next() *turn {
	var first *account
	for _, a := range l.busy {
		if a.running < l.share && (first == nil || max(a.used, l.clock) < max(first.used, l.clock)) {
			first = a
		}
	}
	if first == nil {
		return nil
	}
	t := first.waiting[0]
	l.leave(t)
	t.began = true
	l.clock = max(first.used, l.clock)
	first.used = l.clock + t.cost
	first.running++
	l.running++
	return t
}

// leave takes a turn out of its account's queue.
func (l *Lane) leave(t *turn) {
	a := t.account
	for i, other := range a.waiting {
		if other == t {
			a.waiting = append(a.waiting[:i], a.waiting[i+1:]...)
			break
		}
	}
	l.waiting--
	a.backlog -= t.cost
	if len(a.waiting) > 0 {
		return
	}
	for i, other := range l.busy {
		if other == a {
			l.busy = append(l.busy[:i], l.busy[i+1:]...)
			return
		}
	}
}

// settle charges a site with what its work took in the place of what was predicted.
func (l *Lane) settle(t *turn, took time.Duration) {
	a := t.account
	a.running--
	a.used += took - t.cost
	a.done++
	l.running--
	l.predicted += t.cost
	l.used += took
}

// account returns a site's account. The caller holds mu.
func (l *Lane) account(site string) *account {
	a := l.accounts[site]
	if a == nil {
		a = &account{site: site, shortages: map[sekisho.Shortage]uint64{}}
		l.accounts[site] = a
	}
	return a
}
