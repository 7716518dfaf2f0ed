package names

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
)

// World is what the rest of the house may ask about names in general.
type World struct {
	*Resolver
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewWorld asks DNS by the resolver.
func NewWorld(resolver *Resolver) *World {
	return &World{Resolver: resolver, dial: publicDialer.DialContext}
}

// maxRedirects is what certificate authorities follow.
const maxRedirects = 10

// Shows reports whether a URL answers 200 with exactly a text, as a certificate authority would see it: redirects are
// followed to port 80 and 443 of public addresses, and certificates are not looked at (RFC 8555, 8.3).
func (w *World) Shows(ctx context.Context, url, text string) bool {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	transport := &http.Transport{
		DisableKeepAlives: true, DialContext: w.connect, MaxResponseHeaderBytes: 16 << 10,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as authorities do, see above
	}
	client := http.Client{Transport: transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if port := next.URL.Port(); len(via) > maxRedirects || port != "" && port != "80" && port != "443" {
			return errors.New("no authority follows this")
		}
		return nil
	}}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(len(text))+1))
	return err == nil && response.StatusCode == http.StatusOK && string(body) == text
}

// connect resolves by our own resolver.
func (w *World) connect(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := w.Addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, addr := range addrs[:min(len(addrs), 3)] {
		conn, err := w.dial(ctx, network, netip.AddrPortFrom(addr, portNumber(port)).String())
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(append(failed, errors.New("no address answers"))...)
}

func portNumber(port string) uint16 {
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		return 0
	}
	return uint16(n)
}
