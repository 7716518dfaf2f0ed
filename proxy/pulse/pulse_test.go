package pulse

import (
	"testing"
	"time"
	"unsafe"
)

const look = 5 * time.Second

// life drives a pulse on a clock of its own.
type life struct {
	t     *testing.T
	pulse Pulse
	now   time.Time
	turns []State
}

func newLife(t *testing.T) *life {
	return &life{t: t, now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
}

// goes lets a time pass with a rate, a share of stopped requests and a wait for the origin.
func (l *life) goes(d time.Duration, rate, stopped float64, wait time.Duration) State {
	for end := l.now.Add(d); l.now.Before(end); {
		l.now = l.now.Add(look)
		requests := int64(rate * look.Seconds())
		away := int64(stopped * float64(requests))
		r := Reading{Span: look, Requests: requests, Stopped: away, Answers: requests - away, OriginTime: wait * time.Duration(requests-away)}
		if state, changed := l.pulse.Look(l.now, r); changed {
			l.turns = append(l.turns, state)
		}
	}
	state, _, _ := l.pulse.State()
	return state
}

func (l *life) turned(want ...State) {
	l.t.Helper()
	if len(l.turns) != len(want) {
		l.t.Fatalf("got turns %v, want %v", l.turns, want)
	}
	for i := range want {
		if l.turns[i] != want[i] {
			l.t.Fatalf("got turns %v, want %v", l.turns, want)
		}
	}
}

const quick = 20 * time.Millisecond

func TestLook_entersWithinTenSecondsAndLeavesAfterFiveQuietMinutes(t *testing.T) {
	l := newLife(t)
	l.goes(3*time.Hour, 2, 0, quick)
	if l.goes(5*time.Second, 200, 0.5, quick) != Calm {
		t.Error("one bad look: got an attack, want to look again")
	}
	if l.goes(5*time.Second, 200, 0.5, quick) != Attack {
		t.Error("two bad looks: got calm, want an attack")
	}
	_, since, why := l.pulse.State()
	if !since.Equal(l.now) || why.Rate != 200 || why.Usual != 2 || why.Stopped != 0.5 {
		t.Errorf("got since %s, %+v", since, why)
	}
	l.goes(20*time.Minute, 200, 0.9, quick)
	l.goes(4*time.Minute, 2, 0, quick)
	l.goes(10*time.Second, 200, 0.9, quick) // it comes back: the five minutes begin anew
	if l.goes(4*time.Minute+50*time.Second, 2, 0, quick) != Attack {
		t.Error("not quiet for five minutes yet: got calm")
	}
	if l.goes(time.Minute, 2, 0, quick) != Calm {
		t.Error("five quiet minutes: got an attack, want calm")
	}
	l.turned(Attack, Calm)
}

func TestLook_callsNothingAnAttackThatDoesNoHarm(t *testing.T) {
	for _, test := range []struct {
		name          string
		before        time.Duration
		usual         float64
		rate, stopped float64
		wait          time.Duration
	}{
		{"a tiny site with fifty times its visitors", 3 * time.Hour, 0.1, 5, 0.9, time.Second},
		{"a site on television: ten times, all of them well", 3 * time.Hour, 5, 50, 0, quick},
		{"a slow origin with its usual visitors", 3 * time.Hour, 30, 35, 0, 3 * time.Second},
		{"a scanner among the usual visitors", 3 * time.Hour, 30, 40, 0.5, quick},
		{"a site of which nothing is known yet", time.Minute, 2, 500, 0.9, time.Second},
		{"an origin that is three times as slow and still quick", 3 * time.Hour, 5, 60, 0, 100 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLife(t)
			l.goes(test.before, test.usual, 0, quick)
			l.goes(2*time.Minute, test.rate, test.stopped, test.wait)
			l.turned()
		})
	}
}

func TestLook_knowsEachSignByItself(t *testing.T) {
	for name, flood := range map[string]struct {
		rate, stopped float64
		wait          time.Duration
	}{
		"many are stopped":       {60, 0.3, quick},
		"the origin suffers":     {60, 0, time.Second},
		"far more than is usual": {250, 0, quick},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLife(t)
			l.goes(25*time.Hour, 10, 0, quick)
			l.goes(10*time.Second, flood.rate, flood.stopped, flood.wait)
			l.turned(Attack)
		})
	}
}

func TestLook_capsASiteWhoseOriginStillSuffers(t *testing.T) {
	l := newLife(t)
	l.goes(3*time.Hour, 10, 0, quick)
	l.goes(30*time.Second, 300, 0.1, 2*time.Second)
	l.turned(Attack)
	l.goes(10*time.Second, 300, 0.1, 2*time.Second)
	l.turned(Attack, Capped)
	if got := l.pulse.Cap(); got != 50 {
		t.Errorf("the cap: got %v, want five times the usual ten", got)
	}
	l.goes(6*time.Minute, 10, 0, quick)
	l.turned(Attack, Capped, Calm)
}

func TestLook_knowsTheTimeOfDay(t *testing.T) {
	l := newLife(t)
	for range 3 { // quiet nights, busy days
		l.goes(8*time.Hour, 0.5, 0, quick)
		l.goes(16*time.Hour, 40, 0, quick)
	}
	l.turned()
	l.goes(3*time.Hour, 0.5, 0, quick)
	l.goes(time.Minute, 40, 0.3, quick)
	l.turned(Attack)
}

func TestLook_learnsNoAttack(t *testing.T) {
	l := newLife(t)
	l.goes(25*time.Hour, 10, 0, quick)
	l.goes(12*time.Hour, 1000, 0.9, quick)
	l.turned(Attack)
	l.goes(time.Hour, 10, 0, quick)
	l.goes(time.Minute, 300, 0.9, quick)
	l.turned(Attack, Calm, Attack)
}

func TestPulse_isSmall(t *testing.T) {
	if size := unsafe.Sizeof(Pulse{}); size > 320 {
		t.Errorf("got %d bytes a site", size)
	}
}
