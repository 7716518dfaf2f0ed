package names

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/safedial"
)

const (
	fetchTimeout = 10 * time.Second
	maxProof     = 4 << 10
	proofFile    = "/.well-known/sekisho.txt"
	proofPrefix  = "sekisho-verify="
)

// NewToken returns a token that nobody can guess: 26 letters and digits.
func NewToken() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand, Go 1.24)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:]))
}

// publicDialer connects to public addresses only. A name may point anywhere, so whoever fetches from a name could be made
// to fetch from the inside.
var publicDialer = new(safedial.Rules).Dialer(fetchTimeout, nil)

// Publish is what an owner publishes to prove that a name is theirs: one of the two is enough.
type Publish struct {
	Value string `json:"value"` // the text of either
	TXT   string `json:"txt"`   // the name of a TXT record
	URL   string `json:"url"`   // a file on the server of today
}

// ToPublish returns what proves a host with a token.
func ToPublish(host, token string) Publish {
	return Publish{Value: proofPrefix + token, TXT: "_sekisho." + host, URL: "http://" + host + proofFile}
}

// Checker looks for the proof that a name is its owner's.
type Checker struct {
	resolver *Resolver
	edges    []netip.Addr
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewChecker asks DNS by the resolver. Edges are the addresses that we serve visitors at: a file that is fetched from
// there proves nothing, because whoever points a name at us would prove it to be theirs.
func NewChecker(resolver *Resolver, edges []netip.Addr) *Checker {
	return &Checker{resolver: resolver, edges: edges, dial: publicDialer.DialContext}
}

// Prove looks for the token in DNS, then in the file. Without a proof, missing says in words what was found instead.
func (c *Checker) Prove(ctx context.Context, host, token string) (proof sekisho.Proof, missing []sekisho.Text) {
	want := ToPublish(host, token)
	texts, err := c.resolver.TXT(ctx, want.TXT)
	if slices.Contains(texts, want.Value) {
		return sekisho.ProofTXT, nil
	}
	missing = append(missing, txtMissing(want.TXT, len(texts), err))
	if err := c.fetch(ctx, host, want); err != nil {
		return sekisho.ProofNone, append(missing, fileMissing(want.URL, err))
	}
	return sekisho.ProofHTTP, nil
}

func txtMissing(name string, found int, err error) sekisho.Text {
	switch {
	case err != nil:
		return sekisho.Text{
			JA: fmt.Sprintf("DNSの応答がなく、TXTレコード %s を確認できませんでした。", name),
			EN: fmt.Sprintf("DNS did not answer, so the TXT record %s could not be checked.", name),
		}
	case found > 0:
		return sekisho.Text{
			JA: fmt.Sprintf("TXTレコード %s はありますが、値が違います。", name),
			EN: fmt.Sprintf("There is a TXT record %s, with another value.", name),
		}
	}
	return sekisho.Text{
		JA: fmt.Sprintf("TXTレコード %s がまだありません。", name),
		EN: fmt.Sprintf("There is no TXT record %s yet.", name),
	}
}

func fileMissing(address string, err error) sekisho.Text {
	return sekisho.Text{
		JA: fmt.Sprintf("ファイル %s を確認できませんでした(%v)。", address, reason(err)),
		EN: fmt.Sprintf("The file %s could not be checked: %v.", address, reason(err)),
	}
}

// reason is the part of an error that is worth a line.
func reason(err error) error {
	var message *sekisho.Error
	if errors.As(err, &message) {
		return message
	}
	var refused *safedial.Refused
	if errors.As(err, &refused) {
		return refused
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func (c *Checker) fetch(ctx context.Context, host string, want Publish) error {
	addrs, err := c.resolver.Addresses(ctx, host)
	if err != nil {
		return err
	}
	if len(addrs) == 0 {
		return sekisho.Invalid("the name has no address")
	}
	if slices.ContainsFunc(addrs, func(addr netip.Addr) bool { return slices.Contains(c.edges, addr) }) {
		return sekisho.Invalid("the name already leads here, so that only the TXT record can prove it")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, want.URL, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", want.URL, err)
	}
	response, err := c.client(addrs[0]).Do(request)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", want.URL, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return sekisho.Invalid("the server answers " + response.Status)
	}
	for lines := bufio.NewScanner(io.LimitReader(response.Body, maxProof)); lines.Scan(); {
		if strings.TrimSpace(lines.Text()) == want.Value {
			return nil
		}
	}
	return sekisho.Invalid("it does not hold the value")
}

// client fetches from one address whatever name stands in the URL, and follows only the step from HTTP to HTTPS on the
// same host and path: any other redirect could lead to a server that shows strangers' texts.
func (c *Checker) client(addr netip.Addr) *http.Client {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return c.dial(ctx, network, net.JoinHostPort(addr.String(), port))
		},
		// The proof is asked for over plain HTTP; a certificate nobody trusts makes the answer no weaker than that.
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
		MaxResponseHeaderBytes: 16 << 10,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		first := via[0].URL
		if len(via) == 1 && next.URL.Scheme == "https" && next.URL.Host == first.Host && next.URL.Path == first.Path {
			return nil
		}
		return http.ErrUseLastResponse
	}}
}
