package proxy

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/proxy/upstream"
)

// Deps are the parts that the data plane is plugged into. All are needed, save Certificates without an HTTPS address, and
// Challenges where no certificates are ordered.
type Deps struct {
	Engines      Engines
	Recorder     Recorder
	Traffic      TrafficSink
	Certificates Certificates
	Challenges   Challenges

	// Listen opens the address of "http" or "https"; nil: in the usual way. A process that takes another's place has the
	// socket already.
	Listen func(name, addr string) (net.Listener, error)
}

// Server is the data plane. It serves nothing but the sites it was given: no path on its listeners is its own.
type Server struct {
	config   Config
	engines  Engines
	recorder Recorder
	log      *slog.Logger
	quiet    *log.Logger // net/http's own complaints, which visitors can cause at will

	plain, secure net.Listener // nil if not configured
	certificates  Certificates
	challenges    Challenges // nil: none are answered

	steps     []step
	pages     *pages
	accessLog accessLog
	traffic   *traffic
	counts    countsBook
	loads     loadBook
	rooms     rooms
	running   running
	leaving   leaving

	refusals       refusals
	unrecorded     atomic.Int64
	recordingFails atomic.Bool

	current atomic.Pointer[snapshot]

	origins  *upstream.Book
	loopMark []string // what a request that has been here carries, as the value of a field

	applying sync.Mutex // guards what follows: one Apply at a time
	leases   map[engineKey]*lease
}

// New checks the settings and binds the listeners, so that a port in use is an error before anything starts. Until
// [Server.Apply] is called, every host is unknown.
func New(config Config, deps Deps, log *slog.Logger) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if deps.Engines == nil || deps.Recorder == nil || deps.Traffic == nil || (config.HTTPS != "" && deps.Certificates == nil) {
		return nil, errors.New("proxy: engines, recorder, traffic sink and, for https, certificates are needed")
	}
	pages, err := newPages()
	if err != nil {
		return nil, fmt.Errorf("read the block page: %w", err)
	}
	s := &Server{
		config: config, engines: deps.Engines, recorder: deps.Recorder, certificates: deps.Certificates, challenges: deps.Challenges, log: log,
		quiet: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		pages: pages, accessLog: accessLog{out: config.AccessLog}, traffic: newTraffic(deps.Traffic), running: newRunning(), refusals: newRefusals(),
	}
	s.rooms.open(&s.config)
	s.loopMark = newLoopMark()
	s.steps = s.chain()
	s.current.Store(&snapshot{})
	if deps.Listen == nil {
		deps.Listen = func(_, addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
	}
	if s.plain, err = listen(deps.Listen, "http", config.HTTP); err != nil {
		return nil, err
	}
	if s.secure, err = listen(deps.Listen, "https", config.HTTPS); err != nil {
		if s.plain != nil {
			_ = s.plain.Close()
		}
		return nil, err
	}
	s.origins = upstream.NewBook(config.origins(s.plain, s.secure), log)
	return s, nil
}

func listen(open func(name, addr string) (net.Listener, error), key, addr string) (net.Listener, error) {
	if addr == "" {
		return nil, nil
	}
	listener, err := open(key, addr)
	if err != nil {
		return nil, &sekisho.Error{
			Kind: sekisho.KindInvalid, Op: "listen on " + key,
			Msg: fmt.Sprintf("%s %q cannot be opened; give a free address, such as 127.0.0.1:8080", key, addr), Err: err,
		}
	}
	return listener, nil
}

// HTTPAddr returns the address of the plain listener, nil if there is none.
func (s *Server) HTTPAddr() net.Addr { return addrOf(s.plain) }

// HTTPSAddr returns the address of the TLS listener, nil if there is none.
func (s *Server) HTTPSAddr() net.Addr { return addrOf(s.secure) }

func addrOf(listener net.Listener) net.Addr {
	if listener == nil {
		return nil
	}
	return listener.Addr()
}

// Run serves until ctx ends, then lets running requests finish for Config.DrainTimeout, closes what is left, WebSockets
// among it, hands over the last counts and returns. A listener that breaks ends it with an error.
func (s *Server) Run(ctx context.Context) error {
	var servers []*http.Server // one per listener: net/http sets up a server for TLS or for plain, once
	broken := make(chan error, 2)
	var listeners, keeper sync.WaitGroup
	serve := func(listener net.Listener, serve func(*http.Server) error) {
		server := s.httpServer()
		servers = append(servers, server)
		s.log.LogAttrs(ctx, slog.LevelInfo, "proxy listens", obs.Addr(listener.Addr().String()))
		listeners.Go(func() {
			if err := serve(server); !errors.Is(err, http.ErrServerClosed) {
				broken <- fmt.Errorf("serve on %s: %w", listener.Addr(), err)
			}
		})
	}
	if s.plain != nil {
		door := s.newDoor(s.plain, nil)
		s.leaving.add(door)
		serve(s.plain, func(server *http.Server) error { return server.Serve(door) })
	}
	if s.secure != nil {
		serve(s.secure, func(server *http.Server) error {
			door := s.newDoor(s.secure, server.TLSConfig)
			s.leaving.add(door)
			return server.Serve(door)
		})
	}
	stopKeeping := make(chan struct{})
	keeper.Go(func() { s.keepBooks(stopKeeping) })
	keeper.Go(func() { s.keepRoom(stopKeeping) })
	checking, stopChecking := context.WithCancel(context.WithoutCancel(ctx))
	keeper.Go(func() { _ = s.origins.Run(checking) })
	keeper.Go(func() { s.keepWatch(stopKeeping) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-broken:
	}
	s.drain(ctx, servers)
	listeners.Wait()
	close(stopKeeping)
	stopChecking()
	keeper.Wait()
	return err
}

// drain ends serving in three turns: ask, wait, close.
func (s *Server) drain(ctx context.Context, servers []*http.Server) {
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.DrainTimeout)
	defer cancel()
	var closing sync.WaitGroup
	for _, server := range servers {
		closing.Go(func() {
			if err := server.Shutdown(patience); err != nil {
				s.log.LogAttrs(ctx, slog.LevelWarn, "requests were cut off at shutdown", obs.Err(err))
				_ = server.Close()
			}
		})
	}
	closing.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	s.running.stop(last)
	s.applying.Lock()
	defer s.applying.Unlock()
	s.origins.Close()
	s.current.Store(&snapshot{})
	for _, l := range s.leases {
		l.release()
	}
	s.leases = nil
}

// httpServer sets every limit that net/http leaves open. ReadTimeout and WriteTimeout stay unset on purpose: they
// bound a whole request, and would cut uploads, downloads and event streams; visitorWriter and requestBody bound each
// read and write instead.
func (s *Server) httpServer() *http.Server {
	return &http.Server{
		Handler:     http.HandlerFunc(s.serve),
		TLSConfig:   s.tlsConfig(),
		ConnContext: withConn,
		// net/http would answer OPTIONS * by itself, for hosts that are nobody's too, and nobody would log it.
		DisableGeneralOptionsHandler: true,

		ReadHeaderTimeout: s.config.HeaderTimeout,
		IdleTimeout:       s.config.IdleTimeout,
		MaxHeaderBytes:    s.config.MaxHeaderBytes,
		ErrorLog:          s.quiet,
		HTTP2: &http.HTTP2Config{
			// Go queues reset streams behind running handlers, so every stream counts fully (CVE-2023-39325).
			MaxConcurrentStreams: 100,
			SendPingTimeout:      30 * time.Second,
			PingTimeout:          15 * time.Second,
			WriteByteTimeout:     s.config.StallTimeout,
		},
	}
}
