package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

const (
	maxRequest  = 64 << 20 // a custom rule file at most
	callTimeout = 30 * time.Second
)

type wireError struct {
	Kind sekisho.Kind `json:"kind"`
	Text string       `json:"text"`
}

// handle serves one command: POST with a JSON question, answered by JSON, or by a wireError with status 400.
func handle[Ask, Answer any](mux *http.ServeMux, name string, do func(context.Context, Ask) (Answer, error)) {
	mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var ask Ask
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&ask)
		if err != nil {
			err = sekisho.Invalid("the command could not be read; is this client of another version? " + err.Error())
		}
		var answer Answer
		if err == nil {
			answer, err = do(r.Context(), ask)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(wireError{Kind: sekisho.KindOf(err), Text: err.Error()})
			return
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
}

type none struct{}

// Handler serves the service; [Client] is its other end. Both ends list every command, in the order of [Service].
func Handler(service Service) http.Handler {
	mux := http.NewServeMux()
	handle(mux, "tenant-add", service.AddTenant)
	handle(mux, "tenants", func(ctx context.Context, _ none) ([]sekisho.Tenant, error) { return service.Tenants(ctx) })
	handle(mux, "site-put", service.PutSite)
	handle(mux, "mode-set", service.SetMode)
	handle(mux, "sites", func(ctx context.Context, _ none) ([]SiteView, error) { return service.Sites(ctx) })
	handle(mux, "site-remove", func(ctx context.Context, host string) (none, error) { return none{}, service.RemoveSite(ctx, host) })
	handle(mux, "login-link", service.LoginLink)
	handle(mux, "incidents", service.Incidents)
	handle(mux, "events", service.Events)
	handle(mux, "event", service.Event)
	handle(mux, "status", func(ctx context.Context, _ none) (Status, error) { return service.Status(ctx) })
	return mux
}

// Client sends the commands to a running process.
type Client struct{ http *http.Client }

var _ Service = (*Client)(nil)

// Dial connects to the process that serves dataDir; KindUnavailable when none does.
func Dial(ctx context.Context, dataDir string) (*Client, error) {
	path := filepath.Join(dataDir, SocketName)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	}
	probe, err := dial(ctx, "", "")
	if err != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindUnavailable, Op: "connect to " + path, Err: err}
	}
	_ = probe.Close()
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: callTimeout}}, nil
}

func call[Answer any](ctx context.Context, c *Client, name string, ask any) (answer Answer, err error) {
	question, err := json.Marshal(ask)
	if err != nil {
		return answer, fmt.Errorf("write command %s: %w", name, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sekisho/"+name, bytes.NewReader(question))
	if err != nil {
		return answer, fmt.Errorf("write command %s: %w", name, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer, &sekisho.Error{Kind: sekisho.KindUnavailable, Op: "send command " + name, Err: err}
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		var failed wireError
		if json.Unmarshal(text, &failed) != nil || failed.Text == "" {
			return answer, &sekisho.Error{Msg: fmt.Sprintf("command %s: the running process is of another version (%s); restart it", name, response.Status)}
		}
		return answer, &sekisho.Error{Kind: failed.Kind, Msg: failed.Text}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("read the answer to %s: %w", name, err)
	}
	return answer, nil
}

// AddTenant implements [Service].
func (c *Client) AddTenant(ctx context.Context, tenant sekisho.Tenant) (sekisho.Tenant, error) {
	return call[sekisho.Tenant](ctx, c, "tenant-add", tenant)
}

// Tenants implements [Service].
func (c *Client) Tenants(ctx context.Context) ([]sekisho.Tenant, error) {
	return call[[]sekisho.Tenant](ctx, c, "tenants", none{})
}

// PutSite implements [Service].
func (c *Client) PutSite(ctx context.Context, put PutSite) (SiteView, error) {
	return call[SiteView](ctx, c, "site-put", put)
}

// SetMode implements [Service].
func (c *Client) SetMode(ctx context.Context, set SetMode) (ModeSet, error) {
	return call[ModeSet](ctx, c, "mode-set", set)
}

// Sites implements [Service].
func (c *Client) Sites(ctx context.Context) ([]SiteView, error) {
	return call[[]SiteView](ctx, c, "sites", none{})
}

// RemoveSite implements [Service].
func (c *Client) RemoveSite(ctx context.Context, host string) error {
	_, err := call[none](ctx, c, "site-remove", host)
	return err
}

// LoginLink implements [Service].
func (c *Client) LoginLink(ctx context.Context, ask AskLoginLink) (LoginLink, error) {
	return call[LoginLink](ctx, c, "login-link", ask)
}

// Incidents implements [Service].
func (c *Client) Incidents(ctx context.Context, ask AskIncidents) (IncidentPage, error) {
	return call[IncidentPage](ctx, c, "incidents", ask)
}

// Events implements [Service].
func (c *Client) Events(ctx context.Context, ask AskEvents) (EventPage, error) {
	return call[EventPage](ctx, c, "events", ask)
}

// Event implements [Service].
func (c *Client) Event(ctx context.Context, id sekisho.EventID) (sekisho.Event, error) {
	return call[sekisho.Event](ctx, c, "event", id)
}

// Status implements [Service].
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, "status", none{})
}

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
