package sensorbridge

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
)

// serveHTTPS takes pushes: POST with "Authorization: Bearer TOKEN" and records in any form that a file may have.
func (b *Bridge) serveHTTPS(ctx context.Context) error {
	server := &http.Server{
		Handler:           http.HandlerFunc(b.push),
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: b.deps.Certificate},
		ReadHeaderTimeout: handshake, ReadTimeout: 2 * time.Minute, WriteTimeout: 3 * time.Minute, IdleTimeout: 5 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(drain)
	})
	err := server.ServeTLS(b.https, "", "")
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// pushed answers a push. Accepted records are stored durably when it is sent.
type pushed struct {
	Accepted int    `json:"accepted"`
	Unparsed int    `json:"unparsed"`
	Error    string `json:"error,omitempty"`
}

func (b *Bridge) push(w http.ResponseWriter, r *http.Request) {
	answer := func(status int, p pushed) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "5")
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(p)
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(http.StatusMethodNotAllowed, pushed{Error: "use POST"})
		return
	}
	in := b.byTokenHash(tokenHash(r))
	if in == nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		answer(http.StatusUnauthorized, pushed{Error: "the token is not known; send Authorization: Bearer TOKEN"})
		return
	}
	if b.deps.Sink.Full() { // before anything of it is taken, so that sending it again makes nothing twice
		answer(http.StatusServiceUnavailable, pushed{Error: errFull.Msg})
		return
	}
	body := http.MaxBytesReader(w, r.Body, b.cfg.MaxBody)
	document, err := frame.NewDocument(body) // gzip is seen by itself, whatever Content-Encoding says
	if err != nil {
		answer(http.StatusBadRequest, pushed{Error: "the body cannot be read: " + err.Error()})
		return
	}
	var p pushed
	s, unpacked := in.stream(), int64(0)
	for {
		record, err := document.Next()
		if errors.Is(err, io.EOF) {
			answer(http.StatusOK, p)
			return
		}
		if unpacked += int64(len(record)); err == nil && unpacked > b.cfg.MaxBody {
			err = &http.MaxBytesError{Limit: b.cfg.MaxBody}
		}
		if err != nil {
			status := http.StatusBadRequest
			if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
				status = http.StatusRequestEntityTooLarge
			}
			p.Error = err.Error()
			answer(status, p)
			return
		}
		before := in.unparsed()
		if err := in.record(r.Context(), s, record, document.Columns(), "", true); err != nil {
			p.Error = errFull.Msg
			answer(http.StatusServiceUnavailable, p)
			return
		}
		p.Accepted++
		p.Unparsed += int(in.unparsed() - before)
	}
}

func (in *intake) unparsed() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.state.Unparsed
}

// tokenHash is the hash of the token that a request carries, or "" for none. Tokens are compared by their hash, so that
// the time it takes tells nothing.
func tokenHash(r *http.Request) string {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Splunk") || token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return hex.EncodeToString(sum[:])
}
