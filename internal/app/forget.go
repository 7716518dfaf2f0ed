package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/state"
)

// forget removes what is kept beside the records for a tenant that was deleted.
func (h *house) forget(ctx context.Context, tenant sekisho.TenantID, hosts []string) (int, error) {
	h.engine.Forget(tenant)
	forgetHost := func(ctx context.Context, host string) error { return certs.Forget(ctx, h.hot, host) }
	if h.keeper != nil {
		forgetHost = h.keeper.Forget
	}
	var failed []error
	for _, host := range hosts {
		failed = append(failed, forgetHost(ctx, host))
	}
	h.dropping.Lock()
	defer h.dropping.Unlock()
	dropped, err := dropTenant(h.aside, tenant)
	return dropped, errors.Join(append(failed, err)...)
}

// forgetOffline is forget where nothing is served.
func forgetOffline(cfg config.Config, hot state.State, log *slog.Logger) func(context.Context, sekisho.TenantID, []string) (int, error) {
	return func(ctx context.Context, tenant sekisho.TenantID, hosts []string) (dropped int, err error) {
		for _, host := range hosts {
			err = errors.Join(err, certs.Forget(ctx, hot, host))
		}
		dir := filepath.Join(cfg.DataDir, "aside")
		if _, missing := os.Stat(dir); errors.Is(missing, fs.ErrNotExist) {
			return 0, err
		}
		aside, openErr := spool.Open(spool.DefaultConfig(dir), log)
		if openErr != nil {
			return 0, errors.Join(err, openErr)
		}
		dropped, dropErr := dropTenant(aside, tenant)
		return dropped, errors.Join(err, dropErr, aside.Close())
	}
}

func dropTenant(aside *spool.Spool, tenant sekisho.TenantID) (int, error) {
	return aside.Drop(func(e sekisho.Event) bool { return e.Tenant == tenant })
}

// givenSites names the hosts that the configuration gives a tenant.
func givenSites(cfg config.Config) func(sekisho.TenantID) []string {
	return func(tenant sekisho.TenantID) (hosts []string) {
		for _, site := range cfg.Sites {
			if put, err := PutOf(site); err == nil && put.Tenant != nil && *put.Tenant == tenant {
				hosts = append(hosts, put.Host)
			}
		}
		return hosts
	}
}
