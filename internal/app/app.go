// Package app is the composition root: it builds the parts of Sekisho from a configuration, hands each what it asks
// for, starts them, and stops them in the right order. It knows everyone and decides nothing.
//
// Start with [Serve].
package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard"
	"github.com/sekisho-waf/sekisho/export"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/courier"
	"github.com/sekisho-waf/sekisho/internal/handover"
	"github.com/sekisho-waf/sekisho/internal/names"
	"github.com/sekisho-waf/sekisho/internal/nameserver"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/proxy"
	"github.com/sekisho-waf/sekisho/ruleset"
	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
	sensorbridge "github.com/sekisho-waf/sekisho/sensor-bridge"
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
//
// With a predecessor among what was inherited, it prepares while that one serves, and takes its place; an error before
// then leaves the predecessor serving.
func Serve(ctx context.Context, cfg config.Config, in handover.Inherited, log *slog.Logger, ready func(context.Context, Running)) error {
	tuneMemory()
	house, err := build(ctx, cfg, in, log)
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
	alone     []func() error // those of them that let go of what only one process may hold
	sockets   *handover.Sockets
	from      *handover.Predecessor // nil: nobody served before us
	next      chan *handover.Successor
	leaving   atomic.Bool // a successor is prepared
	restarts  sync.Mutex  // held while a successor is prepared
	recorder  recorder
	warm      []func() // release what was compiled ahead
	records   *store.DB
	hot       state.State
	spool     *spool.Spool
	aside     *spool.Spool // events that the records refuse for good, kept for a person to look at
	dropping  sync.Mutex   // held while events are taken out of aside
	commits   *commitWatch
	pool      *ruleset.Pool
	lane      *slowlane.Lane
	shadow    *ruleset.Shadow
	authority *certs.Authority
	keeper    *certs.Keeper      // nil: nothing can be kept
	dns       *nameserver.Server // nil: without a zone
	resolver  *names.Resolver
	prober    *names.Prober
	proxy     *proxy.Server
	sites     *sites
	changes   *changes
	engine    *incident.Engine
	sender    *courier.Sender // nil: the engine reads our own spool
	worker    *courier.Worker
	watched   []*incident.Watched // files of the operator's that come into force without a restart
	bridge    *sensorbridge.Bridge
	admin     net.Listener // nil: none
	metrics   net.Listener // nil: nobody collects figures
	unheard   atomic.Bool  // some sensor's port cannot be had
	exporter  *export.Exporter
	control   *control.Local
	socket    *control.Listener
	portal    *dashboard.Server
	portalURL string

	toldFull map[sekisho.TenantID]time.Time // whose full quota was told, and when; of sweep alone
}

func build(ctx context.Context, cfg config.Config, in handover.Inherited, log *slog.Logger) (_ *house, err error) {
	h := &house{
		cfg: cfg, log: log, since: time.Now().UTC(), changes: newChanges(), pool: ruleset.NewPool(log), lane: newLane(cfg),
		sockets: in.Sockets, from: in.From, next: make(chan *handover.Successor),
	}
	h.pool.UseLane(h.lane)
	giveBack := newGiveBack(compileQuiet, debug.FreeOSMemory)
	h.pool.AfterCompile(giveBack.soon)
	h.onClose(giveBack.close)
	h.shadow = ruleset.NewShadow(h.pool, log)
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if err := portsFree(cfg, h.sockets); err != nil {
		return nil, err
	}
	if h.from != nil {
		if err := h.prepare(ctx); err != nil {
			return nil, err
		}
	}
	unlock, err := lockDataDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	h.onlyHere(unlock)
	h.onClose(lendProcessors(h.lane, laneQuiet))
	steps := []func(context.Context) error{
		h.openRecords, h.openState, h.openSpool, h.openProxy, h.openEngine, h.openSensors, h.openExporter, h.openControl, h.openMetrics, h.openAdmin, h.openPortal, h.putOwnSites,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if names := h.sockets.Unclaimed(); len(names) > 0 {
		log.Warn("sockets were handed over that no setting asks for", slog.Any("names", names))
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

// putOwnSites brings the sites that the operator gave at the start into the records, then all sites into force. A site
// of the records that cannot be served as it stands is logged and shown as degraded: it must not keep the others down.
func (h *house) putOwnSites(ctx context.Context) error {
	puts := make([]control.PutSite, len(h.cfg.Sites))
	for i, site := range h.cfg.Sites {
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
		puts[i] = put
	}
	h.control.Plane.Certificate = unlessExpired(certs.Check)
	defer func() { h.control.Plane.Certificate = certs.Check }()
	_, err := h.control.PutSites(ctx, puts)
	if len(puts) >= manySites {
		debug.FreeOSMemory()
	}
	return err
}

// manySites are so many that what reading and storing them took of memory, a dozen times what serving them takes, goes
// back to the system at once and not over minutes.
const manySites = 1000

// unlessExpired lets a certificate pass whose time is over. A wrong setting stops a start, but that one was right when it
// was made, and a restart at night must not turn one lapsed site into all sites being down.
func unlessExpired(check func(sekisho.Site) error) func(sekisho.Site) error {
	return func(site sekisho.Site) error {
		if err := check(site); !errors.Is(err, certs.ErrExpired) {
			return err
		}
		return nil
	}
}
