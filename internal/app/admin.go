package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// openAdmin listens for the operator's own tools, if they want that.
func (h *house) openAdmin(context.Context) (err error) {
	if h.cfg.Admin == "" {
		return nil
	}
	h.admin, err = h.sockets.Listen("admin", h.cfg.Admin)
	if err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("admin %s: cannot listen there; give a free address, such as 127.0.0.1:9092", h.cfg.Admin)}
	}
	h.onClose(func() error {
		if err := h.admin.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// serveAdmin answers on the operator's own address. Profiles show what is in memory, visitors' requests among it, so the
// address is a loopback one unless the operator has said otherwise (see config).
func (h *house) serveAdmin(ctx context.Context) error {
	if h.admin == nil {
		return nil
	}
	server := &http.Server{Handler: h.adminPages(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(h.admin); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (h *house) adminPages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { // the process lives: nothing else is asked
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", h.sayReady)
	mux.HandleFunc("GET /metrics", h.showFigures)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready    bool           `json:"ready"`
	Leaving  bool           `json:"leaving"` // another process takes over
	Sites    int            `json:"sites"`
	Degraded []sekisho.Text `json:"degraded"`
}

// sayReady answers 200 while sites are in force here and this process is not about to leave, else 503. What is degraded
// does not make it unready: visitors are served all the same, and a balancer that took every node out because Redis is
// away would make an outage of it.
func (h *house) sayReady(w http.ResponseWriter, _ *http.Request) {
	said := readiness{Leaving: h.leaving.Load(), Sites: len(h.sites.now()), Degraded: h.degraded()}
	said.Ready = h.sites.served.Load() != nil && !said.Leaving
	if said.Degraded == nil {
		said.Degraded = []sekisho.Text{}
	}
	w.Header().Set("Content-Type", "application/json")
	if !said.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(said)
}
