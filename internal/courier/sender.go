package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Spool is where events wait. See the package of that name for the promises.
type Spool interface {
	Stream() string
	Next(ctx context.Context, most int) (events []sekisho.Event, last uint64, err error)
	Done(seq uint64) error
}

// Outbox is the streams, seen from a sender.
type Outbox interface {
	Send(ctx context.Context, partition int, batch []sekisho.Sent) (ids []string, err error)
	Lies(ctx context.Context, partition int, ids []string) ([]bool, error)
}

// Ledger is the records, seen from a sender: how far each tenant's events of a stream are committed, and which tenants
// there are.
type Ledger interface {
	Positions(ctx context.Context, stream string) (map[sekisho.TenantID]uint64, error)
	FindTenant(ctx context.Context, id sekisho.TenantID) (sekisho.Tenant, error)
	TenantDeleted(ctx context.Context, id sekisho.TenantID) (bool, error)
}

const (
	window  = 5000 // events that are on their way at once
	batch   = 200
	lookFor = 100 * time.Millisecond // how often it is asked what has arrived, while something is on its way

	retryMin = 100 * time.Millisecond
	retryMax = 30 * time.Second
	hopeless = 5 // tries without any progress before a tenant that is gone, or that keeps all others waiting, is given up
)

// Sender brings the events of one spool on their way. Run is for one goroutine.
type Sender struct {
	spool    Spool
	outbox   Outbox
	ledger   Ledger
	setAside func(sekisho.Event) error
	log      *slog.Logger

	lanes    map[sekisho.TenantID]*lane
	waiting  int    // events in lanes
	read     uint64 // the last number that the spool has handed over
	arrived  uint64 // how many have
	troubled bool
}

// lane is what a tenant has on its way, oldest first.
type lane struct {
	events  []sekisho.Sent
	ids     []string // of those that were sent, in the outbox
	tries   int      // how often they were lost since something has arrived
	due     time.Time
	healthy uint64 // Sender.arrived when the trouble began
}

// NewSender returns a sender of a spool's events. setAside takes, durably, those of tenants that the records have not.
func NewSender(spool Spool, outbox Outbox, ledger Ledger, setAside func(sekisho.Event) error, log *slog.Logger) *Sender {
	return &Sender{spool: spool, outbox: outbox, ledger: ledger, setAside: setAside, log: log, lanes: map[sekisho.TenantID]*lane{}}
}

// Run sends until ctx ends and returns nil then. An event leaves the spool once the records have it. While the streams or
// the records are away, events wait in the spool.
func (s *Sender) Run(ctx context.Context) error {
	var looked time.Time
	for ctx.Err() == nil {
		if err := s.take(ctx); err != nil {
			s.trouble(ctx, err)
			sleep(ctx, retryMin)
		}
		err := s.send(ctx)
		if err == nil && s.waiting > 0 && time.Since(looked) >= lookFor {
			err = s.look(ctx)
			looked = time.Now()
		}
		if err != nil {
			s.trouble(ctx, err)
			sleep(ctx, retryMin)
			continue
		}
		s.troubled = false
		if s.waiting >= window {
			sleep(ctx, lookFor)
		}
	}
	return nil
}

// trouble is told once, when it begins.
func (s *Sender) trouble(ctx context.Context, err error) {
	if !s.troubled && ctx.Err() == nil {
		s.troubled = true
		s.log.WarnContext(ctx, "events wait on this node", obs.Err(err))
	}
}

// take reads what the spool has, and waits only while nothing is on its way.
func (s *Sender) take(ctx context.Context) error {
	if s.waiting >= window {
		return nil
	}
	if s.waiting > 0 {
		limited, cancel := context.WithTimeout(ctx, lookFor)
		defer cancel()
		ctx = limited
	}
	events, last, err := s.spool.Next(ctx, batch)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("reading the spool: %w", err)
	}
	for i := range events {
		sent := sekisho.Sent{Stream: s.spool.Stream(), Number: last - uint64(len(events)-1-i), Event: events[i]}
		l := s.lanes[sent.Event.Tenant]
		if l == nil {
			l = &lane{healthy: s.arrived}
			s.lanes[sent.Event.Tenant] = l
		}
		if n := len(l.events); n > 0 { // what came before is in the records already
			sent.After = l.events[n-1].Number
		}
		l.events = append(l.events, sent)
	}
	s.read, s.waiting = last, s.waiting+len(events)
	return nil
}

