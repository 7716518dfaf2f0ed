package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/names"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/proxy"
	"github.com/sekisho-waf/sekisho/ruleset"
)

func (h *house) openRecords(ctx context.Context) (err error) {
	h.records, err = openRecords(ctx, h.cfg, h.log)
	if err != nil {
		return err
	}
	h.onClose(h.records.Close)
	if err := pinRules(ctx, h.records); err != nil {
		return err
	}
	return ensureTenant(ctx, h.records, defaultTenant)
}

// openRecords opens the database that the configuration names, or else the one in the data directory.
func openRecords(ctx context.Context, cfg config.Config, log *slog.Logger) (*store.DB, error) {
	var records *store.DB
	var err error
	if cfg.DatabaseURL != "" {
		records, err = store.OpenPostgres(ctx, string(cfg.DatabaseURL), log)
	} else {
		records, err = store.Open(ctx, filepath.Clean(cfg.DataDir), log)
	}
	if err != nil {
		return nil, err
	}
	records.UseStorage(cfg.Storage)
	return records, nil
}

func (h *house) openState(ctx context.Context) (err error) {
	h.hot, err = openState(ctx, h.cfg)
	if err != nil {
		return err
	}
	h.onlyHere(h.hot.Close)
	return nil
}

func openState(ctx context.Context, cfg config.Config) (state.State, error) {
	if cfg.RedisURL != "" {
		return state.OpenRedis(ctx, string(cfg.RedisURL))
	}
	return state.OpenLocal(filepath.Join(cfg.DataDir, "state"))
}

func (h *house) openSpool(context.Context) (err error) {
	cfg := spool.DefaultConfig(filepath.Join(h.cfg.DataDir, "spool"))
	cfg.MaxBytes = h.cfg.SpoolBytes
	h.spool, err = spool.Open(cfg, h.log)
	if err != nil {
		return err
	}
	h.onlyHere(h.spool.Close)
	h.recorder.to = h.spool.Append
	return nil
}

func (h *house) openProxy(ctx context.Context) (err error) {
	h.authority, err = certs.Open(h.cfg.DataDir, h.log)
	if err != nil {
		return err
	}
	if err := h.openKeeper(ctx); err != nil {
		return err
	}
	accessLog, closeLog, err := openAccessLog(h.cfg.AccessLog)
	if err != nil {
		return err
	}
	h.onClose(closeLog)
	cfg := proxy.DefaultConfig()
	cfg.HTTP, cfg.HTTPS = h.cfg.HTTP, h.cfg.HTTPS
	cfg.TrustedProxies, cfg.ProxyProtocolFrom = h.cfg.TrustedProxies, h.cfg.ProxyProtocolFrom
	cfg.DrainTimeout = h.cfg.DrainTimeout
	cfg.MaxRequests = h.cfg.MaxRequests
	cfg.OriginNetworks, cfg.EdgeAddresses, cfg.OwnAddresses = h.cfg.OriginNetworks, h.cfg.EdgeAddresses, ownAddresses(h.cfg)
	cfg.AccessLog = accessLog
	deps := proxy.Deps{
		Engines:      engines{h.pool, h.shadow},
		Recorder:     &h.recorder,
		Traffic:      h.records,
		Certificates: h.authority,
		Listen:       h.sockets.Listen,
	}
	if h.keeper != nil {
		deps.Challenges = h.keeper
	}
	h.proxy, err = proxy.New(cfg, deps, h.log)
	if err != nil {
		return err
	}
	h.sites = &sites{
		records: h.records, hot: h.hot, authority: h.authority, proxy: h.proxy, dns: h.dns, edges: h.cfg.EdgeAddresses, log: h.log,
		news: make(chan struct{}, 1),
		rules: &rules{
			records: h.records, dir: filepath.Join(h.cfg.DataDir, "rulesets"), shadow: h.shadow, log: h.log, loaded: map[string]bool{},
		},
	}
	return nil
}

func (h *house) openEngine(context.Context) (err error) {
	h.aside, err = spool.Open(spool.DefaultConfig(filepath.Join(h.cfg.DataDir, "aside")), h.log)
	if err != nil {
		return err
	}
	h.onlyHere(h.aside.Close)
	cfg := incident.DefaultConfig()
	cfg.SetAside = h.aside.Append
	h.commits = &commitWatch{DB: h.records}
	if h.engine, err = incident.New(cfg, h.commits, h.announce, h.log); err != nil {
		return err
	}
	h.openCourier()
	if path := h.cfg.IncidentWeights; path != "" {
		h.watch(path, incident.MaxWeights, func(content []byte) error {
			weights, err := incident.ParseWeights(content)
			if err == nil {
				h.engine.SetWeights(weights)
			}
			return err
		})
	}
	lists := incident.NewKnownBadFiles(len(h.cfg.KnownBad), h.engine.SetKnownBad)
	for i, path := range h.cfg.KnownBad {
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		h.watch(path, incident.MaxKnownBad, func(content []byte) error { return lists.Load(i, name, content) })
	}
	return nil
}

// watch keeps a file of the operator's in force; its last good copy lies in the data directory.
func (h *house) watch(path string, most int64, load func([]byte) error) {
	h.watched = append(h.watched, incident.Watch(path, filepath.Join(h.cfg.DataDir, "incident"), most, load, h.log))
}

func (h *house) openControl(context.Context) (err error) {
	if h.control, err = newControl(h.cfg, h.records, h.hot, h.log); err != nil {
		return err
	}
	h.control.Plane = control.Plane{
		Apply:     h.sites.changed,
		Switch:    h.sites.switched,
		Overrides: h.sites.overrides,
		Force:     h.sites.force,
		Served:    h.sites.now,
		Compile:   compileWith(h.pool),

		Listen:       h.listenSensors,
		SensorStates: h.bridge.States,

		Rules:       ruleset.LoadVersion,
		Shadow:      shadowReport(h.shadow),
		Exclusion:   ruleset.CheckExclusion,
		Certificate: certs.Check,
		Origins:     h.proxy.CheckOrigins,
		Probe:       h.probe,

		ServerStates: h.serverStates,

		Status:  h.status,
		WayPast: h.wayPast,
		Forget:  h.forget,
		Restart: h.restart,
	}
	if h.keeper != nil {
		h.control.Plane.Certificates = certificates{h.keeper}
	}
	h.control.Changed = h.announce
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
		Records: inForce{h.records, h.sites.overrides},
		Modes:   modeSwitch{h.control},
		Cases:   h.control,
		Explain: incident.Explain,
		Health:  h.degraded,
		Changes: h.changes.subscribe,

		SensorStates: h.bridge.States,
		TurnedAway:   h.proxy.TurnedAway,
		Certificate:  h.certificateWords(),
		Listen:       h.sockets.Listen,
	}, h.log)
	if err != nil {
		return err
	}
	h.portalURL = h.cfg.PortalAddress(h.portal.Addr(), tlsConfig != nil)
	return nil
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

func newControl(cfg config.Config, records *store.DB, hot state.State, log *slog.Logger) (*control.Local, error) {
	resolver, err := names.NewResolver(cfg.Resolver)
	if err != nil {
		return nil, err
	}
	return &control.Local{
		Records: records, Modes: overrides{hot}, Explain: incident.Explain, Log: log,
		Owners: owners{names.NewChecker(resolver, cfg.EdgeAddresses)}, Watched: len(cfg.EdgeAddresses) > 0,
		Exports:     exports{records, exportSealer(cfg)},
		Given:       givenSites(cfg),
		IssueClient: clientIssuer(cfg.DataDir), KnownFormat: knownFormat,
	}, nil
}
