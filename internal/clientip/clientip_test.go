package clientip

import (
	"net/netip"
	"testing"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestFind_takesTheRightmostHopThatNobodyVouchesFor(t *testing.T) {
	balancers := prefixes("10.0.0.0/8", "2001:db8:1::/48")
	tests := []struct {
		name      string
		peer      string
		forwarded []string
		trusted   []netip.Prefix
		want      string
	}{
		{"a visitor without proxies", "198.51.100.7:4711", nil, nil, "198.51.100.7:4711"},
		{"a visitor who forges a hop", "198.51.100.7:4711", []string{"127.0.0.1"}, balancers, "198.51.100.7:4711"},
		{"a forged hop and nobody trusted", "198.51.100.7:4711", []string{"10.0.0.1"}, nil, "198.51.100.7:4711"},
		{"behind one proxy", "10.0.0.1:80", []string{"198.51.100.7"}, balancers, "198.51.100.7:0"},
		{"behind two proxies", "10.0.0.1:80", []string{"198.51.100.7, 10.9.9.9"}, balancers, "198.51.100.7:0"},
		{"the visitor forges the left end", "10.0.0.1:80", []string{"1.1.1.1, 198.51.100.7"}, balancers, "198.51.100.7:0"},
		{"the visitor forges a trusted hop", "10.0.0.1:80", []string{"10.0.0.5, 198.51.100.7"}, balancers, "198.51.100.7:0"},
		{"the forged hop stands in a header of its own", "10.0.0.1:80", []string{"1.1.1.1", "198.51.100.7"}, balancers, "198.51.100.7:0"},
		{"a proxy adds a header instead of a hop", "10.0.0.1:80", []string{"1.1.1.1, 198.51.100.7", "10.0.0.2"}, balancers, "198.51.100.7:0"},
		{"garbage in place of the visitor", "10.0.0.1:80", []string{"1.1.1.1, <script>"}, balancers, "10.0.0.1:80"},
		{"unknown in place of the visitor", "10.0.0.1:80", []string{"unknown, 10.0.0.2"}, balancers, "10.0.0.2:0"},
		{"empty header", "10.0.0.1:80", []string{""}, balancers, "10.0.0.1:80"},
		{"empty hop", "10.0.0.1:80", []string{"198.51.100.7,,10.0.0.2"}, balancers, "10.0.0.2:0"},
		{"only proxies", "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, balancers, "10.0.0.3:0"},
		{"no header behind a proxy", "10.0.0.1:80", nil, balancers, "10.0.0.1:80"},
		{"a hop with a port", "10.0.0.1:80", []string{"198.51.100.7:5555"}, balancers, "198.51.100.7:5555"},
		{"an IPv6 hop", "10.0.0.1:80", []string{"2001:db8:2::7"}, balancers, "[2001:db8:2::7]:0"},
		{"an IPv6 hop in brackets", "10.0.0.1:80", []string{"[2001:db8:2::7]"}, balancers, "[2001:db8:2::7]:0"},
		{"an IPv6 hop with a port", "10.0.0.1:80", []string{"[2001:db8:2::7]:443"}, balancers, "[2001:db8:2::7]:443"},
		{"an IPv6 proxy", "[2001:db8:1::1]:80", []string{"198.51.100.7"}, balancers, "198.51.100.7:0"},
		{"a mapped peer is its IPv4 self", "[::ffff:10.0.0.1]:80", []string{"198.51.100.7"}, balancers, "198.51.100.7:0"},
		{"a mapped hop is its IPv4 self", "10.0.0.1:80", []string{"::ffff:198.51.100.7"}, balancers, "198.51.100.7:0"},
		{"a mapped hop cannot hide a proxy", "10.0.0.1:80", []string{"198.51.100.7, ::ffff:10.0.0.2"}, balancers, "198.51.100.7:0"},
		{"a zone is no part of an address", "[fe80::1%eth0]:80", nil, balancers, "[fe80::1]:80"},
		{"an octal spelling is no address", "10.0.0.1:80", []string{"0198.51.100.7"}, balancers, "10.0.0.1:80"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Find(netip.MustParseAddrPort(test.peer), test.forwarded, test.trusted)
			if want := netip.MustParseAddrPort(test.want); got != want {
				t.Errorf("Find() = %s, want %s", got, want)
			}
		})
	}
}

func TestParsePeer_returnsZeroForWhatIsNoAddress(t *testing.T) {
	for _, s := range []string{"", "@", "/run/x.sock", "198.51.100.7", "a:b"} {
		if got := ParsePeer(s); got.IsValid() {
			t.Errorf("ParsePeer(%q) = %s, want the zero value", s, got)
		}
	}
}

// Whatever a visitor writes into the header, it never changes who the visitor is when no proxy is trusted, and the
// answer is always plain.
func FuzzFind(f *testing.F) {
	f.Add("198.51.100.7", "10.0.0.1")
	f.Add("1.1.1.1, [::1]:80", ",,")
	f.Add("::ffff:1.2.3.4%x", "[")
	peer := netip.MustParseAddrPort("203.0.113.9:1234")
	proxy := netip.MustParseAddrPort("10.0.0.1:80")
	trusted := prefixes("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, first, second string) {
		if got := Find(peer, []string{first, second}, trusted); got != peer {
			t.Errorf("an untrusted peer changed into %s", got)
		}
		got := Find(proxy, []string{first, second}, trusted)
		if !got.IsValid() || got.Addr().Is4In6() || got.Addr().Zone() != "" {
			t.Errorf("not a plain address: %s", got)
		}
		// A trusted proxy appends what it saw: nothing to the left of that can win.
		if got := Find(proxy, []string{first, second + ", 203.0.113.9"}, trusted); got.Addr() != peer.Addr() {
			t.Errorf("forged hops won over the proxy's own: %s", got)
		}
	})
}
