package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Orders reports whether a host's certificate is ordered from an authority: names that an authority could know, not
// addresses and not names that lead nowhere outside this machine.
func Orders(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return false
	}
	return strings.Contains(host, ".") && !strings.HasSuffix(host, ".localhost") && !strings.HasSuffix(host, ".local") && !strings.HasSuffix(host, ".internal")
}

// DelegationLabel is what a site is called in our zone, and where its owner points _acme-challenge to.
func DelegationLabel(site sekisho.SiteID) string { return strings.ToLower(string(site)) + ".acme" }

// due reports whether a certificate is to be ordered now: there is none, or two thirds of its life are over. Renewals of
// certificates that were issued together are spread over a twentieth of their life.
func due(host string, current *tls.Certificate, now time.Time) bool {
	if current == nil {
		return true
	}
	life := current.Leaf.NotAfter.Sub(current.Leaf.NotBefore)
	sum := sha256.Sum256([]byte(host))
	spread := time.Duration(binary.BigEndian.Uint16(sum[:2])) * (life / 20) / (1 << 16)
	return now.After(current.Leaf.NotBefore.Add(life*2/3 - spread))
}

// orderDue orders what is due, a few at a time. A host that rests after a failure waits.
func (k *Keeper) orderDue(ctx context.Context) {
	if k.cfg.Directory == "" {
		return
	}
	var group errgroup.Group
	group.SetLimit(together)
	for _, n := range *k.authority.names.Load() {
		if ctx.Err() != nil {
			break
		}
		current := k.authority.keptOf(n)
		if !n.ordered || n.given != nil || current != nil && (current.issuer == IssuerUpload || !due(n.host, current.cert, k.now())) {
			continue
		}
		if k.attempts.rests(n.host, k.now()) {
			continue
		}
		group.Go(func() error { k.renew(ctx, n); return nil })
	}
	_ = group.Wait() // each order deals with its own failure
}

// renew gets a certificate for one name and brings it into force everywhere, or notes why not. The certificate of before
// stays until then.
func (k *Keeper) renew(ctx context.Context, n *name) {
	cert, err := k.order(ctx, n)
	if err == nil {
		err = k.take(ctx, n.host, IssuerACME, cert)
	}
	if ctx.Err() != nil {
		return // stopped from outside: nobody's failure
	}
	if err != nil {
		problem, retryAfter := explain(n.host, err)
		next := k.attempts.failed(ctx, k.vault, n.host, k.now(), problem, retryAfter)
		k.log.WarnContext(ctx, "certificate not issued", obs.Site(n.host), obs.Err(err), obs.Count(next.Failures))
		return
	}
	k.attempts.succeeded(ctx, k.vault, n.host, k.now())
	k.log.InfoContext(ctx, "certificate issued", obs.Site(n.host))
}

// take keeps a certificate and shows it from now on, here first.
func (k *Keeper) take(ctx context.Context, host string, issuer Issuer, cert *tls.Certificate) error {
	if err := k.vault.keep(ctx, host, issuer, cert, k.now()); err != nil {
		return err
	}
	k.authority.kept.Store(shelfKey(host), &kept{cert: cert, issuer: issuer})
	k.tell(ctx, shelfKey(host))
	return nil
}

