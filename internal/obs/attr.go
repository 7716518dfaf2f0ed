package obs

import (
	"log/slog"
	"net/netip"

	"github.com/sekisho-waf/sekisho"
)

// The attribute keys of every log line, in one place, so that a search finds all lines about a thing.

// Tenant names the tenant.
func Tenant(id sekisho.TenantID) slog.Attr { return slog.String("tenant", string(id)) }

// Site names the site by its host.
func Site(host string) slog.Attr { return slog.String("site", host) }

// Stage is how far a site has come.
func Stage(stage sekisho.Stage) slog.Attr { return slog.String("stage", stage.String()) }

// Request carries the request's id, which is also its event's.
func Request(id sekisho.EventID) slog.Attr { return slog.String("request", string(id)) }

// Client is the visitor's address.
func Client(addr netip.Addr) slog.Attr { return slog.String("client", addr.String()) }

// Err is what went wrong.
func Err(err error) slog.Attr { return slog.Any("error", err) }

// Addr is an address that we listen on.
func Addr(addr string) slog.Attr { return slog.String("addr", addr) }

// Count is a number of things.
func Count(n int) slog.Attr { return slog.Int("count", n) }
