package field

import (
	"slices"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestPairs_readsQuotesAndSpaces(t *testing.T) {
	tests := []struct {
		name, input string
		want        []string
	}{
		{"bare", "a=1 b=2", []string{"a", "1", "b", "2"}},
		{"quotes", `a="x y" b='z w'`, []string{"a", "x y", "b", "z w"}},
		{"escaped quote", `a="x \"y\" z" b=1`, []string{"a", `x "y" z`, "b", "1"}},
		{"path before the closing quote", `a="C:\temp\" b=1`, []string{"a", `C:\temp\`, "b", "1"}},
		{"words between", `Deny in out a=1 (policy) b=2`, []string{"a", "1", "b", "2"}},
		{"commas", `a=1,b="2",c=3`, []string{"a", "1", "b", "2", "c", "3"}},
		{"empty", `a= b="" c`, []string{"a", "", "b", ""}},
		{"never closed", `a="x y`, []string{"a", "x y"}},
		{"equals in the value", `url="/x?a=b" c=d=e`, []string{"url", "/x?a=b", "c", "d=e"}},
	}
	for _, tt := range tests {
		var got []string
		for key, value := range Pairs(tt.input) {
			got = append(got, key, value)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAddressPort_readsEverySpelling(t *testing.T) {
	tests := []struct {
		input, ip string
		port      uint16
	}{
		{"1.2.3.4", "1.2.3.4", 0},
		{"1.2.3.4:80", "1.2.3.4", 80},
		{"1.2.3.4/80", "1.2.3.4", 80},
		{"1.2.3.4(80)", "1.2.3.4", 80},
		{"1.2.3.4:80:X1:name", "1.2.3.4", 80},
		{"2001:db8::1", "2001:db8::1", 0},
		{"[2001:db8::1]:80", "2001:db8::1", 80},
		{"::ffff:1.2.3.4", "1.2.3.4", 0},
		{"0.0.0.0", "invalid IP", 0},
		{":8080:X20", "invalid IP", 0},
		{"host", "invalid IP", 0},
		{"", "invalid IP", 0},
	}
	for _, tt := range tests {
		if ip, port := AddressPort(tt.input); ip.String() != tt.ip || port != tt.port {
			t.Errorf("AddressPort(%q) = %s, %d, want %s, %d", tt.input, ip, port, tt.ip, tt.port)
		}
	}
}

func TestTime_readsEverySpelling(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	tests := []struct {
		input, want string
		exact       bool
	}{
		{"1744679533", "2025-04-15T01:12:13Z", true},
		{"1744679533.000", "2025-04-15T01:12:13Z", true},
		{"1744679533500", "2025-04-15T01:12:13.5Z", true},
		{"1744679533500000", "2025-04-15T01:12:13.5Z", true},
		{"1744679533500000000", "2025-04-15T01:12:13.5Z", true},
		{"2025-04-15T10:12:13+09:00", "2025-04-15T01:12:13Z", true},
		{"2025-04-15T10:12:13.5+0900", "2025-04-15T01:12:13.5Z", true},
		{"2025-04-15 10:12:13", "2025-04-15T01:12:13Z", false},
		{"2025-04-15 01:12:13 UTC", "2025-04-15T01:12:13Z", true},
		{"2025-04-15 10:12:13 JST", "2025-04-15T01:12:13Z", true},
		{"2025/04/15 10:12:13", "2025-04-15T01:12:13Z", false},
		{"15/Apr/2025:10:12:13 +0900", "2025-04-15T01:12:13Z", true},
		{"Apr 15 2025 10:12:13 GMT+09:00", "2025-04-15T01:12:13Z", true},
		{"Apr 15 2025 01:12:13.500 UTC", "2025-04-15T01:12:13.5Z", true},
		{"15-Apr-2025 10:12:13", "2025-04-15T01:12:13Z", false},
		{"4/15/2025 10:12:13 AM", "2025-04-15T01:12:13Z", false},
	}
	for _, tt := range tests {
		got, exact, ok := Time(tt.input, tokyo)
		if !ok || got.Format(time.RFC3339Nano) != tt.want || exact != tt.exact {
			t.Errorf("Time(%q) = %s, %v, %v, want %s, %v", tt.input, got.Format(time.RFC3339Nano), exact, ok, tt.want, tt.exact)
		}
	}
	for _, input := range []string{"", "10:12:13", "12345", "yesterday at noon", "2025-04-15"} {
		if got, _, ok := Time(input, tokyo); ok {
			t.Errorf("Time(%q) = %s, want none", input, got)
		}
	}
}

func TestDirection_followsTheAddresses(t *testing.T) {
	tests := []struct {
		from, to string
		want     sekisho.Direction
	}{
		{"203.0.113.1", "192.168.1.1", sekisho.DirectionInbound},
		{"10.0.0.1", "203.0.113.1", sekisho.DirectionOutbound},
		{"10.0.0.1", "192.168.1.1", sekisho.DirectionInternal},
		{"203.0.113.1", "198.51.100.1", ""},
		{"", "10.0.0.1", ""},
	}
	for _, tt := range tests {
		if got := Direction(Address(tt.from), Address(tt.to)); got != tt.want {
			t.Errorf("%s to %s: got %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
}

func TestColumns_readsQuotes(t *testing.T) {
	if got, want := Columns(`a,"b,""c""",,d`, ','), []string{"a", `b,"c"`, "", "d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHash_prefersTheStrongest(t *testing.T) {
	const md5, sha256 = "d41d8cd98f00b204e9800998ecf8427e", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := Hash("MD5=" + md5 + ",SHA256=" + sha256); got != sha256 {
		t.Errorf("got %q, want %q", got, sha256)
	}
	if got := Hash("", "00000000000000000000000000000000", "nothing"); got != "" {
		t.Errorf("got %q, want none", got)
	}
}

func FuzzPairs(f *testing.F) {
	f.Add(`a="b\"c" d=e`)
	f.Fuzz(func(_ *testing.T, s string) {
		for key, value := range Pairs(s) {
			_, _ = AddressPort(value)
			_, _, _ = Time(value, time.UTC)
			_ = Hash(key, value)
		}
		_ = Columns(s, ',')
	})
}