// order runs one order from its beginning to a certificate.
func (k *Keeper) order(ctx context.Context, n *name) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, k.cfg.Patience)
	defer cancel()
	account, err := k.openAccount(ctx)
	if err != nil {
		return nil, err
	}
	methods, err := k.methods(ctx, n, account)
	if err != nil {
		return nil, err
	}
	client := account.client
	if last, failed := k.attempts.get(n.host); failed { // what did not work last time is tried last
		turn := last.Failures % len(methods)
		methods = append(slices.Clone(methods[turn:]), methods[:turn]...)
	}
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(n.host))
	if err != nil {
		return nil, fmt.Errorf("begin an order: %w", err)
	}
	for _, authorization := range order.AuthzURLs {
		if err := k.authorize(ctx, n, client, authorization, methods); err != nil {
			return nil, err
		}
	}
	if order, err = client.WaitOrder(ctx, order.URI); err != nil {
		return nil, fmt.Errorf("wait for the order: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{n.host}}, key)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	chain, _, err := client.CreateCertFromOrder(ctx, order, request, true)
	if err != nil {
		return nil, fmt.Errorf("fetch the certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err == nil {
		err = leaf.VerifyHostname(n.host)
	}
	if err == nil && !key.PublicKey.Equal(leaf.PublicKey) {
		err = errors.New("it is for another key")
	}
	if err != nil {
		return nil, fmt.Errorf("check the certificate: %w", err)
	}
	return &tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf}, nil
}

// authorize proves one name to the authority, by the first method that it offers. An authority that has seen a proof not
// long ago wants none.
func (k *Keeper) authorize(ctx context.Context, n *name, client *acme.Client, url string, methods []string) error {
	authorization, err := client.GetAuthorization(ctx, url)
	if err != nil {
		return fmt.Errorf("read what is to be proven: %w", err)
	}
	if authorization.Status == acme.StatusValid {
		return nil
	}
	var offered []string
	for _, method := range methods {
		i := slices.IndexFunc(authorization.Challenges, func(c *acme.Challenge) bool { return c.Type == method })
		if i < 0 {
			offered = append(offered, method)
			continue
		}
		return k.prove(ctx, n, client, authorization, authorization.Challenges[i])
	}
	return fmt.Errorf("the authority takes none of %s", strings.Join(offered, ", "))
}

func (k *Keeper) prove(ctx context.Context, n *name, client *acme.Client, authorization *acme.Authorization, asked *acme.Challenge) (err error) {
	one := challenge{Kind: asked.Type}
	switch asked.Type {
	case kindHTTP:
		one.Name = asked.Token
		one.Answer, err = client.HTTP01ChallengeResponse(asked.Token)
	case kindDNS:
		one.Name = DelegationLabel(n.site)
		one.Answer, err = client.DNS01ChallengeRecord(asked.Token)
	case kindALPN: // the same text, shown in another way
		one.Name = n.host
		one.Answer, err = client.HTTP01ChallengeResponse(asked.Token)
	}
	if err != nil {
		return fmt.Errorf("write the proof: %w", err)
	}
	unpublish, err := k.publish(ctx, one)
	if err != nil {
		return fmt.Errorf("publish the proof: %w", err)
	}
	defer unpublish()
	if _, err := client.Accept(ctx, asked); err != nil {
		return fmt.Errorf("ask for the check: %w", err)
	}
	if _, err := client.WaitAuthorization(ctx, authorization.URI); err != nil {
		return fmt.Errorf("wait for the check: %w", err)
	}
	return nil
}

// methods finds out what the authority would accept for a name now, before it is asked: each of its failures counts
// against a limit. Nothing at all is an error that says what the owner can do.
func (k *Keeper) methods(ctx context.Context, n *name, account *account) (methods []string, err error) {
	if at, issuers, err := k.world.Issuers(ctx, n.host); err != nil {
		return nil, err
	} else if at != "" && len(account.caa) > 0 && !slices.ContainsFunc(issuers, func(issuer string) bool { return slices.Contains(account.caa, issuer) }) {
		return nil, &preventedByCAA{at: at, want: account.caa[0]}
	}
	if k.cfg.Zone != "" {
		target := DelegationLabel(n.site) + "." + k.cfg.Zone
		aliases, err := k.world.Aliases(ctx, "_acme-challenge."+n.host)
		if err != nil {
			return nil, err
		}
		if slices.Contains(aliases, target) {
			return []string{kindDNS}, nil
		}
	}
	addrs, err := k.world.Addresses(ctx, n.host)
	if err != nil {
		return nil, err
	}
	leadsHere := slices.ContainsFunc(addrs, func(addr netip.Addr) bool { return slices.Contains(k.cfg.Edges, addr) })
	switch {
	case leadsHere, len(k.cfg.Edges) == 0 && len(addrs) > 0:
		return []string{kindHTTP, kindALPN}, nil
	case len(addrs) > 0 && k.seenThroughOrigin(ctx, n.host):
		return []string{kindHTTP}, nil
	}
	return nil, &leadsElsewhere{addrs: addrs, delegation: k.delegation(n)}
}

// seenThroughOrigin tries out whether the origin sends authorities on to us: what they would ask for is asked for by us.
func (k *Keeper) seenThroughOrigin(ctx context.Context, host string) bool {
	trial := challenge{Kind: kindHTTP, Name: "sekisho-trial-" + rand.Text(), Answer: rand.Text()}
	unpublish, err := k.publish(ctx, trial)
	if err != nil {
		return false
	}
	defer unpublish()
	return k.world.Shows(ctx, "http://"+host+"/.well-known/acme-challenge/"+trial.Name, trial.Answer)
}

// delegation is where a site's owner points _acme-challenge to; empty without a zone.
func (k *Keeper) delegation(n *name) string {
	if k.cfg.Zone == "" {
		return ""
	}
	return DelegationLabel(n.site) + "." + k.cfg.Zone
}
