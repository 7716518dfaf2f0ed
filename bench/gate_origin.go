package bench

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// A seenRequest is one request as it arrived behind everything: what an application would act on.
type seenRequest struct {
	Method  string      `json:"method"`
	Target  string      `json:"target"` // as it stood on the wire
	Host    string      `json:"host"`
	Header  http.Header `json:"-"`
	Trailer http.Header `json:"-"`
	Body    string      `json:"-"`
}

// A witness is an origin that remembers what it was asked. Each server of the garden has one of its own, so that what
// arrives there is what that server has read.
type witness struct {
	listener net.Listener
	server   *http.Server

	mu   sync.Mutex
	seen []seenRequest
}

// endTarget is asked for behind every case: whoever answers it has kept using the connection.
const endTarget = "/gate-end"

func newWitness() (*witness, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the origin of the gate: %w", err)
	}
	w := &witness{listener: listener}
	w.server = &http.Server{Handler: http.HandlerFunc(w.note), ReadHeaderTimeout: 10 * time.Second, DisableGeneralOptionsHandler: true}
	go func() { _ = w.server.Serve(listener) }() // ends with close
	return w, nil
}

func (w *witness) note(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxReflected))
	if err != nil {
		return // a request that breaks off is none
	}
	w.mu.Lock()
	w.seen = append(w.seen, seenRequest{
		Method: r.Method, Target: r.RequestURI, Host: r.Host, Header: r.Header.Clone(), Trailer: r.Trailer.Clone(), Body: string(body),
	})
	w.mu.Unlock()
	_, _ = io.WriteString(rw, "ok\n")
}

// take returns what was seen since the last call.
func (w *witness) take() []seenRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

func (w *witness) url() string { return "http://" + w.listener.Addr().String() }

func (w *witness) close() { _ = w.server.Close() }
