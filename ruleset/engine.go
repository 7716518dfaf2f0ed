package ruleset

import (
	"sync"

	"github.com/sekisho-waf/sekisho"
)

// An Engine is one compiled policy in one mode, from [Pool.Acquire]. It is safe for concurrent use.
type Engine struct {
	pool       *Pool
	key        engineKey
	policy     sekisho.Policy
	mode       sekisho.Mode
	references int // guarded by pool.mu

	once sync.Once // guards compiled and err
	compiled
	err error
}

// Release says that the caller needs the engine no more; the last release closes it. Inspections under way may be
// finished after it, new ones may not begin. Releasing more often than acquiring panics.
func (e *Engine) Release() { e.pool.release(e) }

// Begin returns the inspection of one exchange. It reads nothing yet: the request half of x must stand by
// [Inspection.Request], the response half by [Inspection.Response]. The caller closes the inspection.
func (e *Engine) Begin(x *sekisho.Exchange) *Inspection { return &Inspection{engine: e, exchange: x} }
