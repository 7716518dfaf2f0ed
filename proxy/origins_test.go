package proxy

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/sekisho-waf/sekisho"
)

// changingNames is a DNS server of our own, whose one answer changes under way.
func changingNames(t *testing.T) (resolver *net.Resolver, answer *atomic.Pointer[net.IP]) {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answer = new(atomic.Pointer[net.IP])
	server := &dns.Server{PacketConn: socket, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		reply := new(dns.Msg).SetReply(question)
		if question.Question[0].Qtype == dns.TypeA {
			header := dns.RR_Header{Name: question.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
			reply.Answer = append(reply.Answer, &dns.A{Hdr: header, A: *answer.Load()})
		}
		_ = w.WriteMsg(reply)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}, answer
}

func TestOrigin_ofACustomerNeverLeadsInside(t *testing.T) {
	reached := new(atomic.Int64)
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) { reached.Add(1); w.Header().Set("Connection", "close") })
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	resolver, answer := changingNames(t)
	site := testSite("http://rebind.example:"+port, sekisho.ModeBlock)
	c := startWith(t, func(config *Config) {
		config.OriginResolver = resolver
		config.OriginNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}
	}, site)

	inside := net.IPv4(127, 0, 0, 1)
	answer.Store(&inside)
	for range 3 {
		if got := c.get("h1", "/"); got.status != http.StatusBadGateway || !strings.Contains(got.body, "The site cannot be reached") {
			t.Errorf("got %d %.80q, want 502", got.status, got.body)
		}
	}
	if reached.Load() != 0 {
		t.Fatalf("%d requests reached the inside", reached.Load())
	}
	if event := c.recorder.all()[0]; event.Reason != sekisho.ReasonOriginRefused {
		t.Errorf("got reason %s, want %s", event.Reason, sekisho.ReasonOriginRefused)
	}
	site.Origins.Vouched = true // the operator stands for it
	if err := c.Apply([]sekisho.Site{site}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := c.get("h1", "/"); got.status != http.StatusOK || reached.Load() != 1 {
		t.Errorf("vouched for: got %d, %d requests, want 200 and 1", got.status, reached.Load())
	}
	site.Origins.Vouched = false
	if err := c.Apply([]sekisho.Site{site}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := c.get("h1", "/"); got.status != http.StatusBadGateway || reached.Load() != 1 {
		t.Errorf("no longer vouched for: got %d, %d requests; the connection of before must not serve", got.status, reached.Load())
	}
}

func TestOrigin_redirectsAreTheVisitors(t *testing.T) {
	inner := origin(t, func(http.ResponseWriter, *http.Request) { t.Error("we followed a redirect") })
	server := origin(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL, http.StatusFound) })
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	if got := c.get("h1", "/"); got.status != http.StatusFound || got.header.Get("Location") != inner.URL {
		t.Errorf("got %d to %q, want the redirect itself", got.status, got.header.Get("Location"))
	}
}

func TestOrigin_neverLeadsToOurOwnDoors(t *testing.T) {
	c := start(t)
	site := testSite("http://"+c.HTTPAddr().String(), sekisho.ModeOff)
	site.Origins.Vouched = true
	for _, vouched := range []bool{true, false} {
		site.Origins.Vouched = vouched
		if err := c.CheckOrigins(site); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("vouched %v: got %v, want it refused", vouched, err)
		}
		if err := c.Apply([]sekisho.Site{site}, nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := c.get("http", "/"); got.status != http.StatusBadGateway {
			t.Errorf("vouched %v: got %d, want 502", vouched, got.status)
		}
	}
}

// A loop over an address that is not known to be ours: a plain TCP forwarder stands for the router in front of us.
func TestOrigin_aLoopEndsAtTheSecondPass(t *testing.T) {
	around, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer around.Close()
	c := start(t, testSite("http://"+around.Addr().String(), sekisho.ModeBlock))
	passes := new(atomic.Int64)
	go func() {
		for {
			in, err := around.Accept()
			if err != nil {
				return
			}
			passes.Add(1)
			out, err := net.Dial("tcp", c.HTTPAddr().String())
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
	got := c.get("http", "/")
	if got.status != http.StatusLoopDetected || !strings.Contains(got.body, "circle") {
		t.Errorf("got %d %.80q, want 508 and its page", got.status, got.body)
	}
	if n := passes.Load(); n != 1 {
		t.Errorf("%d passes, want 1", n)
	}
	if got := c.get("http", "/", "Cdn-Loop", strings.Repeat("sekisho-1, ", 8)); got.status != http.StatusLoopDetected || passes.Load() != 1 {
		t.Errorf("many others of our kind: got %d after %d passes, want 508 after 1", got.status, passes.Load())
	}
}

func TestOrigin_seesWhoARequestHasBeenThrough(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Join(r.Header["Cdn-Loop"], "|"))
	})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	if got := c.get("h1", "/").body; got != c.loopMark[0] {
		t.Errorf("got %q, want our mark alone", got)
	}
	if got := c.get("h1", "/", "Cdn-Loop", "cloudflare").body; got != "cloudflare|"+c.loopMark[0] {
		t.Errorf("got %q, want our mark behind theirs", got)
	}
}
