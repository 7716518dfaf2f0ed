package app

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/handover"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/store"
)

const (
	// preparing bounds what a new process does while the old one serves: it compiles rules, on a busy machine.
	preparing = 2 * time.Minute
	// takingOver bounds how long a new process may take from the moment that all locks are free until it serves. Visitors
	// wait for that long at most; then the program that ran before starts again.
	takingOver = 30 * time.Second
	// lingering is how long visitors with an open connection have to make one more request on it and so learn that they
	// should come in anew, before connections without a request are closed.
	lingering = 2 * time.Second
)

// onlyHere closes like onClose, and earlier when another process takes over.
func (h *house) onlyHere(f func() error) {
	once := sync.OnceValue(f)
	h.alone = append(h.alone, once)
	h.onClose(once)
}

// program is the file that this process was started from, as a path, so that a restart finds what lies there then.
var program, programErr = os.Executable()

// restart starts the program anew and returns once the new process is prepared; it takes over right afterwards. When it
// cannot, everything stays as it is and the error says why.
func (h *house) restart(ctx context.Context) (pid int, err error) {
	if !h.restarts.TryLock() {
		return 0, &sekisho.Error{Kind: sekisho.KindConflict, Msg: "a restart is under way; wait for it"}
	}
	defer func() {
		if err != nil {
			h.restarts.Unlock()
		}
	}()
	if programErr != nil {
		return 0, programErr
	}
	brief, err := h.brief()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, preparing)
	defer cancel()
	next, err := handover.Start(ctx, program, h.sockets, brief)
	if err != nil {
		h.log.ErrorContext(ctx, "the new process cannot serve; this one goes on", obs.Err(err))
		return 0, err
	}
	h.leaving.Store(true)
	select {
	case h.next <- next:
		return next.PID, nil
	case <-ctx.Done(): // we are about to end
		next.Kill()
		return 0, ctx.Err()
	}
}

// restartOnSignal restarts on SIGUSR2, for whoever has a process number and no command line.
func (h *house) restartOnSignal(ctx context.Context) error {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR2)
	defer signal.Stop(asked)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-asked:
			_, _ = h.restart(ctx) // logged
		}
	}
}

// brief is what a successor has to prepare to judge as we do now.
func (h *house) brief() (handover.Brief, error) {
	dir, err := filepath.Abs(h.cfg.DataDir)
	if err != nil {
		return handover.Brief{}, err
	}
	brief := handover.Brief{DataDir: dir, Schema: store.Newest()}
	all, single := h.sites.overrides()
	seen := map[handover.Compile]bool{}
	for _, site := range h.sites.now() {
		var own *sekisho.Mode
		if mode, ok := single[site.ID]; ok {
			own = &mode
		}
		need := handover.Compile{Policy: site.Policy, Mode: sekisho.InForce(site.Mode, own, all)}
		if need.Mode != sekisho.ModeOff && !seen[need] {
			seen[need] = true
			brief.Engines = append(brief.Engines, need)
		}
	}
	return brief, nil
}

// prepare does what needs no lock, while the predecessor serves: it checks what can be checked and compiles the rules.
// It returns when everything is ours.
func (h *house) prepare(ctx context.Context) error {
	brief, err := h.from.Brief(ctx)
	if err != nil {
		return err
	}
	if dir, err := filepath.Abs(h.cfg.DataDir); err != nil || dir != brief.DataDir {
		return sekisho.Invalid("data_dir " + h.cfg.DataDir + ": a restart keeps its data directory (" + brief.DataDir + "); stop and start to change it")
	}
	if brief.Schema > store.Newest() {
		return &sekisho.Error{Kind: sekisho.KindConflict, Msg: "the records are of a newer sekisho than this program; put the newer program back, or stop and restore the backup from before the upgrade"}
	}
	(&rules{dir: filepath.Join(h.cfg.DataDir, "rulesets"), log: h.log}).fromCopies(ctx)
	compile := compileWith(h.pool)
	for _, site := range h.cfg.Sites {
		put, err := PutOf(site)
		if err != nil {
			return err
		}
		if put.Policy != nil { // a policy that the operator has just written
			mode := h.cfg.Mode
			if put.Mode != nil {
				mode = *put.Mode
			}
			if err := h.keepWarm(compile(*put.Policy, mode)); err != nil {
				return err
			}
		}
	}
	for _, need := range brief.Engines {
		if err := h.keepWarm(compile(need.Policy, need.Mode)); err != nil {
			h.log.WarnContext(ctx, "a policy in force does not compile here", obs.Err(err)) // its last good one is not known to us
		}
	}
	return h.from.Prepared(ctx)
}

// keepWarm keeps an engine until this house closes or serves.
func (h *house) keepWarm(release func(), err error) error {
	if err == nil {
		h.warm = append(h.warm, release)
	}
	return err
}

// tookOver tells the predecessor to end and takes the events of its last requests.
func (h *house) tookOver(ctx context.Context) error {
	for _, release := range h.warm {
		release()
	}
	h.warm = nil
	if h.from == nil {
		return nil
	}
	return h.from.Serving(ctx, h.recorder.Append)
}

// handOver lets go of everything that only one process may hold and waits until the successor serves. Requests that are
// under way go on; only those with an event to record wait for the successor's spool. When it fails, the program that
// runs here is started again in its place: it has just shown that it can serve. Visitors have waited since began.
func (h *house) handOver(ctx context.Context, next *handover.Successor, began time.Time) error {
	h.recorder.mu.Lock()
	defer h.recorder.mu.Unlock()
	h.recorder.left = true
	brief, err := h.brief()
	if err != nil {
		return err
	}
	for i := len(h.alone) - 1; i >= 0; i-- {
		if err := h.alone[i](); err != nil {
			h.log.WarnContext(ctx, "part did not close cleanly", obs.Err(err))
		}
	}
	going, cancel := context.WithTimeout(ctx, takingOver)
	defer cancel()
	if err := next.Go(going); err != nil {
		h.log.ErrorContext(ctx, "the new process did not take over; the program that ran before starts again", obs.Err(err))
		again, cancel := context.WithTimeout(ctx, preparing)
		defer cancel()
		if next, err = next.Again(again, brief); err != nil {
			return err
		}
		if err = next.Go(again); err != nil {
			return err
		}
	}
	h.recorder.to = h.newHeir(next).Append
	h.log.InfoContext(ctx, "another process serves now", slog.Int("pid", next.PID), slog.Duration("visitors_waited", time.Since(began)))
	return nil
}
