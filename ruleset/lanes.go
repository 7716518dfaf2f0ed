package ruleset

import (
	"sync/atomic"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
)

// lanes counts which way exchanges went.
type lanes struct {
	clean, slow, cleanResponses, slowResponses atomic.Uint64
}

// fast reports whether requests of the policy can be proven clean at all.
func (e *Engine) fast() bool {
	if e.proof == nil {
		return false
	}
	request, _ := e.proof.Slow()
	return request == ""
}

// proves reports whether no rule needs to run for a request.
func (e *Engine) proves(x *sekisho.Exchange) bool {
	clean := e.proof != nil && holds(e.proof.Request, x)
	if clean {
		e.pool.lanes.clean.Add(1)
	} else {
		e.pool.lanes.slow.Add(1)
	}
	return clean
}

// provesResponse reports whether no rule needs to run for the response to a clean request.
func (e *Engine) provesResponse(x *sekisho.Exchange) bool {
	clean := e.proof != nil && holds(e.proof.Response, x)
	if clean {
		e.pool.lanes.cleanResponses.Add(1)
	} else {
		e.pool.lanes.slowResponses.Add(1)
	}
	return clean
}

// holds asks for a proof. One that breaks proves nothing: the rules run.
func holds(ask func(*sekisho.Exchange) proof.Answer, x *sekisho.Exchange) (clean bool) {
	defer func() {
		if recover() != nil {
			clean = false
		}
	}()
	return ask(x).Clean
}