// send sends what is not on its way yet.
func (s *Sender) send(ctx context.Context) error {
	for tenant, l := range s.lanes {
		for len(l.ids) < len(l.events) && time.Until(l.due) <= 0 {
			ids, err := s.outbox.Send(ctx, PartitionOf(tenant), l.events[len(l.ids):min(len(l.events), len(l.ids)+batch)])
			if err != nil {
				return err
			}
			l.ids = append(l.ids, ids...)
		}
	}
	return nil
}

// look finds out what has arrived, and what was lost: it lies in the streams no more, and the records, asked later, do not
// have it.
func (s *Sender) look(ctx context.Context) error {
	gone := map[sekisho.TenantID]bool{}
	asked, first := [Partitions][]sekisho.TenantID{}, [Partitions][]string{}
	for tenant, l := range s.lanes {
		if len(l.ids) > 0 {
			p := PartitionOf(tenant)
			asked[p], first[p] = append(asked[p], tenant), append(first[p], l.ids[0])
		}
	}
	var away error // of the streams: what has arrived is known all the same
	for p := range asked {
		if len(asked[p]) == 0 {
			continue
		}
		lie, err := s.outbox.Lies(ctx, p, first[p])
		if err != nil {
			away = err
			break
		}
		for i, tenant := range asked[p] {
			gone[tenant] = !lie[i]
		}
	}
	positions, err := s.ledger.Positions(ctx, s.spool.Stream())
	if err != nil {
		return errors.Join(away, err)
	}
	for tenant, l := range s.lanes {
		switch n := l.upTo(positions[tenant]); {
		case n > 0:
			s.waiting -= n
			s.arrived += uint64(n)
			l.tries, l.healthy = 0, s.arrived
		case gone[tenant]:
			s.again(ctx, tenant, l)
		}
		if len(l.events) == 0 {
			delete(s.lanes, tenant)
		}
	}
	return errors.Join(away, s.finish())
}

// upTo forgets what is committed, and returns how much it was.
func (l *lane) upTo(position uint64) (n int) {
	for n < len(l.events) && l.events[n].Number <= position {
		n++
	}
	l.events, l.ids = l.events[n:], l.ids[min(n, len(l.ids)):]
	return n
}

// again sends a lane anew after a pause, or gives it up.
func (s *Sender) again(ctx context.Context, tenant sekisho.TenantID, l *lane) {
	l.ids = nil
	l.events[0].After = 0 // what came before is in the records, or was given up
	l.due = time.Now().Add(min(retryMin<<min(l.tries, 10), retryMax))
	if l.tries++; l.tries < hopeless {
		return
	}
	_, err := s.ledger.FindTenant(ctx, tenant)
	blocking := s.waiting >= window && s.arrived > l.healthy
	if sekisho.KindOf(err) != sekisho.KindNotFound && !blocking {
		return
	}
	if deleted, err := s.ledger.TenantDeleted(ctx, tenant); err != nil {
		return
	} else if deleted { // nothing of it may stay
		s.waiting -= len(l.events)
		l.events = nil
		s.log.InfoContext(ctx, "events of a deleted tenant dropped", obs.Tenant(tenant))
		return
	}
	for len(l.events) > 0 {
		if err := s.setAside(l.events[0].Event); err != nil {
			s.log.ErrorContext(ctx, "setting events aside failed", obs.Tenant(tenant), obs.Err(err))
			l.events[0].After = 0
			return
		}
		l.events = l.events[1:]
		s.waiting--
	}
	s.log.ErrorContext(ctx, "events of a tenant set aside", obs.Tenant(tenant))
}

// finish tells the spool how far it may forget.
func (s *Sender) finish() error {
	done := s.read
	for _, l := range s.lanes {
		done = min(done, l.events[0].Number-1)
	}
	if done == 0 {
		return nil
	}
	return s.spool.Done(done)
}
