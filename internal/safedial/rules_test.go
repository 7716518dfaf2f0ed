package safedial

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// inside are spellings of addresses that no customer may lead us to, as hosts of a URL. Those that Go does not read as
// addresses go to DNS, whose answer here is what inet_aton(3) would make of them: 127.0.0.1.
var inside = strings.Fields(`
	127.0.0.1 127.1 127.0.1 127.0.0.1. 127.0.0.2 127.255.255.254 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 127.0.0.0x1
	localhost LOCALHOST localhost. rebound.example ::1 0:0:0:0:0:0:0:1 0000::0001 ::1%lo ::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1
	::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::127.0.0.1 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:7f00:0001::1
	0.0.0.0 0 0.0.0.1 :: 00.00.00.00
	10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::
	169.254.0.1 169.254.169.254 169.254.170.2 2852039166 0xa9fea9fe 0251.0376.0251.0376 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe
	168.63.129.16 ::ffff:168.63.129.16 fd00:ec2::254 fd20:ce::254 fc00::1 fdff::1 fe80::1 fe80::1%lo fec0::1
	100.64.0.1 100.100.100.200 100.127.255.255 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
	224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 ff02::1 ff05::2 2001::1 2001:db8::1 3fff::1 100::1 5f00::1`)

// names is a DNS server whose answers a test changes under way.
type names struct {
	addrs atomic.Pointer[[]netip.Addr]
	asked atomic.Int64
}

func (n *names) answer(addrs ...string) {
	list := make([]netip.Addr, len(addrs))
	for i, addr := range addrs {
		list[i] = netip.MustParseAddr(addr)
	}
	n.addrs.Store(&list)
}

