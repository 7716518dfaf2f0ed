package dashboard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

const (
	liveRest  = 2 * time.Second  // between two notices to one page, however much happens
	liveCheck = 25 * time.Second // heartbeat, and the session is looked at again
)

// live tells an open page that something it may show has changed, and nothing else: what, it asks for like any visitor,
// and is checked like any visitor. Owners hear of their own tenant alone.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	v := &visit{r: r, now: s.now(), lang: language(r)}
	v.r.Header.Set(liveHeader, "1") // an open page is no person at work
	if err := s.signIn(v); err != nil {
		status := statuses[sekisho.KindOf(err)].status
		if status == http.StatusUnauthorized {
			status = http.StatusNoContent // ends an EventSource for good (HTML, 9.2.3), where an error status may not
		}
		w.WriteHeader(status)
		return
	}
	if s.changes == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	if err := s.stream(ctx, w, v); err != nil && !errors.Is(err, context.Canceled) {
		s.log.DebugContext(ctx, "live stream ended", obs.Err(err))
	}
}

func (s *Server) stream(ctx context.Context, w http.ResponseWriter, v *visit) error {
	out := http.NewResponseController(w)
	say := func(text string) error {
		if err := out.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return out.Flush()
	}
	changed := s.changes(ctx)
	if err := out.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if err := say("retry: 5000\n\n"); err != nil {
		return err
	}
	check := time.NewTicker(liveCheck)
	defer check.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	due, rested := false, false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopping:
			return nil
		case tenant, open := <-changed:
			if !open {
				return nil
			}
			due = due || v.operator() || tenant == v.user.Tenant
		case <-rest.C:
			rested = true
		case <-check.C:
			v.now = s.now()
			if err := s.signIn(v); err != nil {
				return err // the page's next attempt is told for good
			}
			if err := say(":\n\n"); err != nil {
				return err
			}
		}
		if due && rested {
			if err := say("event: changed\ndata: 1\n\n"); err != nil {
				return err
			}
			due, rested = false, false
			rest.Reset(liveRest)
		}
	}
}
