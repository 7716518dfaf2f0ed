package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"go/build"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// acmePatience is how long a visitor or a stranger waits for a handshake.
const acmePatience = 15 * time.Second

// runACME lets strangers ask for names, and a visitor for a site, while a certificate authority refuses four of ten good
// nonces and takes up to two seconds for each proof. The parts alone are autocert as its documentation begins.
func runACME(ctx context.Context, r *gateRun) error {
	if r.cfg.Strangers == 0 {
		return nil
	}
	tools := map[string]string{}
	for _, name := range []string{"pebble", "pebble-challtestsrv"} {
		path, err := exec.LookPath(name)
		if err != nil {
			path, err = exec.LookPath(filepath.Join(build.Default.GOPATH, "bin", name))
		}
		if err != nil {
			r.report.Missing = append(r.report.Missing, "certificates: "+name+" is not installed; scripts/servers installs it")
			return nil
		}
		tools[name] = path
	}
	stock, err := r.acmeStock(ctx, tools)
	if err != nil {
		return err
	}
	ours, err := r.acmeOurs(ctx, tools)
	if err != nil {
		return err
	}
	r.report.Rows = append(r.report.Rows,
		GateRow{
			Case: "C1", What: fmt.Sprintf("%d names of strangers, which lead here, ask for a handshake", r.cfg.Strangers),
			Stock: stock.strangersWords(), Ours: ours.strangersWords(), OK: ours.orders == 0 && ours.shown == 0, Open: stock.orders > 0,
		},
		GateRow{
			Case: "C2", What: "the first visitor of a site, 40 % of nonces refused",
			Stock: stock.visitorWords(), Ours: ours.visitorWords(), OK: ours.served, Open: !stock.served,
		})
	return nil
}

// acmeOutcome is what became of strangers and of the first visitor.
type acmeOutcome struct {
	orders int64 // for strangers' names
	shown  int64 // strangers' names that were shown a certificate
	served bool  // the site's visitor was shown one of the authority's
	waited time.Duration
}

func (o acmeOutcome) strangersWords() string {
	return fmt.Sprintf("%d orders, %d certificates", o.orders, o.shown)
}

func (o acmeOutcome) visitorWords() string {
	if !o.served {
		return fmt.Sprintf("none in %d s", int(acmePatience.Seconds()))
	}
	return fmt.Sprintf("handshake %d ms", o.waited.Milliseconds())
}

// acmeStock is autocert without a host policy, which is how it begins.
func (r *gateRun) acmeStock(ctx context.Context, tools map[string]string) (out acmeOutcome, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return out, fmt.Errorf("listen for autocert: %w", err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port
	authority, err := r.startAuthority(ctx, tools, port, port)
	if err != nil {
		return out, err
	}
	manager := &autocert.Manager{Prompt: autocert.AcceptTOS, Client: &acme.Client{
		DirectoryURL: authority.directory,
		HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.roots}}},
	}}
	server := &http.Server{
		Handler: http.NotFoundHandler(), TLSConfig: manager.TLSConfig(), ReadHeaderTimeout: time.Minute,
		ErrorLog: log.New(&tail{}, "", 0),
	}
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with the listener
	defer func() { _ = server.Close() }()
	return authority.ask(ctx, listener.Addr().String(), r.cfg.Strangers)
}

// acmeOurs is a proxy that is told of one site.
func (r *gateRun) acmeOurs(ctx context.Context, tools map[string]string) (out acmeOutcome, err error) {
	addresses, ports, err := freePorts(2)
	if err != nil {
		return out, err
	}
	authority, err := r.startAuthority(ctx, tools, ports[0], ports[1])
	if err != nil {
		return out, err
	}
	if err := r.startChild(ctx, "sekisho serve with an authority", nil, addresses[0], "serve", "--data-dir", filepath.Join(r.dir, "acme"),
		"--http", addresses[0], "--https", addresses[1], "--portal", "127.0.0.1:0", "--access-log", "off", "--site", gateHost+"="+r.origin.url(),
		"--resolver", authority.dns, "--edge-addresses", "127.0.0.1", "--acme-directory", authority.directory, "--acme-ca-file", authority.file); err != nil {
		return out, err
	}
	for deadline := time.Now().Add(2 * acmePatience); ; { // the site's own order, before any visitor
		if _, err := handshake(ctx, addresses[1], gateHost); err == nil || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return authority.ask(ctx, addresses[1], r.cfg.Strangers)
}

// freePorts returns loopback addresses that nobody listens on now, each another one.
func freePorts(n int) (addresses []string, ports []int, err error) {
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = listener.Close() }() // when all are found
		addresses = append(addresses, listener.Addr().String())
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return addresses, ports, nil
}

