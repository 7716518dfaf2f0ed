package proxy

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/proxy/pulse"
)

// alarm is what holds on a site while it is under attack. It is never changed after it was made.
type alarm struct {
	state  pulse.State
	since  time.Time
	why    pulse.Why
	until  time.Time    // of an alarm of another node; zero: until it is over
	counts *siteCounts  // the site may have no limits of its own
	all    sekisho.Rate // of all visitors together; zero: not limited
}

// byHand is the alarm of a site that somebody has put under attack. Such a site has counts of its own.
var byHand = &alarm{state: pulse.Attack}

// alarm returns what holds because the site is under attack, nil if it is not.
func (x *exchange) alarm() *alarm {
	switch x.site.Limits.UnderAttack {
	case sekisho.AlertOff:
		return nil
	case sekisho.AlertOn:
		if found := x.site.load.alarm.Load(); found != nil {
			return found
		}
		return byHand
	default:
		if found := x.site.load.alarm.Load(); found != nil {
			return found
		}
		if heard := x.site.load.heard.Load(); heard != nil && x.began.Before(heard.until) {
			return heard
		}
		return nil
	}
}

// tight is what an address may do on a site under attack: a person who opens ten pages a minute with a dozen files each
// never meets it.
var tight = sekisho.Rate{Requests: 120, Per: time.Minute}

// tighter is the rate of an address under attack: half of the site's own, where that is less.
func tighter(own sekisho.Rate) sekisho.Rate {
	if !own.IsZero() && own.PerSecond()/2 < tight.PerSecond() {
		return sekisho.Rate{Requests: max(own.Requests/2, 1), Per: own.Per}
	}
	return tight
}

// answered notes how long the origin took for an answer, or to give none.
func (l *siteLoad) answered(took time.Duration) {
	l.answers.Add(1)
	l.originsUS.Add(took.Microseconds())
}

// judged notes a request that was an attack, or was turned away for what its visitor did.
func (l *siteLoad) judged(x *exchange) {
	switch x.decision.Action {
	case sekisho.ActionBlocked, sekisho.ActionDetected:
		l.stopped.Add(1)
	case sekisho.ActionRefused:
		if !slices.Contains(shedReasons[:], x.decision.Reason) {
			l.stopped.Add(1)
		}
	}
}

// watchInterval is how often the pulse of every site is taken.
const watchInterval = 5 * time.Second

// keepWatch takes the pulse of every site until stop is closed.
func (s *Server) keepWatch(stop <-chan struct{}) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case now := <-tick.C:
			s.watch(now, now.Sub(last))
			last = now
		case <-stop:
			return
		}
	}
}

// watch takes the pulse of every site once; span is the time since it was taken last.
func (s *Server) watch(now time.Time, span time.Duration) {
	for _, load := range s.loads.all() {
		reading := pulse.Reading{
			Span: span, Requests: load.asked.Swap(0), Stopped: load.stopped.Swap(0),
			Answers: load.answers.Swap(0), OriginTime: time.Duration(load.originsUS.Swap(0)) * time.Microsecond,
		}
		if load.pulse == nil {
			if reading.Requests == 0 {
				continue // nobody has ever asked for the site here
			}
			load.pulse = new(pulse.Pulse)
		}
		load.busy.Store(float64(reading.Requests) >= span.Seconds()*pulse.LeastRate/4)
		if _, changed := load.pulse.Look(now, reading); changed {
			s.raise(load, now)
		}
	}
}

// raise puts in force what the pulse of a site says now, and tells of it once.
func (s *Server) raise(load *siteLoad, now time.Time) {
	state, since, why := load.pulse.State()
	before := load.alarm.Load()
	if state == pulse.Calm {
		load.alarm.Store(nil)
	} else {
		next := &alarm{state: state, since: since, why: why, counts: s.counts.need(load.key)}
		if before != nil {
			next.since = before.since
		}
		if state == pulse.Capped {
			perSecond := int(math.Ceil(load.pulse.Cap()))
			next.all = sekisho.Rate{Requests: perSecond, Per: time.Second}
		}
		load.alarm.Store(next)
	}
	site := s.siteOf(load)
	began, ended := before == nil && state != pulse.Calm, before != nil && state == pulse.Calm
	if site == nil || site.Limits.UnderAttack != sekisho.AlertAuto || !began && !ended {
		return // somebody decided, or it goes on: told when it began, shown by status
	}
	s.log.LogAttrs(context.Background(), slog.LevelWarn, "under attack, or no longer", obs.Site(site.Host), slog.Bool("attack", state != pulse.Calm), slog.String("why", whyWords(why)))
	if err := s.recorder.Append(attackEvent(site, now, state, before, why)); err != nil {
		s.unrecorded.Add(1)
	}
}

// siteOf finds the site of a load in the snapshot of now; nil if it is no longer served. Rare: only when an attack
// begins or ends.
func (s *Server) siteOf(load *siteLoad) *site {
	for _, site := range s.current.Load().sites {
		if site.load == load {
			return site
		}
	}
	return nil
}

// Families of the two events.
const (
	familyUnderAttack = "site_under_attack"
	familyAttackOver  = "site_attack_over"
)

// attackEvent tells that an attack began, or how long it went on.
func attackEvent(site *site, now time.Time, state pulse.State, before *alarm, why pulse.Why) sekisho.Event {
	event := sekisho.Event{
		ID: sekisho.NewEventID(now), Time: now.UTC(), Tenant: site.Tenant, SiteID: site.ID, Site: site.Host,
		Source: sekisho.SourceWAF, Vendor: "Sekisho", Product: "WAF", Direction: sekisho.DirectionInbound,
		Class: sekisho.ClassSensorFault, Family: familyUnderAttack, Outcome: sekisho.OutcomeSucceeded,
		Action: sekisho.ActionDetected, Reason: sekisho.ReasonUnderAttack, Signature: whyWords(why), Count: 1,
	}
	if state == pulse.Calm {
		event.Class, event.Family, event.Outcome = sekisho.ClassNoise, familyAttackOver, sekisho.OutcomePrevented
		event.Signature = fmt.Sprintf("over after %s", now.Sub(before.since).Round(time.Second))
	}
	return event
}

func whyWords(why pulse.Why) string {
	return fmt.Sprintf("%.0f requests a second where %.1f are usual; %.0f %% stopped; the origin takes %s where %s is usual",
		why.Rate, why.Usual, 100*why.Stopped, why.Wait.Round(time.Millisecond), why.UsuallyWait.Round(time.Millisecond))
}

// UnderAttack is a site that is treated as under attack.
type UnderAttack struct {
	Site   sekisho.SiteID
	Host   string
	Since  time.Time // zero where somebody said so
	Why    string    // empty where somebody said so
	Capped bool      // all visitors together are limited, too
}

// UnderAttack lists the sites that are under attack now, by host.
func (s *Server) UnderAttack() []UnderAttack {
	var list []UnderAttack
	for _, site := range s.current.Load().sites {
		x := exchange{site: site, began: time.Now()}
		if found := x.alarm(); found != nil {
			said := UnderAttack{Site: site.ID, Host: site.Host, Since: found.since, Capped: found.state == pulse.Capped}
			switch {
			case !found.until.IsZero():
				said.Why = "another node found out"
			case found != byHand:
				said.Why = whyWords(found.why)
			}
			list = append(list, said)
		}
	}
	slices.SortFunc(list, func(a, b UnderAttack) int { return cmp.Compare(a.Host, b.Host) })
	return list
}
