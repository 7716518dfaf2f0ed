package app

import (
	"errors"
	"path/filepath"
	"sync"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/handover"
	"github.com/sekisho-waf/sekisho/internal/spool"
)

// recorder is where the proxy's events go: our spool, and once that is another process's, that process.
type recorder struct {
	mu sync.RWMutex // held for writing while nobody has the spool; requests with an event wait
	to func(sekisho.Event) error

	left bool // the spool is another process's
}

// ours reports whether events still go to our own spool.
func (r *recorder) ours() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return !r.left
}

// Append implements the proxy's Recorder.
func (r *recorder) Append(e sekisho.Event) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.to(e)
}

// heir records events with the process that took over, and when that one has ended too, in the spool that it left.
type heir struct {
	next *handover.Successor
	open func() (*spool.Spool, error)

	mu   sync.Mutex
	mine *spool.Spool // nil until the successor is gone
}

func (h *house) newHeir(next *handover.Successor) *heir {
	heir := &heir{next: next, open: func() (*spool.Spool, error) {
		return spool.Open(spool.DefaultConfig(filepath.Join(h.cfg.DataDir, "spool")), h.log)
	}}
	h.onClose(heir.close)
	return heir
}

// Append returns nil once the event is in the spool, whichever process wrote it.
func (r *heir) Append(e sekisho.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mine == nil {
		err := r.next.Append(e)
		if !errors.Is(err, handover.ErrGone) {
			return err
		}
		if r.mine, err = r.open(); err != nil {
			return err
		}
	}
	return r.mine.Append(e)
}

func (r *heir) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mine == nil {
		return nil
	}
	return r.mine.Close()
}
