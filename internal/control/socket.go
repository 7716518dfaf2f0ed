package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// SocketName is the file in the data directory that a running `sekisho serve` listens on. Whoever may open it may do
// everything, so it is readable and writable by its owner alone.
const SocketName = "sekisho.sock"

// Listener is the socket of a data directory, ready to serve.
type Listener struct {
	listener net.Listener
	log      *slog.Logger
}

// Listen makes the socket. The caller must own the data directory (its lock), because a socket left over by a killed
// process is replaced.
func Listen(dataDir string, log *slog.Logger) (*Listener, error) {
	path := filepath.Join(dataDir, SocketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replace control socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("control socket %s: cannot be made; a path of at most 100 characters on a local disk is needed (--data-dir)", path)}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("protect control socket: %w", err)
	}
	return &Listener{listener, log}, nil
}

// Run serves the service until ctx ends, then removes the socket.
func (l *Listener) Run(ctx context.Context, service Service) error {
	server := &http.Server{
		Handler:           Handler(service),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(l.log.Handler(), slog.LevelWarn),
	}
	stop := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(drain); err != nil {
			l.log.Warn("control socket closed with commands under way", obs.Err(err))
			_ = server.Close()
		}
	})
	defer stop()
	if err := server.Serve(l.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve control socket: %w", err)
	}
	return nil
}
