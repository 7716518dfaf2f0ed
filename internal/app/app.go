// Package app is the composition root: it builds the parts of Sekisho from a configuration, hands each what it asks
// for, starts them, and stops them in the right order. It knows everyone and decides nothing.
//
// Start with [Serve].
package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/auth"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/proxy"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// Running is a `sekisho serve` that has begun to answer.
type Running struct {
	HTTP, HTTPS net.Addr
	PortalURL   string
	CAFile      string // certificate of the local authority
	Control     control.Service
}

// Serve runs everything in this process until ctx ends: proxy, incident engine, portal and control socket. It calls
// ready once all of them answer. A setting that cannot work, a port in use, a data directory of another process or of
// a newer version is an error before anything was changed.
func Serve(ctx context.Context, cfg config.Config, log *slog.Logger, ready func(context.Context, Running)) error {
	house, err := build(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer house.close()
	return house.run(ctx, ready)
}

// house holds the built parts, in the order of their building.
type house struct {
	cfg       config.Config
	log       *slog.Logger
	since     time.Time
	closers   []func() error // run backwards
	records   *store.DB
	hot       state.State
	spool     *spool.Spool
	aside     *spool.Spool // events that the records refuse for good, kept for a person to look at
	commits   *commitWatch
	pool      *ruleset.Pool
	authority *certs.Authority
	proxy     *proxy.Server
	sites     *sites
	changes   *changes
	engine    *incident.Engine
	control   *control.Local
	socket    *control.Listener
	portal    *dashboard.Server
	portalURL string
}

func build(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *house, err error) {
	h := &house{cfg: cfg, log: log, since: time.Now().UTC(), changes: newChanges(), pool: ruleset.NewPool(log)}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if err := portsFree(cfg); err != nil {
		return nil, err
	}
	unlock, err := lockDataDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	h.onClose(unlock)
	steps := []func(context.Context) error{
		h.openRecords, h.openState, h.openSpool, h.openProxy, h.openEngine, h.openControl, h.openPortal, h.putOwnSites,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *house) onClose(f func() error) { h.closers = append(h.closers, f) }

func (h *house) close() {
	for i := len(h.closers) - 1; i >= 0; i-- {
		if err := h.closers[i](); err != nil {
			h.log.Warn("part did not close cleanly", obs.Err(err))
		}
	}
}

func (h *house) openRecords(ctx context.Context) (err error) {
	h.records, err = store.Open(ctx, h.cfg.DataDir, h.log)
	if err != nil {
		return err
	}
	h.onClose(h.records.Close)
	return ensureTenant(ctx, h.records, defaultTenant)
}

func (h *house) openState(ctx context.Context) (err error) {
	h.hot, err = openState(ctx, h.cfg)
	if err != nil {
		return err
	}
	h.onClose(h.hot.Close)
	return nil
}

func (h *house) openSpool(context.Context) (err error) {
	cfg := spool.DefaultConfig(filepath.Join(h.cfg.DataDir, "spool"))
	cfg.MaxBytes = h.cfg.SpoolBytes
	h.spool, err = spool.Open(cfg, h.log)
	if err != nil {
		return err
	}
	h.onClose(h.spool.Close)
	return nil
}

func (h *house) openProxy(context.Context) (err error) {
	h.authority, err = certs.Open(h.cfg.DataDir, h.log)
	if err != nil {
		return err
	}
	accessLog, closeLog, err := openAccessLog(h.cfg.AccessLog)
	if err != nil {
		return err
	}
	h.onClose(closeLog)
	cfg := proxy.DefaultConfig()
	cfg.HTTP, cfg.HTTPS = h.cfg.HTTP, h.cfg.HTTPS
	cfg.TrustedProxies = h.cfg.TrustedProxies
	cfg.DrainTimeout = h.cfg.DrainTimeout
	cfg.AccessLog = accessLog
	h.proxy, err = proxy.New(cfg, proxy.Deps{
		Engines:      engines{h.pool},
		Recorder:     h.spool,
		Traffic:      h.records,
		Certificates: h.authority,
	}, h.log)
	if err != nil {
		return err
	}
	h.sites = &sites{records: h.records, hot: h.hot, authority: h.authority, proxy: h.proxy, log: h.log}
	return nil
}

func (h *house) openEngine(context.Context) (err error) {
	h.aside, err = spool.Open(spool.DefaultConfig(filepath.Join(h.cfg.DataDir, "aside")), h.log)
	if err != nil {
		return err
	}
	h.onClose(h.aside.Close)
	cfg := incident.DefaultConfig()
	cfg.SetAside = h.aside.Append
	h.commits = &commitWatch{DB: h.records}
	h.engine, err = incident.New(cfg, h.commits, h.changes.publish, h.log)
	return err
}

func (h *house) openControl(context.Context) (err error) {
	h.control = newControl(h.records, h.hot, h.log)
	h.control.Plane = control.Plane{
		Apply:     h.sites.changed,
		Switch:    h.sites.switched,
		Overrides: h.sites.overrides,
		Force:     h.sites.force,
		Served:    h.sites.now,
		Compile:   compileWith(h.pool),
		Status:    h.status,
	}
	h.control.PortalURL = func() string { return h.portalURL }
	h.socket, err = control.Listen(h.cfg.DataDir, h.log)
	return err
}

func (h *house) openPortal(context.Context) (err error) {
	tlsConfig, err := portalTLS(h.cfg, h.authority)
	if err != nil {
		return err
	}
	h.portal, err = dashboard.New(dashboard.Config{Addr: h.cfg.Portal, PublicURL: h.cfg.PortalURL, TLS: tlsConfig, Desk: h.cfg.Desk}, dashboard.Deps{
		Records: h.records,
		Modes:   modeSwitch{h.control},
		Explain: incident.Explain,
		Health:  h.degraded,
		Changes: h.changes.subscribe,
	}, h.log)
	if err != nil {
		return err
	}
	h.portalURL = h.cfg.PortalAddress(h.portal.Addr(), tlsConfig != nil)
	return nil
}

// putOwnSites brings the sites that the operator gave at the start into the records, then all sites into force.
func (h *house) putOwnSites(ctx context.Context) error {
	for _, site := range h.cfg.Sites {
		put, err := PutOf(site)
		if err != nil {
			return err
		}
		if put.Mode == nil && h.cfg.ModeSet {
			put.Mode = &h.cfg.Mode
		}
		if err := ensureTenant(ctx, h.records, sekisho.Tenant{ID: *put.Tenant, Name: string(*put.Tenant)}); err != nil {
			return err
		}
		if _, err := h.control.PutSite(ctx, put); err != nil {
			return err
		}
	}
	return h.sites.load(ctx)
}

// run starts every part and stops them from the street inwards: the proxy first, then, once what it recorded has
// reached the records or had its time, the rest.
func (h *house) run(ctx context.Context, ready func(context.Context, Running)) error {
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInner()
	group, inner := errgroup.WithContext(inner)
	group.Go(func() error { return h.spool.Run(inner) })
	group.Go(func() error { return h.aside.Run(inner) })
	group.Go(func() error { return h.sweep(inner) })
	group.Go(func() error { return h.engine.Run(inner, h.spool) })
	group.Go(func() error { return h.portal.Run(inner) })
	group.Go(func() error { return h.socket.Run(inner, h.control) })
	group.Go(func() error { return h.sites.run(inner) })

	street, stopStreet := context.WithCancel(ctx)
	defer stopStreet()
	stop := context.AfterFunc(inner, stopStreet) // a part that fails takes the process down, drained
	defer stop()
	group.Go(func() error {
		defer stopInner()
		err := h.proxy.Run(street)
		h.settle(inner)
		return err
	})
	h.log.InfoContext(ctx, "serving", obs.Addr(h.proxy.HTTPSAddr().String()), slog.String("http", h.proxy.HTTPAddr().String()), slog.String("portal", h.portalURL))
	ready(ctx, Running{
		HTTP: h.proxy.HTTPAddr(), HTTPS: h.proxy.HTTPSAddr(), PortalURL: h.portalURL,
		CAFile: h.authority.CAFile(), Control: h.control,
	})
	return group.Wait()
}

// sweepEvery is how often expired sessions, links and engine memory are deleted.
const sweepEvery = 10 * time.Minute

func (h *house) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if _, err := h.records.DeleteExpired(ctx, now); err != nil && ctx.Err() == nil {
				h.log.WarnContext(ctx, "expired records not deleted", obs.Err(err))
			}
		}
	}
}

// settleTime bounds how long a stop waits for recorded events to reach the records; what is left waits in the spool.
const settleTime = 2 * time.Second

func (h *house) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for h.spool.Pending() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func openState(ctx context.Context, cfg config.Config) (state.State, error) {
	if cfg.RedisURL != "" {
		return state.OpenRedis(ctx, string(cfg.RedisURL))
	}
	return state.OpenLocal(filepath.Join(cfg.DataDir, "state"))
}

func openAccessLog(target string) (w io.Writer, closeLog func() error, err error) {
	switch target {
	case "off":
		return nil, func() error { return nil }, nil
	case "-":
		return os.Stdout, func() error { return nil }, nil
	}
	file, err := os.OpenFile(target, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("access_log %s: cannot be opened; use a file that can be written, \"-\" or \"off\"", target)}
	}
	return file, file.Close, nil
}

func newControl(records *store.DB, hot state.State, log *slog.Logger) *control.Local {
	return &control.Local{
		Records: records, Modes: overrides{hot}, Explain: incident.Explain, NewToken: auth.NewToken, Log: log,
	}
}
