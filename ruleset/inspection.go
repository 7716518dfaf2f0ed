package ruleset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

// An Inspection is one exchange before the rules: [Inspection.Request], then, when the origin has answered,
// [Inspection.Response], then Close. It belongs to one goroutine.
//
// An error means that the exchange was not inspected to the end, and says nothing about it: the site's fail mode
// decides. A panic inside the engine comes back as an error too. After an error the inspection answers with it again.
type Inspection struct {
	engine   *Engine
	exchange *sekisho.Exchange
	tx       types.Transaction // nil before Request and after Close

	asked   bool // Request has run
	clean   bool // the request was proven clean: no rule has run for it
	closed  bool
	stopped bool            // a rule ended the transaction in block mode
	matched int             // rules that had matched when the request was done
	targets []target        // taken away from rules by exclusions; nil until a rule with one has matched
	meter   *slowlane.Meter // of the turn in the lane that is under way, or nil
	broken  error
}

// Request inspects the request (phases 1 and 2) and returns what was found in it: by proof if the proof is enough, or
// else by the rules. ctx is looked at before the rules run:
// the engine cannot be interrupted.
func (i *Inspection) Request(ctx context.Context) (sekisho.Verdict, error) {
	if i.asked {
		return sekisho.Verdict{}, errors.New("inspect a request: asked twice")
	}
	i.asked = true
	return i.guard(ctx, "inspect the request", func() (sekisho.Verdict, error) {
		if i.engine.proves(i.exchange) {
			i.clean = true
			return sekisho.Verdict{}, nil
		}
		return i.inLane(ctx, predictRequest(i.exchange, i.engine.policy, i.engine.mode), func() (sekisho.Verdict, error) {
			if err := i.runRequest(ctx); err != nil {
				return sekisho.Verdict{}, err
			}
			return i.settled(i.verdict(i.tx.MatchedRules(), false), i.tx.MatchedRules(), func() (sekisho.Verdict, error) {
				if err := i.runRequest(ctx); err != nil {
					return sekisho.Verdict{}, err
				}
				return i.verdict(i.tx.MatchedRules(), false), nil
			})
		})
	})
}

// runRequest shows the request to the rules.
func (i *Inspection) runRequest(ctx context.Context) error {
	i.tx = i.engine.waf.NewTransactionWithOptions(experimental.Options{ID: string(i.exchange.ID), Context: ctx})
	defer metering(i.tx, i.meter)()
	if err := fill(i.tx, i.exchange, i.engine.policy); err != nil {
		return err
	}
	if err := removeTargets(i.tx, i.targets); err != nil {
		return err
	}
	if i.tx.ProcessRequestHeaders() == nil {
		if _, err := i.tx.ProcessRequestBody(); err != nil {
			return err
		}
	}
	i.matched, i.stopped = len(i.tx.MatchedRules()), i.tx.IsInterrupted()
	return nil
}

// replay runs the rules for a request that was proven clean, because somebody wants to know.
func (i *Inspection) replay(ctx context.Context) error {
	_, err := i.guard(ctx, "inspect the request again", func() (sekisho.Verdict, error) {
		return sekisho.Verdict{}, i.runRequest(ctx)
	})
	return err
}

// Response inspects the response (phases 3 and 4) and returns what was found in it alone: the request's findings are
// not repeated. Without a Request before, it inspects the request first. A request that was stopped has no response.
func (i *Inspection) Response(ctx context.Context) (sekisho.Verdict, error) {
	if !i.asked {
		if _, err := i.Request(ctx); err != nil {
			return sekisho.Verdict{}, err
		}
	}
	unseen := i.clean && i.tx == nil && i.broken == nil && !i.closed // by the rules, and those of the response need them to have run
	if unseen && i.engine.provesResponse(i.exchange) {
		return sekisho.Verdict{}, nil
	}
	return i.guard(ctx, "inspect the response", func() (sekisho.Verdict, error) {
		if !unseen && (i.stopped || i.tx == nil) {
			return sekisho.Verdict{}, nil
		}
		cost := predictResponse(i.exchange, i.engine.policy)
		if unseen {
			cost += predictRequest(i.exchange, i.engine.policy, i.engine.mode)
		}
		return i.inLane(ctx, cost, func() (sekisho.Verdict, error) {
			if unseen {
				if err := i.runRequest(ctx); err != nil || i.stopped {
					return sekisho.Verdict{}, err
				}
			}
			if err := i.runResponse(); err != nil {
				return sekisho.Verdict{}, err
			}
			return i.settled(i.verdict(i.tx.MatchedRules()[i.matched:], true), i.tx.MatchedRules()[i.matched:], func() (sekisho.Verdict, error) {
				if err := i.runRequest(ctx); err != nil {
					return sekisho.Verdict{}, err
				}
				if err := i.runResponse(); err != nil {
					return sekisho.Verdict{}, err
				}
				return i.verdict(i.tx.MatchedRules()[i.matched:], true), nil
			})
		})
	})
}

// runResponse shows the response to the rules, behind the request.
func (i *Inspection) runResponse() error {
	defer metering(i.tx, i.meter)()
	if err := fillResponse(i.tx, i.exchange, i.engine.policy); err != nil {
		return err
	}
	if i.tx.ProcessResponseHeaders(i.exchange.Status, i.exchange.Protocol) == nil {
		if _, err := i.tx.ProcessResponseBody(); err != nil {
			return err
		}
	}
	return nil
}

// Close gives the transaction back. It may be called at any time and more than once.
func (i *Inspection) Close() {
	i.closed = true
	i.giveBack()
}

// giveBack ends the transaction, if there is one.
func (i *Inspection) giveBack() {
	if i.tx == nil {
		return
	}
	tx := i.tx
	i.tx = nil
	defer func() { _ = recover() }() // a transaction that cannot even be closed is left to the collector
	_ = tx.Close()                   // fails when an uploaded part's temporary file is gone already
}

// guard runs one half of the inspection and turns whatever goes wrong in it into an error.
func (i *Inspection) guard(ctx context.Context, doing string, run func() (sekisho.Verdict, error)) (verdict sekisho.Verdict, err error) {
	if i.broken != nil {
		return sekisho.Verdict{}, i.broken
	}
	if err = ctx.Err(); err == nil {
		verdict, err = i.safely(run)
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w", doing, i.exchange.ID, err)
		verdict, i.broken = sekisho.Verdict{}, err
	}
	return verdict, err
}

// safely turns a panic in the engine, and the end of its time, into an error.
func (i *Inspection) safely(run func() (sekisho.Verdict, error)) (verdict sekisho.Verdict, err error) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		i.abandon()
		if short, ok := cause.(cutShort); ok {
			err = short.err
			return
		}
		err = fmt.Errorf("panic in the engine: %v\n%s", cause, debug.Stack())
	}()
	return run()
}

// abandon keeps a transaction that panicked out of Coraza's pool: nobody knows what state it is in. Only its temporary
// files are removed.
func (i *Inspection) abandon() {
	tx := i.tx
	i.tx = nil
	if tx == nil {
		return
	}
	defer func() { _ = recover() }()
	if vars, err := variablesOf(tx); err == nil {
		for _, file := range vars.FilesTmpNames().Get("") {
			_ = os.Remove(file)
		}
	}
}
