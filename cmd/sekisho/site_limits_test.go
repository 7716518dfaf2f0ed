package main

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestParsePathLimits_readsPathsWithEqualsSigns(t *testing.T) {
	got, err := parsePathLimits([]string{"/contact=10/1m", "/a=b=5/s"})
	if err != nil || len(got) != 2 || got[1].Prefix != "/a=b" || got[1].Rate.String() != "5/s" {
		t.Errorf("got %v, %v, want two limits, the second of /a=b", got, err)
	}
	if got, err := parsePathLimits([]string{""}); err != nil || got != nil {
		t.Errorf(`"": got %v, %v, want an empty list`, got, err)
	}
	for _, text := range []string{"/contact", "/contact=", "/contact=fast"} {
		got, err := parsePathLimits([]string{text})
		var limits sekisho.Limits
		limits.Paths = got
		if err == nil {
			err = limits.Validate()
		}
		if sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%q: got %v, %v, want KindInvalid", text, got, err)
		}
	}
}

func TestParseNetworks_takesNetworksAndAddresses(t *testing.T) {
	got, err := parseNetworks([]string{"192.0.2.7", "192.0.2.9/24", "2001:db8::1", ""})
	if err != nil || len(got) != 3 || joinNetworks(got) != "192.0.2.7/32 192.0.2.0/24 2001:db8::1/128" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := parseNetworks([]string{"192.0.2.0/33"}); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("a network that is none: got %v, want KindInvalid", err)
	}
}
