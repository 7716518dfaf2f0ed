package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// OpenControl returns the commands for a data directory: sent to the process that serves it, or, when none does,
// carried out here on the database. done must be called at the end.
func OpenControl(ctx context.Context, cfg config.Config, log *slog.Logger) (_ control.Service, done func(), err error) {
	client, err := control.Dial(ctx, cfg.DataDir)
	if err == nil {
		return client, func() {}, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, nil, &sekisho.Error{Kind: sekisho.KindForbidden, Msg: "data_dir " + cfg.DataDir + ": its control socket belongs to another user; run this command as the user that runs `sekisho serve`"}
	}
	if _, err := os.Stat(cfg.DataDir); err != nil {
		return nil, nil, sekisho.Invalid("data_dir " + cfg.DataDir + ": not there; give the directory of `sekisho serve` with --data-dir or SEKISHO_DATA_DIR")
	}
	records, err := openRecords(ctx, cfg, log)
	if err != nil {
		return nil, nil, err
	}
	hot, err := openState(ctx, cfg)
	if err != nil {
		return nil, nil, errors.Join(err, records.Close())
	}
	if err := ensureTenant(ctx, records, defaultTenant); err != nil {
		return nil, nil, errors.Join(err, records.Close(), hot.Close())
	}
	local, err := newControl(cfg, records, hot, log)
	if err != nil {
		return nil, nil, errors.Join(err, records.Close(), hot.Close())
	}
	local.Plane.Compile = compileWith(ruleset.NewPool(log))
	local.Plane.Rules = ruleset.LoadVersion
	local.Plane.Exclusion = ruleset.CheckExclusion
	local.Plane.Certificate = certs.Check
	local.Plane.Forget = forgetOffline(cfg, hot, log)
	local.PortalURL = func() string { return cfg.PortalURL }
	if cfg.PortalURL == "" {
		local.PortalURL = func() string { return "http://" + cfg.Portal }
	}
	return local, func() { _ = errors.Join(records.Close(), hot.Close()) }, nil
}

// Migrate brings the database to this version's schema and returns that schema's number. While a
// process serves the directory, the schema is that process's: one that is already right needs nothing, and for a newer
// one the process has to be stopped first.
func Migrate(ctx context.Context, cfg config.Config, log *slog.Logger) (version int, err error) {
	unlock, err := lockDataDir(cfg.DataDir)
	if sekisho.KindOf(err) == sekisho.KindConflict {
		return servedSchema(ctx, cfg.DataDir, err)
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	records, err := openRecords(ctx, cfg, log)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	version, _, err = records.Version(ctx)
	return version, err
}

// servedSchema asks the process that serves the directory; inUse is the answer when that one has another schema.
func servedSchema(ctx context.Context, dataDir string, inUse error) (int, error) {
	client, err := control.Dial(ctx, dataDir)
	if err != nil {
		return 0, inUse
	}
	status, err := client.Status(ctx)
	if err != nil || status.Schema != store.Newest() {
		return 0, inUse
	}
	return status.Schema, nil
}
