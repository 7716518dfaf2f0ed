package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/names"
	"github.com/sekisho-waf/sekisho/internal/nameserver"
)

// settleChallenge is how long processes that share Redis may take to hear of a challenge, before an authority asks any
// of them.
const settleChallenge = time.Second

// openKeeper builds what orders and keeps certificates, and the name server that stands by it. Processes that share their
// state without sharing a key keep nothing.
func (h *house) openKeeper(ctx context.Context) (err error) {
	if h.resolver, err = names.NewResolver(h.cfg.Resolver); err != nil {
		return err
	}
	h.prober = names.NewProber(h.resolver, h.cfg.EdgeAddresses)
	cfg := certs.Config{
		Directory: h.cfg.ACMEDirectory, Email: h.cfg.ACMEEmail, Edges: h.cfg.EdgeAddresses, Zone: h.cfg.DNSZone,
	}
	if cfg.Roots, err = rootsOf(h.cfg.ACMECAFile); err != nil {
		return err
	}
	secret := string(h.cfg.CertificateKey)
	if h.cfg.RedisURL != "" {
		cfg.Settle = settleChallenge
	} else if secret == "" {
		if secret, err = ownSecret(filepath.Join(h.cfg.DataDir, "certificate.key")); err != nil {
			return err
		}
	}
	if secret != "" {
		vault, err := certs.NewVault(h.hot, secret)
		if err != nil {
			return err
		}
		h.keeper = certs.NewKeeper(cfg, certs.Parts{
			Authority: h.authority, Vault: vault, Locks: h.hot, Bus: h.hot, World: names.NewWorld(h.resolver), Recorder: h.spool,
		}, h.log)
		if err := h.keeper.Load(ctx); err != nil {
			return err
		}
	}
	return h.openNameserver()
}

func (h *house) openNameserver() (err error) {
	if h.cfg.DNSZone == "" {
		return nil
	}
	challenges := func(string) []string { return nil }
	if h.keeper != nil {
		challenges = h.keeper.DNSChallenge
	}
	h.dns, err = nameserver.New(nameserver.Config{Listen: h.cfg.DNSListen, Zone: h.cfg.DNSZone, Addresses: h.cfg.EdgeAddresses}, h.sockets, challenges, h.log)
	if err != nil {
		return err
	}
	h.onClose(func() error { _ = h.dns.Close(); return nil }) // closed already where it has run
	return nil
}

func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // the system's
	}
	pem, err := os.ReadFile(file)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("acme_ca_file %s: use a PEM file with the certificates that the authority's server is trusted by", file)}
	}
	return roots, nil
}

// ownSecret reads the key of a data directory, and makes it at the first start.
func ownSecret(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(content)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: file + " cannot be read; check its owner and permissions"}
	}
	secret := rand.Text() + rand.Text()
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: file + " cannot be written; check the directory's owner and permissions"}
	}
	return secret, nil
}

// certificates shows the keeper to the control commands, in their words.
type certificates struct{ *certs.Keeper }

func (c certificates) Of(host string) control.CertificateView {
	status := c.Status(host)
	return control.CertificateView{
		Issuer: string(status.Issuer), Expires: status.Expires, Text: status.Text, Trouble: status.Trouble,
		Delegation: status.Delegation, Next: status.Next,
	}
}

// edgeLabel is the name under our zone that a site's owner points the site's name to.
func edgeLabel(site sekisho.SiteID) string { return strings.ToLower(string(site)) + ".edge" }

// zone is what the name server answers: our addresses, or past us the origin's, and a delegated label for every site that
// may have a certificate. A draft has a name too, so that its owner can prepare.
func zone(all []sekisho.Site, edges []netip.Addr) *nameserver.Zone {
	z := &nameserver.Zone{Hosts: make(map[string][]netip.Addr, len(all)), Delegations: make(map[string]bool, len(all))}
	for i := range all {
		addrs := edges
		if len(all[i].BypassTo) > 0 {
			addrs = all[i].BypassTo
		}
		z.Hosts[edgeLabel(all[i].ID)] = addrs
		if all[i].Stage.Served() {
			z.Delegations[certs.DelegationLabel(all[i].ID)] = true
		}
	}
	return z
}

// wayPast looks whether visitors of a site could go past us.
func (h *house) wayPast(ctx context.Context, site sekisho.Site) ([]netip.Addr, sekisho.Text) {
	if h.dns == nil {
		return nil, sekisho.Text{
			JA: "このシステムのDNSサーバー(dns_zone)が動いていません。",
			EN: "There is no name server of this installation (dns_zone).",
		}
	}
	probe := h.prober.Fresh(ctx, site)
	return probe.Addresses, probe.Problem
}

// certificateWords tells the portal how certificates are doing; nil when nothing is kept.
func (h *house) certificateWords() func(host string) (sekisho.Text, bool) {
	if h.keeper == nil {
		return nil
	}
	return func(host string) (sekisho.Text, bool) {
		status := h.keeper.Status(host)
		return status.Text, status.Trouble
	}
}
