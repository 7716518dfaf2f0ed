package clientip

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestSet_containsItsNetworksAndNothingElse(t *testing.T) {
	set := NewSet([]netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.0.2.128/25"), netip.MustParsePrefix("10.0.0.1/32"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("::ffff:198.51.100.0/120"),
		{},
	})
	for _, test := range []struct {
		addr string
		want bool
	}{
		{"192.0.2.0", true},
		{"192.0.2.200", true},
		{"192.0.2.255", true},
		{"192.0.1.255", false},
		{"192.0.3.0", false},
		{"10.0.0.1", true},
		{"10.0.0.2", false},
		{"::ffff:10.0.0.1", true},
		{"198.51.100.7", true},
		{"2001:db8:ffff::1", true},
		{"2001:db9::", false},
		{"2001:db8::1%eth0", true},
		{"0.0.0.0", false},
		{"::", false},
	} {
		if got := set.Contains(netip.MustParseAddr(test.addr)); got != test.want {
			t.Errorf("%s: got %t, want %t", test.addr, got, test.want)
		}
	}
	if (Set{}).Contains(netip.MustParseAddr("192.0.2.1")) || set.Contains(netip.Addr{}) {
		t.Error("an empty set or no address: got contained")
	}
}

func TestSet_agreesWithAskingEveryNetwork(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	small := func() netip.Addr { // few enough that networks meet
		return netip.AddrFrom4([4]byte{10, 0, byte(random.IntN(4)), byte(random.IntN(256))})
	}
	for range 300 {
		prefixes := make([]netip.Prefix, random.IntN(6))
		for i := range prefixes {
			prefixes[i] = netip.PrefixFrom(small(), 20+random.IntN(13))
		}
		set := NewSet(prefixes)
		for range 50 {
			addr, want := small(), false
			for _, prefix := range prefixes {
				want = want || prefix.Contains(addr)
			}
			if got := set.Contains(addr); got != want {
				t.Fatalf("%v, %s: got %t, want %t", prefixes, addr, got, want)
			}
		}
	}
}
