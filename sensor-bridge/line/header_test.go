package line

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

var arrived = time.Date(2025, 4, 16, 0, 0, 0, 0, time.UTC)

func read(s string) Record { return Read([]byte(s), Origin{Received: arrived, Zone: tokyo}) }

func TestRead_findsTheHeaderOfEveryKind(t *testing.T) {
	const body = "msg_id=\"3000-0148\" Deny"
	tests := []struct {
		name, input           string
		host, app, body, when string
	}{
		{"RFC 3164", "<134>Apr 15 10:12:13 fw01 firewall[10]: " + body, "fw01", "firewall", body, "2025-04-15T01:12:13Z"},
		{"space behind the PRI", "<134> Apr 15 10:12:13 fw01 firewall: " + body, "fw01", "firewall", body, "2025-04-15T01:12:13Z"},
		{"one-digit day", "<134>Apr  2 10:12:13 fw01 a: b", "fw01", "a", "b", "2025-04-02T01:12:13Z"},
		{"year and zone", "<134>Apr 15 2025 10:12:13 UTC fw01 a: b", "fw01", "a", "b", "2025-04-15T10:12:13Z"},
		{"no host", "<134>Apr 15 10:12:13 filterlog: 82,,,1", "", "filterlog", "82,,,1", "2025-04-15T01:12:13Z"},
		{"path as tag", "<134> Apr 15 10:12:13 /usr/sbin/cron[1234]: (root) CMD", "", "/usr/sbin/cron", "(root) CMD", "2025-04-15T01:12:13Z"},
		{"no tag", "<134> Apr 15 10:12:13 fw01 test something else", "fw01", "", "test something else", "2025-04-15T01:12:13Z"},
		{"RFC 5424", "<165>1 2025-04-15T10:12:13.5+09:00 fw01 app 12 ID7 [a@1 b=\"c]\"] hello", "fw01", "app", "hello", "2025-04-15T01:12:13.5Z"},
		{"RFC 5424 without data", "<165>1 2025-04-15T10:12:13Z fw01 app - - - hello", "fw01", "app", "hello", "2025-04-15T10:12:13Z"},
		{"RFC 5424 without version", "<134> 2025-04-15T10:12:13.000000+09:00Z fw01 mgd 3046 EV [junos@2636 u=\"x\"] hello", "fw01", "mgd", "hello", "2025-04-15T01:12:13Z"},
		{"RFC 5424 without time", "<134>1  fw01 bgp#zebra 292 - - hello", "fw01", "bgp#zebra", "hello", ""},
		{"RFC 5424, nil time", "<134>1 - fw01 app - - - hello", "fw01", "app", "hello", ""},
		{"ISO time with a tag", "<134>2025-04-15T10:12:13+09:00 fw01 app: hello", "fw01", "app", "hello", "2025-04-15T01:12:13Z"},
		{"Meraki", "<134>1 1744679533.5 MX84 urls src=1.1.1.1:1", "MX84", "", "urls src=1.1.1.1:1", "2025-04-15T01:12:13.5Z"},
		{"ASA", "<134> Apr 15 10:12:13 fw01 : %ASA-3-003164: TCP", "fw01", "", "%ASA-3-003164: TCP", "2025-04-15T01:12:13Z"},
		{"ASA without host", "<134>:Apr 15 10:12:13 UTC: %ASA-6-302015: Built", "", "", "%ASA-6-302015: Built", "2025-04-15T10:12:13Z"},
		{"IOS", "<134>: fw01: 6340004: Apr 15 10:12:13: %SEC-6-IPACCESSLOGP: list", "fw01", "", "%SEC-6-IPACCESSLOGP: list", "2025-04-15T01:12:13Z"},
		{"Yamaha", "<189>[INSPECT] LAN2[out][101100] TCP", "", "", "[INSPECT] LAN2[out][101100] TCP", ""},
		{"Yamaha tunnel", "<189>IP Tunnel[1] Up", "", "", "IP Tunnel[1] Up", ""},
		{"PRI and a tag", "<134>kernel: sd 2:0:0:0: x", "", "kernel", "sd 2:0:0:0: x", ""},
		{"PRI, host and tag", "<134>  fw01 suricata[5885]: {}", "fw01", "suricata", "{}", ""},
		{"PRI only", "<134>date=2025-04-15 time=10:12:13 devname=x", "", "", "date=2025-04-15 time=10:12:13 devname=x", ""},
		{"nothing", body, "", "", body, ""},
		{"access log", `1.2.3.4 - - [15/Apr/2025:10:12:13 +0900] "GET / HTTP/1.1" 200 1`, "", "", `1.2.3.4 - - [15/Apr/2025:10:12:13 +0900] "GET / HTTP/1.1" 200 1`, ""},
		{"JSON", `{"a":1}`, "", "", `{"a":1}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := read(tt.input)
			when := ""
			if !r.Time.IsZero() {
				when = r.Time.Format(time.RFC3339Nano)
			}
			if r.Host != tt.host || r.App != tt.app || r.Body != tt.body || when != tt.when {
				t.Errorf("got host %q, app %q, body %q, time %q, want %q, %q, %q, %q", r.Host, r.App, r.Body, when, tt.host, tt.app, tt.body, tt.when)
			}
		})
	}
}

func TestRead_readsThroughRelays(t *testing.T) {
	for _, inner := range []string{
		"<134>Apr 15 10:12:13 fw01 firewall[10]: hello",
		"<134>1 2025-04-15T10:12:13+09:00 fw01 firewall - - - hello",
	} {
		for _, outer := range []string{"<13>Apr 15 10:12:14 relay ", "<13>1 2025-04-15T10:12:14Z relay - - - - ", "Apr 15 10:12:14 relay ", "<13>Apr 15 10:12:14 relay rsyslogd: "} {
			r := read(outer + inner)
			if r.Host != "fw01" || r.App != "firewall" || r.Body != "hello" || r.Relay != "relay" || r.Time.Format(time.TimeOnly) != "01:12:13" {
				t.Errorf("%s: got host %q, app %q, body %q, relay %q, time %s", outer+inner, r.Host, r.App, r.Body, r.Relay, r.Time)
			}
		}
	}
}

func TestRead_datesWithoutYearBeforeArrival(t *testing.T) {
	tests := []struct{ received, stamp, want string }{
		{"2026-01-01T00:00:05Z", "Dec 31 23:59:59", "2025-12-31T23:59:59Z"},
		{"2025-12-31T23:59:58Z", "Jan  1 00:00:01", "2026-01-01T00:00:01Z"},
		{"2025-11-23T00:00:00Z", "Mar  4 10:00:00", "2025-03-04T10:00:00Z"},
		{"2025-06-01T00:00:00Z", "May 31 10:00:00", "2025-05-31T10:00:00Z"},
	}
	for _, tt := range tests {
		received, _ := time.Parse(time.RFC3339, tt.received)
		r := Read([]byte("<1>"+tt.stamp+" h a: b"), Origin{Received: received})
		if got := r.Time.Format(time.RFC3339); got != tt.want || r.Trust != sekisho.TimeYear {
			t.Errorf("%s received %s: got %s (%s), want %s", tt.stamp, tt.received, got, r.Trust, tt.want)
		}
	}
}

func TestRead_repairsTheDamageOfTheWay(t *testing.T) {
	tests := []struct {
		name, input string
		check       func(*Record) bool
	}{
		{"octal escapes", "<1>Apr 15 10:12:13 h a: x#011y#012z #1 #999", func(r *Record) bool { return r.Body == "x\ty\nz #1 #999" }},
		{"lost LEEF:", "<1>Apr 15 10:12:13 h 1.0|WatchGuard|XTM|12|11|src=1.1.1.1#011dst=2.2.2.2", func(r *Record) bool {
			return r.LEEF != nil && r.LEEF.Vendor == "WatchGuard" && r.LEEF.ID == "11"
		}},
		{"LEEF: as the tag", "<1>Apr 15 10:12:13 h LEEF: 1.0|WatchGuard|XTM|12|11|src=1.1.1.1#011dst=2.2.2.2", func(r *Record) bool {
			return r.LEEF != nil && r.LEEF.Product == "XTM"
		}},
		{"repeated, with what", "<1>Apr 15 10:12:13 h a: message repeated 3 times: [ hello]", func(r *Record) bool { return r.Repeated == 3 && r.Body == "hello" && !r.RepeatsLast }},
		{"repeated, what came last", "<1>Apr 15 10:12:13 h last message repeated 4 times", func(r *Record) bool { return r.Repeated == 4 && r.RepeatsLast }},
		{"cut", "<1>" + strings.Repeat("x", 1021), func(r *Record) bool { return r.Cut }},
		{"whole", "<1>" + strings.Repeat("x", 1000), func(r *Record) bool { return !r.Cut }},
		{"cut within a relay's header", "<1>Apr 15 10:12:13 relay <1>" + strings.Repeat("x", 477), func(r *Record) bool { return r.Cut }},
		{"cut within a character", "<1>hello あ"[:len("<1>hello あ")-1], func(r *Record) bool { return r.Cut && r.Body == "hello" }},
		{"Shift_JIS", "<1>msg=\x83E\x83C\x83\x8b\x83X", func(r *Record) bool { return r.Body == "msg=ウイルス" }},
		{"EUC-JP", "<1>msg=\xa5\xa6\xa5\xa4\xa5\xeb\xa5\xb9\xa4\xf2\xb6\xee\xbd\xfc", func(r *Record) bool { return r.Body == "msg=ウイルスを駆除" }},
		{"UTF-8 with a broken byte", "<1>msg=ウイルスを駆除\xff", func(r *Record) bool { return strings.HasPrefix(r.Body, "msg=ウイルスを駆除") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := read(tt.input); !tt.check(&r) {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"<134>Apr 15 10:12:13 h a[1]: b", "<1>1 2025-04-15T10:12:13Z h a p m [x y=\"z\"] b", "CEF:0|a|b|c|d|e|f|g=h i=j", "LEEF:2.0|a|b|c|d|^|e=f^g=h", `{"a":{"b":1}}`, "<1>a#011b", "\x83E\x83C"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := Read(raw, Origin{Received: arrived})
		if r.CEF != nil {
			for range r.CEF.Fields() {
			}
		}
		if r.LEEF != nil {
			for range r.LEEF.Fields() {
			}
		}
		_ = r.Object().String("a.b")
		if again := Read([]byte(r.Raw), Origin{Received: arrived}); again.Body != r.Body {
			t.Fatalf("%q: read %q, and its own Raw as %q", raw, r.Body, again.Body)
		}
	})
}
