package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// openMetrics listens for whoever collects figures, if the operator wants that.
func (h *house) openMetrics(context.Context) (err error) {
	if h.cfg.Metrics == "" {
		return nil
	}
	h.metrics, err = h.sockets.Listen("metrics", h.cfg.Metrics)
	if err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("metrics %s: cannot listen there; give a free address, such as 127.0.0.1:9091", h.cfg.Metrics)}
	}
	h.onClose(func() error {
		if err := h.metrics.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// serveMetrics answers GET /metrics in the text format of Prometheus. It tells names of tenants and sensors, so that it
// belongs on an address that only the operator reaches.
func (h *house) serveMetrics(ctx context.Context) error {
	if h.metrics == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", h.showFigures)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(h.metrics); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (h *house) showFigures(w http.ResponseWriter, r *http.Request) {
	text, err := h.figures(r.Context())
	if err != nil {
		http.Error(w, "figures cannot be read now", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(text)
}

// figures are what is counted of sensors and of events on their way.
func (h *house) figures(ctx context.Context) ([]byte, error) {
	sensors, err := h.control.Sensors(ctx)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	head := func(name, kind, help string) {
		_, _ = fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	head("sekisho_sensor_records_total", "counter", "Records of a sensor by what became of them; their sum was received.")
	for _, s := range sensors {
		for _, count := range []struct {
			result string
			n      uint64
		}{{"parsed", s.State.Parsed}, {"unparsed", s.State.Unparsed}, {"rejected", s.State.Rejected}} {
			_, _ = fmt.Fprintf(&out, "sekisho_sensor_records_total{tenant=%s,sensor=%s,result=%q} %d\n", label(string(s.Tenant)), label(s.Name), count.result, count.n)
		}
	}
	head("sekisho_sensor_received_total", "counter", "Records that a sensor sent.")
	for _, s := range sensors {
		_, _ = fmt.Fprintf(&out, "sekisho_sensor_received_total{tenant=%s,sensor=%s} %d\n", label(string(s.Tenant)), label(s.Name), s.State.Received)
	}
	head("sekisho_sensor_silent", "gauge", "1 while a sensor is silent beyond its usual pause.")
	for _, s := range sensors {
		silent := 0
		if !s.State.Silent.IsZero() {
			silent = 1
		}
		_, _ = fmt.Fprintf(&out, "sekisho_sensor_silent{tenant=%s,sensor=%s} %d\n", label(string(s.Tenant)), label(s.Name), silent)
	}
	head("sekisho_events_waiting", "gauge", "Events recorded and not yet in the database.")
	_, _ = fmt.Fprintf(&out, "sekisho_events_waiting %d\n", h.spool.Pending())
	head("sekisho_events_lost_total", "counter", "Events that could not be recorded since the start.")
	_, _ = fmt.Fprintf(&out, "sekisho_events_lost_total %d\n", h.spool.Health().Dropped)
	h.siteFigures(&out, head)
	return out.Bytes(), nil
}

// label quotes a label value: backslash, quote and line feed are the only escapes.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
