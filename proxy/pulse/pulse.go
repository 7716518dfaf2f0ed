// Package pulse knows how many visitors are usual at one site, and says when it is under attack.
//
// It owns the judgement and nothing else: what is counted, how often, and what becomes of an attack is the proxy's
// business. It reads no clock and keeps some 200 bytes a site. Start with [Pulse.Look].
package pulse

import "time"

// Reading is what a site saw in one span of time.
type Reading struct {
	Span       time.Duration
	Requests   int64         // all, those that were stopped among them
	Stopped    int64         // attacks, and whoever was turned away by a limit or a list
	Answers    int64         // of the origin
	OriginTime time.Duration // of these answers together
}

// State is how a site is doing.
type State uint8

// States.
const (
	Calm   State = iota
	Attack       // many more than usual, and it shows: limits of each visitor are tighter
	Capped       // that was not enough, the origin still suffers: all visitors together are limited, too
)

// What an attack is. A rush of visitors that does no harm is none, and a small site's ten visitors are no flood.
const (
	LeastRate  = 20.0             // requests a second; below, nothing is an attack
	manyTimes  = 5.0              // of what is usual, with a sign of harm
	tooMany    = 20.0             // of what is usual, with or without, once every hour of a day has been seen
	share      = 0.2              // of requests that were stopped: a sign
	slower     = 3.0              // times the origin's usual wait: a sign
	leastWait  = 0.3              // seconds; below, an origin is quick whatever was usual
	looksBad   = 2                // in a row, before it is an attack
	quietTimes = 3.0              // of what is usual: above, an attack is not over
	quietFor   = 5 * time.Minute  // before it is
	capAfter   = 30 * time.Second // of tighter limits under which the origin still suffers
	learnedBy  = 30 * time.Minute // of an hour, before it teaches what is usual
	weight     = 0.3              // of the newest day in what is usual at an hour
	weightWait = 0.02             // of the newest reading in the origin's usual wait
	greediest  = 2.0              // times what was usual: more is not learned in a day, so that no attack becomes usual
)

// Pulse is what is known of one site. The zero Pulse knows nothing, and calls nothing an attack until it has seen most of
// an hour. It is not safe for concurrent use.
type Pulse struct {
	state State
	since time.Time // of the state
	why   Why

	hours [24]float32 // usual requests a second by hour of the day, in UTC; minus one of what is unknown, see usual
	known int
	wait  float64 // the origin's usual, in seconds; 0: unknown

	hour int64 // since 1970; what follows is of this hour
	span time.Duration
	sum  int64

	bad   int
	quiet time.Duration
}

// Why says by what an attack was known.
type Why struct {
	Rate, Usual       float64       // requests a second
	Stopped           float64       // of all requests, 0 to 1
	Wait, UsuallyWait time.Duration // for the origin
}

// State returns how the site is doing, since when, and by what that was known.
func (p *Pulse) State() (State, time.Time, Why) { return p.state, p.since, p.why }

// Look takes the next reading. changed says that the state is another one now.
func (p *Pulse) Look(now time.Time, r Reading) (state State, changed bool) {
	if r.Span <= 0 {
		return p.state, false
	}
	before := p.state
	usual, known := p.usual(now)
	why := Why{Rate: float64(r.Requests) / r.Span.Seconds(), Usual: usual, UsuallyWait: seconds(p.wait)}
	if r.Requests > 0 {
		why.Stopped = float64(r.Stopped) / float64(r.Requests)
	}
	suffers := false
	if r.Answers > 0 {
		wait := r.OriginTime.Seconds() / float64(r.Answers)
		why.Wait = seconds(wait)
		suffers = p.wait > 0 && wait >= leastWait && wait >= slower*p.wait
	}
	p.judge(now, known, suffers, why, r.Span)
	p.learn(now, r, why)
	return p.state, p.state != before
}

func (p *Pulse) judge(now time.Time, known, suffers bool, why Why, span time.Duration) {
	usual := max(why.Usual, 1)
	if p.state == Calm {
		harm := suffers || why.Stopped >= share
		if !known || why.Rate < LeastRate || why.Rate < manyTimes*usual || !harm && (why.Rate < tooMany*usual || p.known < len(p.hours)) {
			p.bad = 0
			return
		}
		if p.bad++; p.bad >= looksBad {
			p.turn(Attack, now, why)
		}
		return
	}
	if p.state == Attack && suffers && now.Sub(p.since) >= capAfter {
		p.turn(Capped, now, why)
	}
	if suffers || why.Stopped >= share && why.Rate >= LeastRate || why.Rate >= max(LeastRate, quietTimes*usual) {
		p.quiet = 0
		return
	}
	if p.quiet += span; p.quiet >= quietFor {
		p.turn(Calm, now, why)
	}
}

func (p *Pulse) turn(state State, now time.Time, why Why) {
	p.state, p.since, p.why, p.bad, p.quiet = state, now, why, 0, 0
}

// usual returns how many requests a second are usual at this time of day: the most of the hours around it, since people
// are not punctual. Before a day has been seen, the most of what was.
func (p *Pulse) usual(now time.Time) (rate float64, known bool) {
	at := int(now.Unix() / 3600 % 24)
	for i, hour := range p.hours {
		near := i == at || i == (at+1)%24 || i == (at+23)%24
		if near || p.known < len(p.hours) {
			rate = max(rate, float64(hour))
		}
	}
	return rate, p.known > 0
}

// Cap is how many requests a second all visitors together may make while the site is capped.
func (p *Pulse) Cap() float64 { return max(LeastRate, manyTimes*p.why.Usual) }

func (p *Pulse) learn(now time.Time, r Reading, why Why) {
	if p.state == Calm && r.Answers > 0 {
		if p.wait == 0 {
			p.wait = why.Wait.Seconds()
		}
		p.wait += weightWait * (min(why.Wait.Seconds(), slower*max(p.wait, 0.01)) - p.wait)
	}
	if hour := now.Unix() / 3600; hour != p.hour {
		if p.span >= learnedBy {
			p.close(int(p.hour % 24))
		}
		p.hour, p.span, p.sum = hour, 0, 0
	}
	p.span += r.Span
	p.sum += r.Requests
	if p.known == 0 && p.span >= learnedBy {
		p.close(int(p.hour % 24)) // half of the first hour is better than nothing, and is put right when it is over
	}
}

// close takes an hour that is over into what is usual.
func (p *Pulse) close(at int) {
	rate := float32(float64(p.sum) / p.span.Seconds())
	old := p.hours[at]
	switch {
	case p.known == 0 || old == 0 && p.known < len(p.hours) && p.state == Calm:
		p.hours[at] = rate
	case old == 0: // never seen, or nobody came: what is usual at other hours is the measure
		most, _ := p.usual(time.Unix(int64(at)*3600, 0))
		p.hours[at] = min(rate, greediest*float32(max(most, 1)))
	default:
		p.hours[at] = old + weight*(min(rate, greediest*max(old, 1))-old)
	}
	p.known = min(p.known+1, len(p.hours))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
