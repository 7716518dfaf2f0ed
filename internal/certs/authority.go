package certs

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Authority knows which names may be served, and the certificate of each. Safe for concurrent use.
type Authority struct {
	ca     *localCA
	caFile string
	log    *slog.Logger
	now    func() time.Time

	setting sync.Mutex // one SetSites at a time
	names   atomic.Pointer[map[string]*name]
}

// name is a host that may be served.
type name struct {
	host  string
	given *tls.Certificate // from files; nil: the local authority signs

	leaf    atomic.Pointer[tls.Certificate]
	issuing sync.Mutex
}

// Open reads the local authority of a data directory (DIR/ca), and makes it at the first start. Until SetSites is
// called no name may be served. A damaged, incomplete or expired authority is KindInvalid and says how to go on.
func Open(dir string, log *slog.Logger) (*Authority, error) { return open(dir, log, time.Now) }

func open(dir string, log *slog.Logger, now func() time.Time) (*Authority, error) {
	dir = filepath.Join(dir, "ca")
	ca, err := openCA(dir, now())
	if err != nil {
		return nil, fmt.Errorf("open the local certificate authority: %w", err)
	}
	a := &Authority{ca: ca, caFile: filepath.Join(dir, "ca.crt"), log: log, now: now}
	a.names.Store(&map[string]*name{})
	return a, nil
}

// CAFile returns the file with the local authority's certificate, for browsers and curl --cacert.
func (a *Authority) CAFile() string { return a.caFile }

// SetSites says which names may be served from now on, and reads the certificate files of the sites that have some. A
// pair that cannot be used (unreadable, not a pair, expired, for another host) is KindInvalid and names the file; its
// site keeps the certificate that it had, or else goes without one, and the others are set.
func (a *Authority) SetSites(sites []sekisho.Site) error {
	a.setting.Lock()
	defer a.setting.Unlock()
	last := *a.names.Load()
	next := make(map[string]*name, len(sites))
	var errs []error
	for i := range sites {
		site := &sites[i]
		known := last[site.Host]
		if site.CertFile == "" {
			if known == nil || known.given != nil {
				known = &name{host: site.Host}
			}
			next[site.Host] = known // with the leaf it may already have
			continue
		}
		given, err := readPair(site, a.now())
		if err != nil {
			errs = append(errs, fmt.Errorf("certificate of site %s: %w", site.Host, err))
			if known != nil {
				next[site.Host] = known
			}
			continue
		}
		next[site.Host] = &name{host: site.Host, given: given}
	}
	a.names.Store(&next)
	return errors.Join(errs...)
}

func readPair(site *sekisho.Site, now time.Time) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(site.CertFile, site.KeyFile)
	if err != nil {
		return nil, invalid(site.CertFile, "cannot be used with key "+site.KeyFile, err)
	}
	if now.After(pair.Leaf.NotAfter) {
		return nil, invalid(site.CertFile, "expired on "+pair.Leaf.NotAfter.UTC().Format(time.DateOnly)+"; put the renewed certificate there", ErrExpired)
	}
	if err := pair.Leaf.VerifyHostname(site.Host); err != nil {
		return nil, invalid(site.CertFile, "is not for "+site.Host, err)
	}
	return &pair, nil
}

// ErrExpired is what [Check] finds with a certificate whose time is over.
var ErrExpired = errors.New("expired")

// Check reports why the certificate files of a site, if it has any, cannot be served (KindInvalid, names the file).
func Check(site sekisho.Site) error {
	if site.CertFile == "" {
		return nil
	}
	_, err := readPair(&site, time.Now())
	return err
}

// GetCertificate answers a handshake. A name that may not be served is an error, which refuses the connection before a
// certificate could tell who else is served here. A visitor who sends no name, because there is an address in the
// browser's bar, is shown the certificate of the address that was reached, if that is a site.
func (a *Authority) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := hello.ServerName
	if host == "" {
		host = reached(hello.Conn)
	}
	n := (*a.names.Load())[strings.ToLower(strings.TrimSuffix(host, "."))]
	if n == nil {
		return nil, &sekisho.Error{Kind: sekisho.KindNotFound, Msg: fmt.Sprintf("no site %q is served here", host)}
	}
	if n.given != nil {
		return n.given, nil
	}
	return a.leafOf(n)
}

func reached(conn net.Conn) string {
	if conn == nil {
		return ""
	}
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return ""
	}
	addr := local.Addr().Unmap().WithZone("")
	if addr.Is6() {
		return "[" + addr.String() + "]"
	}
	return addr.String()
}

// leafOf returns the name's leaf from memory. The first handshake of a name, and the first in the last third of a
// leaf's life, signs one: a fraction of a millisecond, with others of the same name waiting instead of signing too.
func (a *Authority) leafOf(n *name) (*tls.Certificate, error) {
	if leaf := n.leaf.Load(); leaf != nil && a.fresh(leaf) {
		return leaf, nil
	}
	n.issuing.Lock()
	defer n.issuing.Unlock()
	leaf := n.leaf.Load()
	if leaf != nil && a.fresh(leaf) {
		return leaf, nil
	}
	renewed, err := a.ca.issue(n.host, a.now())
	if err != nil {
		if leaf != nil && a.now().Before(leaf.Leaf.NotAfter) {
			a.log.Warn("certificate not renewed", obs.Site(n.host), obs.Err(err))
			return leaf, nil
		}
		return nil, err
	}
	n.leaf.Store(renewed)
	return renewed, nil
}

func (a *Authority) fresh(leaf *tls.Certificate) bool {
	return leaf.Leaf.NotAfter.Sub(a.now()) > leafRenewal || leaf.Leaf.NotAfter.Equal(a.ca.cert.NotAfter)
}
