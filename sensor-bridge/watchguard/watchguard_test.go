package watchguard

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	const device = "WatchGuard-Firebox"
	sample.Check(t, Decode, "watchguard_firebox/datadog_tests", map[string]sample.Want{
		"dd:0": {
			"time": "2025-04-02T06:06:21Z", "time_trust": "exact", "device": device, "code": "3000-0148", "verb": "Deny", "class": "noise", "outcome": "prevented",
			"protocol": "udp", "src_ip": "10.10.10.10", "src_port": 5041, "dst_ip": "10.10.10.10", "dst_port": 5041, "direction": "inbound",
		},
		"dd:1":  {"code": "3000-0151", "outcome": "unknown", "protocol": "tcp", "src_port": 52260, "dst_port": 80},
		"dd:2":  {"code": "3000-0152", "class": "exploit", "family": "source_route", "src_ip": "10.10.10.10", "outcome": "detected"},
		"dd:3":  {"class": "scan", "family": "dos", "src_ip": "10.10.10.10"},
		"dd:4":  {"class": "noise", "src_ip": "10.10.10.10", "src_port": 10, "dst_ip": "10.10.10.10", "dst_port": 10},
		"dd:5":  {"class": "scan", "family": "blocked_site", "outcome": "prevented", "src_ip": "10.10.10.10", "dst_ip": "10.10.10.10"},
		"dd:6":  {"class": "noise", "user": "Test@Firebox-DB"},
		"dd:7":  {"class": "scan", "family": "auto_block", "outcome": "prevented", "src_ip": "10.10.10.10"},
		"dd:8":  {"class": "scan", "family": "spoofing", "src_ip": "10.10.10.10"},
		"dd:9":  {"class": "noise", "family": "network"},
		"dd:10": {"class": "noise", "family": "network"},
		"dd:12": {"class": "sensor_fault", "outcome": "succeeded"},
		"dd:13": {"class": "config_change", "outcome": "succeeded", "user": "admin", "src_ip": "10.10.10.10"},
		"dd:14": {"class": "noise"},
		"dd:15": {"class": "noise", "outcome": "succeeded", "user": "test", "src_ip": "10.10.10.10"},
		"dd:16": {"class": "login_failure", "outcome": "prevented", "user": "test"},
		"dd:17": {"class": "noise", "user": "test"},
		"dd:18": {"class": "login_failure", "family": "vpn_login", "user": "test", "src_ip": "10.10.10.10"},
		"dd:20": {"class": "noise", "family": "admin_login", "outcome": "succeeded", "user": "admin", "src_ip": "10.10.10.10"},
		"dd:21": {"class": "noise", "family": "vpn"},
		"dd:22": {"class": "noise", "family": "vpn_login", "outcome": "succeeded", "user": "test", "src_ip": "10.10.10.10"},
		"dd:23": {"family": "vpn", "user": "Bob"},
		"dd:24": {"family": "vpn", "src_ip": "10.10.10.10", "src_port": 500},
		"dd:25": {"family": "vpn", "src_ip": "2.2.2.2"},
		"dd:26": {"family": "vpn", "src_ip": "10.10.10.10", "src_port": 4500},
		"dd:27": {"family": "vpn", "src_ip": "10.10.10.10"},
	})
}

const head = "<142>May 20 15:19:05 WatchGuard-Firebox FVE6035 (2026-01-10T09:49:17) "

