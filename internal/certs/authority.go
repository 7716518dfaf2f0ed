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
	kept    sync.Map // shelf key of a host -> *kept; what the keeper has read or ordered
	keeper  atomic.Pointer[Keeper]
}

// name is a host that may be served.
type name struct {
	host   string
	site   sekisho.SiteID
	tenant sekisho.TenantID

	given   *tls.Certificate // from files; nil: none were given, or they never could be read
	files   bool             // the site names files
	lapsed  bool             // its time was over when it was read
	problem error            // why the files cannot be used as they stand now; nil: they can, or there are none
	ordered bool             // a certificate is ordered, so the local authority does not stand in for it

	leaf *leaf // the local authority's; shared by the name's successors
}

// leaf is a certificate of the local authority, signed when it is first asked for.
type leaf struct {
	current atomic.Pointer[tls.Certificate]
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
// site is shown the certificate that it had, or the last good copy of it, and the others are set. One that has expired
// is shown all the same: a visitor who is warned gets further than one who is refused.
func (a *Authority) SetSites(sites []sekisho.Site) error {
	a.setting.Lock()
	defer a.setting.Unlock()
	keeper := a.keeper.Load()
	last := *a.names.Load()
	next := make(map[string]*name, len(sites))
	var errs []error
	newcomers := false
	for i := range sites {
		site := &sites[i]
		n := &name{host: site.Host, site: site.ID, tenant: site.Tenant, leaf: &leaf{}}
		n.ordered = keeper != nil && keeper.cfg.Directory != "" && Orders(site.Host)
		known := last[site.Host]
		if known != nil {
			n.leaf = known.leaf
		}
		newcomers = newcomers || known == nil
		if site.CertFile != "" {
			n.files = true
			n.given, n.problem = readPair(site, a.now())
			n.lapsed = errors.Is(n.problem, ErrExpired)
			if n.given == nil && known != nil {
				n.given, n.lapsed = known.given, known.lapsed
			}
		}
		if n.problem != nil {
			errs = append(errs, fmt.Errorf("certificate of site %s: %w", site.Host, n.problem))
		}
		next[site.Host] = n
	}
	a.names.Store(&next)
	if keeper != nil && newcomers {
		keeper.Look()
	}
	return errors.Join(errs...)
}

// readPair reads a site's files. A pair whose time is over comes back together with the error that says so.
func readPair(site *sekisho.Site, now time.Time) (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(site.CertFile, site.KeyFile)
	if err != nil {
		return nil, invalid(site.CertFile, "cannot be used with key "+site.KeyFile, err)
	}
	switch err := fits(&cert, site.Host, now); {
	case errors.Is(err, ErrExpired):
		return &cert, invalid(site.CertFile, sekisho.MessageOf(err)+"; put the renewed certificate there", ErrExpired)
	case err != nil:
		return nil, invalid(site.CertFile, sekisho.MessageOf(err), errors.Unwrap(err))
	}
	return &cert, nil
}

// fits reports why a certificate cannot be shown for a host (KindInvalid).
func fits(cert *tls.Certificate, host string, now time.Time) error {
	if err := cert.Leaf.VerifyHostname(host); err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: "is not for " + host, Err: err}
	}
	if now.After(cert.Leaf.NotAfter) {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: "expired on " + cert.Leaf.NotAfter.UTC().Format(time.DateOnly), Err: ErrExpired}
	}
	return nil
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

// GetCertificate answers a handshake, from memory. A name that may not be served is KindNotFound, which refuses the
// connection before a certificate could tell who else is served here. A name whose certificate is on order is
// KindUnavailable. A visitor who sends no name, because there is an address in the browser's bar, is shown the
// certificate of the address that was reached, if that is a site.
func (a *Authority) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := hello.ServerName
	if host == "" {
		host = reached(hello.Conn)
	}
	n := (*a.names.Load())[strings.ToLower(strings.TrimSuffix(host, "."))]
	if n == nil {
		return nil, &sekisho.Error{Kind: sekisho.KindNotFound, Msg: fmt.Sprintf("no site %q is served here", host)}
	}
	if isChallenge(hello) {
		if keeper := a.keeper.Load(); keeper != nil {
			return keeper.alpnCertificate(n.host)
		}
		return nil, sekisho.NotFound("an order for " + n.host)
	}
	if n.given != nil {
		return n.given, nil
	}
	if kept := a.keptOf(n); kept != nil {
		return kept.cert, nil
	}
	if n.ordered || n.problem != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "no certificate for " + n.host + " yet"}
	}
	return a.leafOf(n)
}

// keptOf returns what is kept of a name, or nil. The copy of files that the site names no more is not its certificate.
func (a *Authority) keptOf(n *name) *kept {
	found, ok := a.kept.Load(shelfKey(n.host))
	if !ok {
		return nil
	}
	one := found.(*kept)
	if one.issuer == IssuerFile && !n.files {
		return nil
	}
	return one
}

// shown is what visitors of a name are shown.
type shown struct {
	issuer  Issuer
	expires time.Time
}

// shown returns what visitors of a name are shown; ok is false where it is nothing. The local authority's leaf is not
// signed for this: whoever looks at ten thousand names makes no certificate that no visitor has asked for.
func (a *Authority) shown(n *name) (_ shown, ok bool) {
	if n.given != nil {
		return shown{IssuerFile, n.given.Leaf.NotAfter}, true
	}
	if kept := a.keptOf(n); kept != nil {
		return shown{kept.issuer, kept.cert.Leaf.NotAfter}, true
	}
	if n.ordered || n.problem != nil {
		return shown{}, false
	}
	if current := n.leaf.current.Load(); current != nil && a.fresh(current) {
		return shown{IssuerLocal, current.Leaf.NotAfter}, true
	}
	return shown{IssuerLocal, a.ca.leafEnds(a.now())}, true // of the one that the next handshake signs
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
	if current := n.leaf.current.Load(); current != nil && a.fresh(current) {
		return current, nil
	}
	n.leaf.issuing.Lock()
	defer n.leaf.issuing.Unlock()
	current := n.leaf.current.Load()
	if current != nil && a.fresh(current) {
		return current, nil
	}
	renewed, err := a.ca.issue(n.host, a.now())
	if err != nil {
		if current != nil && a.now().Before(current.Leaf.NotAfter) {
			a.log.Warn("certificate not renewed", obs.Site(n.host), obs.Err(err))
			return current, nil
		}
		return nil, err
	}
	n.leaf.current.Store(renewed)
	return renewed, nil
}

func (a *Authority) fresh(leaf *tls.Certificate) bool {
	return leaf.Leaf.NotAfter.Sub(a.now()) > leafRenewal || leaf.Leaf.NotAfter.Equal(a.ca.cert.NotAfter)
}