// resolver starts the server and returns a resolver that asks it.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: socket, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		n.asked.Add(1)
		answer := new(dns.Msg).SetReply(question)
		for _, addr := range *n.addrs.Load() {
			header := dns.RR_Header{Name: question.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
			if question.Question[0].Qtype == dns.TypeA {
				answer.Answer = append(answer.Answer, &dns.A{Hdr: header, A: addr.AsSlice()})
			}
		}
		_ = w.WriteMsg(answer)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// door counts the connections that reach an address.
func door(t *testing.T, addr string) (port string, reached *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	reached = new(atomic.Int64)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			_ = conn.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return port, reached
}

func TestDialer_reachesNoInsideAddressHoweverItIsSpelt(t *testing.T) {
	if len(inside) < 60 {
		t.Fatalf("%d spellings, want 60 at least", len(inside))
	}
	var world names
	world.answer("127.0.0.1")
	port, reached := door(t, ":0") // every address of this machine
	dialer := new(Rules).Dialer(5*time.Second, world.resolver(t))
	for _, host := range inside {
		conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		var refused *Refused
		var unknown *net.DNSError // a name of digits alone is none to Go, which does not even ask
		if !errors.As(err, &refused) && !errors.As(err, &unknown) {
			t.Errorf("%s: got %v, want it refused before connect", host, err)
		}
		if conn != nil {
			_ = conn.Close()
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d connections reached a socket, want 0", n)
	}
	if world.asked.Load() == 0 {
		t.Error("no spelling went through DNS")
	}
	// The same door, opened: so the count above is of a socket that can be reached.
	open := Rules{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	conn, err := open.Dialer(5*time.Second, nil).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestDialer_asksAgainAtEveryDial(t *testing.T) {
	var world names
	rules := Rules{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}}
	port, outer := door(t, "127.0.0.2:0")
	_, inner := door(t, "127.0.0.1:"+port)
	dialer := rules.Dialer(5*time.Second, world.resolver(t))
	dial := func() error {
		conn, err := dialer.DialContext(t.Context(), "tcp", "rebind.example:"+port)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	for _, step := range []struct {
		answer []string
		ok     bool
	}{
		{[]string{"127.0.0.2"}, true},
		{[]string{"127.0.0.1"}, false},             // rebound
		{[]string{"127.0.0.1", "127.0.0.2"}, true}, // the allowed one of two
		{[]string{"169.254.169.254"}, false},
		{[]string{"127.0.0.2"}, true},
	} {
		world.answer(step.answer...)
		var refused *Refused
		if err := dial(); (err == nil) != step.ok || err != nil && !errors.As(err, &refused) {
			t.Errorf("%v: got %v, want ok %v", step.answer, err, step.ok)
		}
	}
	if in, out := inner.Load(), outer.Load(); in != 0 || out > 3 {
		t.Errorf("%d connections reached the inside and %d the outside, want 0 and 3", in, out)
	}
}

func TestCheck_opensWhatTheOperatorAllows(t *testing.T) {
	networks := parseAll("10.0.0.0/8", "169.254.0.0/16", "fd00::/8", "100.100.100.200/32", "64:ff9b::/96", "0.0.0.0/0")
	own := NewOwn([]net.Addr{tcp("127.0.0.1:8443"), tcp("[::]:443"), nil}, []netip.Addr{netip.MustParseAddr("8.8.4.4")})
	own.machine = func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("9.9.9.9")} }
	tests := []struct {
		target   string
		networks []netip.Prefix
		anywhere bool
		want     bool
	}{
		{"8.8.8.8:80", nil, false, true},
		{"[2606:4700::1111]:443", nil, false, true},
		{"[::ffff:8.8.8.8]:80", nil, false, true},
		{"10.1.2.3:80", networks[:1], false, true},
		{"[::ffff:10.1.2.3]:80", networks[:1], false, true},
		{"11.1.2.3:80", networks[:1], false, true},
		{"192.168.0.1:80", networks[:1], false, false},
		{"169.254.7.7:80", networks[1:2], false, true},
		{"169.254.169.254:80", networks[1:2], false, false},
		{"[fd00::1]:80", networks[2:3], false, true},
		{"[fd00:ec2::254]:80", networks[2:3], false, false},
		{"100.100.100.200:80", networks[3:4], false, true}, // this very address, so it is meant
		{"168.63.129.16:80", networks[5:], false, false},
		{"[64:ff9b::8.8.8.8]:80", nil, false, false},
		{"[64:ff9b::8.8.8.8]:80", networks[4:5], false, true},
		{"[64:ff9b::10.0.0.1]:80", networks[4:5], false, false},
		{"224.0.0.1:80", networks[5:], false, false},
		{"0.0.0.0:80", networks[5:], false, false},
		{"192.168.0.1:80", nil, true, true},
		{"169.254.169.254:80", nil, true, true},

		{"127.0.0.1:8443", networks[5:], false, false},
		{"127.0.0.1:8443", nil, true, false},
		{"[::ffff:127.0.0.1]:8443", nil, true, false},
		{"0.0.0.0:8443", nil, true, false},
		{"127.0.0.1:8444", nil, true, true},
		{"127.8.8.8:443", nil, true, false},
		{"[::1]:443", nil, true, false},
		{"9.9.9.9:443", nil, true, false},
		{"9.9.9.9:80", nil, false, true},
		{"8.8.4.4:80", nil, true, false},
	}
	for _, test := range tests {
		rules := Rules{Networks: test.networks, Anywhere: test.anywhere, Own: own}
		if err := rules.Check(netip.MustParseAddrPort(test.target)); (err == nil) != test.want {
			t.Errorf("%s with %v, anywhere %v: got %v, want allowed %v", test.target, test.networks, test.anywhere, err, test.want)
		}
	}
	if err := new(Rules).Check(netip.AddrPort{}); err == nil {
		t.Error("no address at all is allowed")
	}
}

func tcp(addr string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)) }

func TestOwn_knowsTheAddressesOfThisMachine(t *testing.T) {
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	own := NewOwn([]net.Addr{listener.Addr()}, nil)
	for _, addr := range append(machineAddrs(), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("0.0.0.0")) {
		if !own.has(netip.AddrPortFrom(addr, port)) {
			t.Errorf("%s is not known to be ours", addr)
		}
	}
	if own.has(netip.MustParseAddrPort("8.8.8.8:" + listener.Addr().String()[strings.LastIndexByte(listener.Addr().String(), ':')+1:])) {
		t.Error("somebody else's address counts as ours")
	}
}

func TestClient_followsNoRedirectAndNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	rules := Rules{Networks: parseAll("127.0.0.0/8")}
	client := rules.Client(5 * time.Second)
	defer client.CloseIdleConnections()
	response, err := client.Post(server.URL, "text/plain", strings.NewReader("news"))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusTemporaryRedirect || asked.Load() != 1 {
		t.Errorf("got %s after %d requests, want the redirect itself after one", response.Status, asked.Load())
	}
	var refused *Refused
	if _, err := new(Rules).Client(time.Second).Get(server.URL); !errors.As(err, &refused) {
		t.Errorf("got %v, want it refused", err)
	}
}