func TestDecode_decidesBetweenDispositionAndVerb(t *testing.T) {
	const flow = " 1-Trusted 0-External tcp 10.0.1.3 203.0.113.9 50633 80 "
	tests := []struct {
		name, input string
		want        sample.Want
	}{
		{"IPS denied", `firewall[10]: msg_id="3000-0150" Deny 1-Trusted 0-External 1440 tcp 20 61 10.0.1.2 203.0.113.9 55810 80 offset 5 A 447868619 win 54 signature_name="EXPLOIT Some file buffer overflow" signature_cat="Misc" signature_id="1112464" severity="4" sig_vers="18.124" msg="IPS detected"  (HTTP-00)`, sample.Want{
			"class": "exploit", "outcome": "prevented", "severity": "high", "rule_ids": []int{1112464}, "signature": "EXPLOIT Some file buffer overflow",
			"src_port": 55810, "dst_port": 80, "protocol": "tcp", "direction": "outbound",
		}},
		{"virus allowed", `imap-proxy[1]: msg_id="22FF-0008" Allow 1-Trusted 0-External tcp 10.0.1.3 203.0.113.9 50633 143 msg="ProxyAllow: IMAP Virus Found" proxy_act="IMAP-Client.1" virus="Eicar" mbx="INBOX" user="wg" (IMAP-proxy-00)`, sample.Want{
			"class": "malware", "outcome": "detected", "user": "wg", "signature": "Eicar", "verb": "Allow ProxyAllow",
		}},
		{"part stripped", `smtp-proxy[1]: msg_id="1BFF-0018" Allow` + flow + `msg="ProxyStrip: SMTP Filename match" file_name="bill.exe" (SMTP-proxy-00)`, sample.Want{"class": "suspicious_file", "outcome": "prevented", "file": "bill.exe"}},
		{"attachment locked", `smtp-proxy[1]: msg_id="1BFF-0018" Allow` + flow + `msg="ProxyLock: SMTP Virus found" virus="x" (SMTP-proxy-00)`, sample.Want{"class": "malware", "outcome": "prevented"}},
		{"denied, says the disposition", `dns-proxy[1]: msg_id="1DFF-000F" Deny` + flow + `msg="ProxyAllow: DNSWatch blackholed domain" question="bad.example" (DNS-proxy-016`, sample.Want{"class": "malicious_web", "outcome": "prevented", "url": "bad.example"}},
		{"denied, says the verb", `smtp-proxy[1]: msg_id="1BFF-000C" Allow` + flow + `msg="ProxyDeny: SMTP too many recipients" (SMTP-proxy-00)`, sample.Want{"class": "noise", "outcome": "prevented"}},
		{"page of a harmful category", `http-proxy[1]: msg_id="1AFF-0021" Deny` + flow + `msg="ProxyDeny: HTTP Request categories" cats="Malicious Web Sites" dstname="bad.example" arg="/x" op="GET" src_user="taro@Firebox-DB" (HTTP-proxy-00)`, sample.Want{
			"class": "malicious_web", "outcome": "prevented", "url": "http://bad.example/x", "category": "Malicious Web Sites", "user": "taro@Firebox-DB", "method": "GET",
		}},
		{"page of a category the firm does not want", `http-proxy[1]: msg_id="1AFF-0021" Deny` + flow + `msg="ProxyDeny: HTTP Request categories" cats="Gambling" dstname="g.example" (HTTP-proxy-00)`, sample.Want{"class": "policy_web", "outcome": "prevented"}},
		{"page allowed", `http-proxy[1]: msg_id="1AFF-0024" Allow` + flow + `msg="ProxyAllow: HTTP request" op="GET" dstname="a.example" arg="/" sent_bytes="1" (HTTP-proxy-00)`, sample.Want{"class": "noise", "outcome": "unknown"}},
		{"APT let through", `http-proxy[1]: msg_id="1AFF-0034" Allow` + flow + `msg="ProxyAllow: HTTP APT detected" md5="69630e4574ec6798239b091cda43dca0" threat_level="high" (HTTP-proxy-00)`, sample.Want{"class": "apt", "outcome": "detected", "hash": "69630e4574ec6798239b091cda43dca0"}},
		{"could not scan", `http-proxy[1]: msg_id="1AFF-0028" Allow` + flow + `msg="ProxyAllow: HTTP Cannot perform Gateway AV scan" error="x" (HTTP-proxy-00)`, sample.Want{"class": "noise", "outcome": "unknown"}},
		{"damaged interface", `firewall: msg_id="3000-0148" Deny 0ssh -External Firebox 52 tcp 20 116 203.0.113.7 198.51.100.2 62443 22 offset 8 S 832026162 win 8192 (Unhandled External Packet-00)`, sample.Want{"src_ip": "203.0.113.7", "dst_port": 22, "outcome": "prevented", "direction": "inbound"}},
		{"ICMP", `firewall: msg_id="3000-0148" Allow Trusted Firebox 60 icmp 20 128 10.1.1.1 10.1.1.2 8 0 id=1 seq=59033  (Ping-00)`, sample.Want{"protocol": "icmp", "src_port": nil, "outcome": "unknown"}},
		{"IPv6", `firewall: msg_id="3000-0148" Deny External Firebox 60 tcp 20 128 2001:db8::1 2001:db8::2 8000 443 (x-00)`, sample.Want{"src_ip": "2001:db8::1", "dst_port": 443}},
		{"member of a cluster", `firewall: msg_id="3000-0148" Deny External Firebox 60 udp 20 128 203.0.113.7 198.51.100.2 1 2 (x-00)`, sample.Want{"src_ip": "203.0.113.7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sample.Expect(t, Decode, head+tt.input, tt.want, true)
			sample.Expect(t, Decode, "<13>Oct 11 22:14:15 relay "+head+tt.input, tt.want, true)
			sample.Expect(t, Decode, "<142>May 20 15:19:05 WatchGuard-Firebox FVE6035 Member2 (2026-01-10T09:49:17) "+tt.input, tt.want, true)
		})
	}
}

