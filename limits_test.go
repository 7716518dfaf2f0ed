package sekisho

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLimits_surviveJSON(t *testing.T) {
	want := Limits{
		Site: Rate{2000, time.Minute}, Address: Rate{20, time.Second}, Session: Rate{5, time.Second}, Cookie: "sid",
		Paths: []PathLimit{{"/contact", Rate{10, time.Minute}}}, Bans: Bans{Rate{10, 10 * time.Minute}, time.Hour},
		Login: LoginGuard{Preset: LoginWordPress, Failures: Rate{10, 10 * time.Minute}},
		Deny:  []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Limits
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if !strings.Contains(string(text), `"bans":"10/10m:1h"`) {
		t.Errorf("got %s, want bans as a person writes them", text)
	}
	if text, _ := json.Marshal(Site{}); strings.Contains(string(text), "limits") {
		t.Errorf("got %s, want no word of limits that nobody set", text)
	}
}

func TestLimits_validateNamesTheKey(t *testing.T) {
	rate := Rate{1, time.Second}
	for _, test := range []struct {
		name   string
		limits Limits
		want   string
	}{
		{"a session without a cookie", Limits{Session: rate}, "cookie"},
		{"a cookie without a rate", Limits{Cookie: "sid"}, "session"},
		{"a path that is none", Limits{Paths: []PathLimit{{"contact", rate}}}, `"contact"`},
		{"a path without a rate", Limits{Paths: []PathLimit{{"/contact", Rate{}}}}, `"/contact"`},
		{"too many paths", Limits{Paths: make([]PathLimit, maxPathLimits+1)}, "paths"},
		{"an unknown preset", Limits{Login: LoginGuard{Preset: "drupal", Failures: rate}}, "wordpress"},
		{"a login without a rate", Limits{Login: LoginGuard{Preset: LoginECCUBE}}, "failures"},
		{"failures without a preset", Limits{Login: LoginGuard{Failures: rate}}, "preset"},
		{"too many networks", Limits{Deny: make([]netip.Prefix, maxPrefixes+1)}, "deny"},
	} {
		if err := test.limits.Validate(); KindOf(err) != KindInvalid || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want KindInvalid that names %s", test.name, err, test.want)
		}
	}
	for _, text := range []string{"10/10m", "10/10m:", "10:1h", "10/10m:1000h", "x/10m:1h"} {
		var bans Bans
		if err := bans.UnmarshalText([]byte(text)); KindOf(err) != KindInvalid {
			t.Errorf("bans %q: got %v, want KindInvalid", text, err)
		}
	}
}
