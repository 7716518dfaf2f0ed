package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/sekisho-waf/sekisho"
)

// challenge is what an authority will ask for while an order runs. It holds nothing secret: whoever asks sees it anyway.
type challenge struct {
	Kind   string    `json:"kind"`   // http-01, dns-01, tls-alpn-01
	Name   string    `json:"name"`   // of http-01 the token, of dns-01 the label, of tls-alpn-01 the host
	Answer string    `json:"answer"` // of dns-01 the text, of the others the key authorization
	Until  time.Time `json:"until"`
}

func (c challenge) key() string {
	sum := sha256.Sum256([]byte(c.Name + " " + c.Answer)) // a token may hold what a key may not
	return fmt.Sprintf("%s-%x", c.Kind, sum[:12])
}

const (
	kindHTTP = "http-01"
	kindDNS  = "dns-01"
	kindALPN = "tls-alpn-01"

	challengeShelf = "certificate-challenges"
	challengeLife  = 15 * time.Minute
	// maxChallenges bounds the table, whatever stands on the shelf.
	maxChallenges = 4096
)

// challenges is the table of the answers that authorities are waiting for, in the memory of every process.
type challenges struct {
	mu    sync.RWMutex         // guards what follows
	own   map[string]challenge // of orders of this process
	other map[string]challenge // of other processes, as the shelf had them last
}

func (c *challenges) put(one challenge) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own == nil {
		c.own = map[string]challenge{}
	}
	c.own[one.key()] = one
}

func (c *challenges) drop(one challenge) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.own, one.key())
	delete(c.other, one.key())
}

// find returns the answers to a name.
func (c *challenges) find(kind, name string) (answers []string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, known := range []map[string]challenge{c.own, c.other} {
		for _, one := range known {
			if one.Kind == kind && one.Name == name && !slices.Contains(answers, one.Answer) {
				answers = append(answers, one.Answer)
			}
		}
	}
	return answers
}

// heard takes over what stands on the shelf.
func (c *challenges) heard(all map[string]challenge) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.other = all
}

// HTTPChallenge returns the answer to a token of an order that runs (RFC 8555, 8.3). From memory.
func (k *Keeper) HTTPChallenge(token string) (answer string, ok bool) {
	if len(token) < 8 || len(token) > 128 || strings.ContainsAny(token, "/ ") {
		return "", false
	}
	if answers := k.challenges.find(kindHTTP, token); len(answers) > 0 {
		return answers[0], true
	}
	return "", false
}

// DNSChallenge returns the texts that stand at a label of our zone while orders run (RFC 8555, 8.4). From memory.
func (k *Keeper) DNSChallenge(label string) []string { return k.challenges.find(kindDNS, label) }

// alpnCertificate answers an authority that asks by TLS (RFC 8737, 3): a certificate of our own making for the host, with
// the proof in an extension. Nobody else speaks that protocol, and no browser would trust it.
func (k *Keeper) alpnCertificate(host string) (*tls.Certificate, error) {
	answers := k.challenges.find(kindALPN, host)
	if len(answers) == 0 {
		return nil, sekisho.NotFound("an order for " + host)
	}
	proof := sha256.Sum256([]byte(answers[0]))
	value, err := asn1.Marshal(proof[:])
	if err != nil {
		return nil, fmt.Errorf("encode the proof for %s: %w", host, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for the proof for %s: %w", host, err)
	}
	now := k.now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "acme challenge"}, DNSNames: []string{host},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(24 * time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}, Critical: true, Value: value}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the proof for %s: %w", host, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// publish makes every process answer a challenge, and returns how to take it back.
func (k *Keeper) publish(ctx context.Context, one challenge) (unpublish func(), err error) {
	one.Until = k.now().Add(challengeLife).UTC()
	content, err := json.Marshal(one)
	if err != nil {
		return nil, fmt.Errorf("write the challenge of %s: %w", one.Name, err)
	}
	if err := k.vault.shelf.Keep(ctx, challengeShelf, one.key(), content); err != nil {
		return nil, err
	}
	k.challenges.put(one)
	k.tell(ctx, "challenge")
	if err := pause(ctx, k.cfg.Settle); err != nil { // until the others have heard
		return nil, err
	}
	return func() {
		k.challenges.drop(one)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = k.vault.shelf.Forget(ctx, challengeShelf, one.key()) // else it runs out
	}, nil
}

// refreshChallenges takes over what other processes have published.
func (k *Keeper) refreshChallenges(ctx context.Context) error {
	keys, err := k.vault.shelf.KeptKeys(ctx, challengeShelf)
	if err != nil {
		return err
	}
	all := map[string]challenge{}
	for _, key := range keys {
		var one challenge
		if err := k.vault.get(ctx, challengeShelf, key, &one); err != nil || !k.now().Before(one.Until) {
			_ = k.vault.shelf.Forget(ctx, challengeShelf, key)
			continue
		}
		if len(all) < maxChallenges {
			all[one.key()] = one
		}
	}
	k.challenges.heard(all)
	return nil
}

// isChallenge tells an authority's hello from a visitor's.
func isChallenge(hello *tls.ClientHelloInfo) bool {
	return len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto
}