func TestDecode_readsLEEF(t *testing.T) {
	tests := []struct {
		name, input string
		want        sample.Want
	}{
		{"login rejected, tabs escaped, LEEF: lost", `<14>May 20 15:19:05 fw LEEF: 1.0|WatchGuard|XTM|12.10.2.B692269|11000005|host_name=Member2#011serial=AAAA#011msg=Authentication of SSLVPN user [taro@Firebox-DB] from 203.0.113.9 was rejected, Recv timeout`, sample.Want{
			"format": "watchguard_leef", "class": "login_failure", "family": "vpn_login", "code": "1100-0005", "src_ip": "203.0.113.9", "user": "taro",
		}},
		{"traffic denied", "<14>May 20 15:19:05 fw LEEF:1.0|WatchGuard|XTM|12.10|30000148|disp=Deny\tpolicy=x-00\tin_if=External\tout_if=Firebox\tproto=tcp\tsrc=203.0.113.9\tdst=198.51.100.2\tsrcPort=4000\tdstPort=22\tgeo_src=USA", sample.Want{
			"class": "noise", "outcome": "prevented", "src_port": 4000, "dst_port": 22, "code": "3000-0148", "direction": "inbound",
		}},
		{"virus allowed", "<14>May 20 15:19:05 fw LEEF:1.0|WatchGuard|XTM|12.10|1AFF0028|disp=Allow\tproto=tcp\tsrc=10.0.0.9\tdst=198.51.100.2\tmsg=ProxyAllow: HTTP Virus found\tvirus=Eicar\tdstname=a.example", sample.Want{"class": "malware", "outcome": "detected"}},
		{"another vendor", "<14>May 20 15:19:05 fw LEEF:1.0|Other|XTM|12.10|1AFF0028|disp=Allow", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { sample.Expect(t, Decode, tt.input, tt.want, true) })
	}
}

func TestDecode_reportsItsOwnFaults(t *testing.T) {
	for _, text := range []string{
		`iked[1]: msg_id="3000-0005" IPS service license has expired`, `sigd[1]: msg_id="2E01-0018" Signature update for IPS failed`,
		`admd[1]: msg_id="5501-001A" System upgrade failed: 'LIVESECURITY' feature expired`,
	} {
		sample.Expect(t, Decode, head+text, sample.Want{"class": "sensor_fault", "outcome": "succeeded"}, true)
	}
	sample.Expect(t, Decode, head+`admd[1]: msg_id="3E00-0002" Management user admin@Firebox-DB from 203.0.113.9 logged in`, sample.Want{"class": "admin_login_external", "outcome": "succeeded", "user": "admin"}, true)
	sample.Expect(t, Decode, head+`wrapper[2514]: <infinityd_idle> called, current state=2`, sample.Want{"class": "noise", "vendor": "WatchGuard"}, true)
	sample.Expect(t, Decode, `<1>May 20 15:19:05 fw kernel: something else (2026)`, nil, true)
	sample.Expect(t, Decode, `<1>May 20 15:19:05 fw app: hello msg_id="3000-0148" Deny`, nil, true)
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		head + `firewall: msg_id="3000-0148" Deny 0-External Firebox 52 tcp 20 116 203.0.113.7 198.51.100.2 62443 22 (x-00)`,
		head + `imap-proxy[1]: msg_id="22FF-0008" Allow a b tcp 10.0.1.3 1.1.1.1 5 143 msg="ProxyAllow: x" virus="Eicar" (IMAP)`,
		"LEEF:1.0|WatchGuard|XTM|12|11000005|msg=x#011src=1.1.1.1",
		"LEEF:000|WAtChGuArd|XTM|00|000\xb800|", // an id that is none, as long as one only once it is UTF-8
	}, "watchguard_firebox/*")
}
