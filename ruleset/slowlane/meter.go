package slowlane

import (
	"context"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// A Meter tells a piece of work what it has taken. It belongs to the goroutine that works.
type Meter struct {
	ctx    context.Context
	budget time.Duration
	began  time.Duration
	spent  bool
}

func (m *Meter) begin() { m.began = processorTime() }

// Took returns the processor time of the work so far.
func (m *Meter) Took() time.Duration { return processorTime() - m.began }

// Check returns nil while the work may go on, [sekisho.ShortageBudget] when it has taken all that it may, and the error of
// the caller's context when nobody waits for it any more. It costs some hundred nanoseconds.
func (m *Meter) Check() error {
	if m.Took() > m.budget {
		m.spent = true
		return sekisho.ShortageBudget
	}
	return m.ctx.Err()
}
