package proxy

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// What does the chain itself cost? Both benchmarks send the same small GET over keep-alive connections on the loopback
// to the same origin; the one goes through a site that is off, the other through a plain httputil.ReverseProxy with the
// same transport settings. The difference of ns/op is the price of the chain; it is to stay within 15 %. Rerun with:
//
//	go test ./proxy -run '^$' -bench 'off|bare' -count 6

func BenchmarkProxy_off(b *testing.B) {
	server := benchOrigin(b)
	c := startWith(b, func(config *Config) { config.AccessLog = io.Discard }, testSite(server.URL, sekisho.ModeOff))
	drive(b, c.HTTPAddr())
}

func BenchmarkReverseProxy_bare(b *testing.B) {
	server := benchOrigin(b)
	target, err := url.Parse(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	bare := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
			p.SetXForwarded()
		},
		Transport:  &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
		BufferPool: copyBuffers,
	})
	b.Cleanup(bare.Close)
	drive(b, bare.Listener.Addr())
}

func benchOrigin(b *testing.B) *httptest.Server {
	page := make([]byte, 2<<10)
	return origin(b, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(page)
	})
}

func drive(b *testing.B, addr net.Addr) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(client.CloseIdleConnections)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			request, err := http.NewRequest(http.MethodGet, "http://"+addr.String()+"/", nil)
			if err != nil {
				b.Fatal(err)
			}
			request.Host = testHost
			request.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36")
			request.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
			request.Header.Set("Accept-Language", "ja,en;q=0.8")
			request.Header.Set("Cookie", "session=0123456789abcdef")
			response, err := client.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != 200 {
				b.Fatal(response.StatusCode, err)
			}
			_ = response.Body.Close()
		}
	})
}
