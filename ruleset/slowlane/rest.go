package slowlane

import "time"

// rest tells somebody when a lane has work and when it has had none for a while. It is guarded by the lane's mu.
type rest struct {
	changed func(working bool) // nil: nobody asks
	quiet   time.Duration
	working bool
	last    time.Time // when the last turn was asked for
}

// WhenWorking has changed called with true before the first turn is given, and with false once nobody has asked for one
// for the time of quiet and none is running; from then on it begins again. changed must not call the lane. To be called
// before [Lane.Run].
func (l *Lane) WhenWorking(quiet time.Duration, changed func(working bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = rest{changed: changed, quiet: quiet}
}

// rouse notes that a turn is asked for. The caller holds mu.
func (l *Lane) rouse() {
	if l.rest.changed == nil {
		return
	}
	l.rest.last = time.Now()
	if !l.rest.working {
		l.rest.working = true
		l.rest.changed(true)
		time.AfterFunc(l.rest.quiet, l.settleDown)
	}
}

// settleDown ends the work that rouse began, or looks again later.
func (l *Lane) settleDown() {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.rest.quiet - time.Since(l.rest.last)
	if l.running > 0 || l.waiting > 0 {
		left = l.rest.quiet
	}
	if left > 0 {
		time.AfterFunc(left, l.settleDown)
		return
	}
	l.rest.working = false
	l.rest.changed(false)
}