// handshake reports how long a visitor waits for a certificate.
func handshake(ctx context.Context, address, name string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, acmePatience)
	defer cancel()
	began := time.Now()
	dialer := tls.Dialer{Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}} //nolint:gosec // whose it is does not matter
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	return time.Since(began), conn.Close()
}

// authority is a certificate authority whose orders are counted on their way in, with DNS in which every name leads here.
type authority struct {
	directory string
	dns       string
	file      string // PEM that the directory is trusted by
	roots     *x509.CertPool
	orders    atomic.Int64
}

// ask lets a visitor ask for the site, then strangers for names of theirs.
func (a *authority) ask(ctx context.Context, address string, strangers int) (out acmeOutcome, err error) {
	waited, err := handshake(ctx, address, gateHost)
	out.served, out.waited = err == nil, waited
	before := a.orders.Load()
	var shown atomic.Int64
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := worker; i < strangers; i += 8 {
				if _, err := handshake(ctx, address, fmt.Sprintf("stranger%d.bench.example", i)); err == nil {
					shown.Add(1)
				}
			}
		})
	}
	group.Wait()
	out.orders, out.shown = a.orders.Load()-before, shown.Load()
	return out, ctx.Err()
}

func (r *gateRun) startAuthority(ctx context.Context, tools map[string]string, httpPort, tlsPort int) (*authority, error) {
	addresses, _, err := freePorts(4) // the authority, its management, DNS, its management
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(r.dir, "authority-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the authority: %w", err)
	}
	a := &authority{dns: addresses[2], file: filepath.Join(dir, "cert.pem"), roots: x509.NewCertPool()}
	certificate, err := a.trust(dir)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": addresses[0], "managementListenAddress": addresses[1], "certificate": a.file, "privateKey": filepath.Join(dir, "key.pem"),
		"httpPort": httpPort, "tlsPort": tlsPort, "retryAfter": map[string]int{"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
	}})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "pebble.json"), config, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("write the configuration of the authority: %w", err)
	}
	for _, program := range []struct {
		name, answers string
		args          []string
	}{
		{"pebble-challtestsrv", addresses[2], []string{
			"-dnsserver", addresses[2], "-management", addresses[3], "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
		}},
		{"pebble", addresses[0], []string{"-config", filepath.Join(dir, "pebble.json"), "-dnsserver", addresses[2]}},
	} {
		c, err := startChildWith([]string{"PEBBLE_WFE_NONCEREJECT=40", "PEBBLE_VA_SLEEPTIME=2", "PEBBLE_AUTHZREUSE=0"}, program.name, tools[program.name], nil, program.args...)
		if err != nil {
			return nil, err
		}
		r.children = append(r.children, c)
		if err := c.awaitPort(ctx, program.answers); err != nil {
			return nil, err
		}
	}
	return a, a.count(r, addresses[0], certificate)
}

// awaitPort waits until somebody listens.
func (c *child) awaitPort(ctx context.Context, address string) error {
	for deadline := time.Now().Add(readyTimeout); ; {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-c.ended:
			return fmt.Errorf("%s ended before it answered: %s", c.name, c.said)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(readyPause):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s did not answer on %s: %s", c.name, address, c.said)
		}
	}
}

// count stands in front of the authority and counts the orders that come by.
func (a *authority) count(r *gateRun, behind string, certificate tls.Certificate) error {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return fmt.Errorf("listen in front of the authority: %w", err)
	}
	a.directory = "https://" + listener.Addr().String() + "/dir"
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.roots}},
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "https", Host: behind})
			p.Out.Host = p.In.Host // the authority signs for the name that it is asked by
		},
		ModifyResponse: func(response *http.Response) error {
			if response.StatusCode == http.StatusCreated && strings.HasSuffix(response.Request.URL.Path, "/order-plz") {
				a.orders.Add(1)
			}
			return nil
		},
		ErrorLog: log.New(&tail{}, "", 0),
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(&tail{}, "", 0)}
	go func() { _ = server.Serve(listener) }() // ends with the run
	r.closers = append(r.closers, func() { _ = server.Close() })
	return nil
}

// trust makes the certificate that the authority's own server shows.
func (a *authority) trust(dir string) (certificate tls.Certificate, err error) {
	failed := func(err error) (tls.Certificate, error) {
		return tls.Certificate{}, fmt.Errorf("make the authority's own certificate: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return failed(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return failed(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return failed(err)
	}
	chain, private := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	if err := os.WriteFile(a.file, chain, 0o600); err != nil {
		return failed(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), private, 0o600); err != nil {
		return failed(err)
	}
	a.roots.AppendCertsFromPEM(chain)
	return tls.X509KeyPair(chain, private)
}
