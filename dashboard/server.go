package dashboard

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/assets"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/auth"
)

// Deps is what the portal needs from the rest of the house. Records, Modes, Cases and Explain are required.
type Deps struct {
	Records Records
	Modes   Modes
	Cases   CaseActs
	Explain func(sekisho.Incident) sekisho.Explanation

	SensorStates func() map[sekisho.SensorID]sekisho.SensorState    // what the sensors have sent so far; nil: not known
	TurnedAway   func() map[sekisho.SiteID]map[sekisho.Reason]int64 // by each site's limits, since the start; nil: not known

	Health  func() []sekisho.Text                             // what is degraded now, in plain words; nil or empty: nothing
	Changes func(ctx context.Context) <-chan sekisho.TenantID // whose records changed, until ctx ends; nil: pages do not refresh
	// Certificate says how a host's certificate is doing, and whether somebody should look; nil: the pages leave it out.
	Certificate func(host string) (text sekisho.Text, trouble bool)
	Now         func() time.Time // nil: the real clock

	// Listen opens the address of "portal"; nil: in the usual way.
	Listen func(name, addr string) (net.Listener, error)
}

// Server is the portal. Safe for concurrent use.
type Server struct {
	cfg      Config
	records  Records
	modes    Modes
	cases    CaseActs
	explain  func(sekisho.Incident) sekisho.Explanation
	watch    watch
	health   func() []sekisho.Text
	changes  func(context.Context) <-chan sekisho.TenantID
	now      func() time.Time
	log      *slog.Logger
	renderer *view.Renderer
	attempts *auth.Attempts
	streams  chan struct{} // one place per open live stream
	handler  http.Handler
	listener net.Listener
	stopping chan struct{} // closed when Run ends: live streams let go
}

// watch is what the running parts of the house can tell beside the records; each may be nil.
type watch struct {
	sensors     func() map[sekisho.SensorID]sekisho.SensorState
	away        func() map[sekisho.SiteID]map[sekisho.Reason]int64
	certificate func(host string) (sekisho.Text, bool)
}

const (
	maxHeader     = 16 << 10
	maxForm       = 16 << 10
	maxStreams    = 512
	shutdownGrace = 5 * time.Second
)

// New parses every page and listens on cfg.Addr; a port in use is an error here, before anything is served.
func New(cfg Config, deps Deps, log *slog.Logger) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s, err := newServer(cfg, deps, log)
	if err != nil {
		return nil, err
	}
	if deps.Listen == nil {
		deps.Listen = func(_, addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
	}
	if s.listener, err = deps.Listen("portal", cfg.Addr); err != nil {
		return nil, fmt.Errorf("listening for the portal on %s: %w", cfg.Addr, err)
	}
	return s, nil
}

// newServer is New without a listener.
func newServer(cfg Config, deps Deps, log *slog.Logger) (*Server, error) {
	renderer, err := view.NewRenderer(assets.URL)
	if err != nil {
		return nil, fmt.Errorf("preparing the portal's pages: %w", err)
	}
	s := &Server{
		cfg: cfg, records: deps.Records, modes: deps.Modes, cases: deps.Cases, explain: deps.Explain,
		watch:  watch{sensors: deps.SensorStates, away: deps.TurnedAway, certificate: deps.Certificate},
		health: deps.Health, changes: deps.Changes, now: deps.Now, log: log,
		renderer: renderer,
		attempts: auth.NewAttempts(5, 3*time.Minute, 10_000), // 5 in 15 minutes (reliability: Vault's default)
		streams:  make(chan struct{}, maxStreams),
		stopping: make(chan struct{}),
	}
	if s.health == nil {
		s.health = func() []sekisho.Text { return nil }
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.handler = s.routes()
	return s, nil
}

// Addr is where the portal listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Handler is the whole portal as one handler, with its protections.
func (s *Server) Handler() http.Handler { return s.handler }

// Close gives the address back; it is for a portal that was never run.
func (s *Server) Close() error {
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing the portal's listener: %w", err)
	}
	return nil
}

// Run serves until ctx ends, then lets open pages finish for a moment. It is called once.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second, // live streams extend their own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // handshakes of strangers
	}
	listener := s.listener
	if s.cfg.TLS != nil {
		config := s.cfg.TLS.Clone()
		if config.MinVersion < tls.VersionTLS12 {
			config.MinVersion = tls.VersionTLS12
		}
		config.NextProtos = []string{"h2", "http/1.1"}
		listener = tls.NewListener(listener, config)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		close(s.stopping)
		return fmt.Errorf("serving the portal: %w", err)
	case <-ctx.Done():
	}
	close(s.stopping)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = server.Close()
	}
	<-served
	if err != nil {
		return fmt.Errorf("stopping the portal: %w", err)
	}
	return nil
}
