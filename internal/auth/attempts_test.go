package auth_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/internal/auth"
)

func TestAttempts_limitOneNetworkAndNoOther(t *testing.T) {
	attempts := auth.NewAttempts(5, 3*time.Minute, 100)
	one, other := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("203.0.113.10")
	for i := range 5 {
		if !attempts.Allow(one, morning) {
			t.Fatalf("attempt %d refused, want 5 allowed", i+1)
		}
	}
	if attempts.Allow(one, morning) {
		t.Error("the sixth attempt was allowed")
	}
	if attempts.Allow(netip.MustParseAddr("::ffff:203.0.113.9"), morning) {
		t.Error("the same address written as IPv6 was allowed")
	}
	if !attempts.Allow(other, morning) {
		t.Error("another address was refused")
	}
	if !attempts.Allow(one, morning.Add(3*time.Minute)) {
		t.Error("refused after the interval")
	}
}

func TestAttempts_countAnIPv6NetworkAsOne(t *testing.T) {
	attempts := auth.NewAttempts(2, time.Hour, 100)
	for i := range 4 {
		addr := netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2::%d", i+1))
		if got, want := attempts.Allow(addr, morning), i < 2; got != want {
			t.Errorf("attempt %d from one /64: allowed %v, want %v", i+1, got, want)
		}
	}
}

func TestAttempts_forgetTheQuietestNetworkFirst(t *testing.T) {
	attempts := auth.NewAttempts(1, time.Hour, 2)
	a, b, c := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	attempts.Allow(a, morning)
	attempts.Allow(b, morning)
	attempts.Allow(a, morning) // refused, and now more recent than b
	attempts.Allow(c, morning) // pushes b out
	if attempts.Allow(a, morning) {
		t.Error("a was forgotten although b was quiet longer")
	}
	if !attempts.Allow(b, morning) {
		t.Error("b was still remembered beyond the bound")
	}
}

func TestAttempts_shareOneLimitWhenTheAddressIsUnknown(t *testing.T) {
	attempts := auth.NewAttempts(1, time.Hour, 2)
	if !attempts.Allow(netip.Addr{}, morning) || attempts.Allow(netip.Addr{}, morning) {
		t.Error("want one attempt for the invalid address, then none")
	}
}
