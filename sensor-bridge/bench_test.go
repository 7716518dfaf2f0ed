package sensorbridge

import (
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// lines are of each kind that a small firm's firewall sends most, in the length they really have.
var lines = map[string][]string{
	"watchguard": {
		`<140>Apr  2 11:36:21 WatchGuard-Firebox FVE6035FD3AE3 (2025-04-02T06:06:21) firewall: msg_id="3000-0148" Deny 0-External Firebox 390 udp 20 16 203.0.113.7 198.51.100.2 5041 5041 flags="SR" duration="0" sent_pkts="0" rcvd_pkts="0" sent_bytes="0" rcvd_bytes="0"  (Unhandled External Packet-00)`,
		`<142>Apr  2 11:36:21 WatchGuard-Firebox FVE6035FD3AE3 (2025-04-02T06:06:21) http-proxy[2100]: msg_id="1AFF-0024" Allow 1-Trusted 0-External tcp 10.0.1.3 203.0.113.9 50633 80 msg="ProxyAllow: HTTP request" proxy_act="HTTP-Client.Standard.1" op="GET" dstname="www.example.co.jp" arg="/products/list?page=2" sent_bytes="512" rcvd_bytes="20480" elapsed_time="0.120 sec(s)" app_id="0" app_cat_id="0" reputation="1" cats="Business" src_user="taro@Firebox-DB" (HTTP-proxy-00)`,
		`<142>Apr  2 11:36:21 WatchGuard-Firebox FVE6035FD3AE3 (2025-04-02T06:06:21) firewall: msg_id="3000-0150" Deny 1-Trusted 0-External 1440 tcp 20 61 10.0.1.2 203.0.113.9 55810 80 offset 5 A 447868619 win 54 signature_name="EXPLOIT file buffer overflow -1.2" signature_cat="Misc" signature_id="1112464" severity="4" sig_vers="18.124" msg="IPS detected"  (HTTP-00)`,
	},
	"fortigate": {
		`<189>date=2026-03-04 time=10:00:00 devname="fw01" devid="FG100F0000000000" eventtime=1772586000000000000 tz="+0900" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=192.168.1.10 srcport=54321 srcintf="lan" srcintfrole="lan" dstip=203.0.113.9 dstport=443 dstintf="wan1" dstintfrole="wan" srccountry="Reserved" dstcountry="Japan" sessionid=1490845588 proto=6 action="close" policyid=1 policytype="policy" poluuid="707a0d88-c972-51e7-bbc7-4d421660557b" service="HTTPS" trandisp="snat" transip=198.51.100.2 transport=54321 duration=12 sentbyte=2048 rcvdbyte=40960 sentpkt=12 rcvdpkt=40 appcat="unscanned"`,
		`<185>date=2026-03-04 time=10:00:00 devname="fw01" devid="FG100F0000000000" eventtime=1772586000000000000 tz="+0900" logid="0419016384" type="utm" subtype="ips" eventtype="signature" level="alert" vd="root" severity="high" srcip=203.0.113.7 srccountry="United States" dstip=192.168.1.10 srcintf="wan1" srcintfrole="wan" dstintf="dmz" dstintfrole="dmz" sessionid=4711 action="dropped" proto=6 service="HTTP" policyid=7 attack="Apache.Log4j.Error.Log.Remote.Code.Execution" srcport=4000 dstport=80 hostname="www.example.jp" url="/?x=1" direction="outgoing" attackid=51006 profile="default" ref="http://www.fortinet.com/ids/VID51006" incidentserialno=123 msg="applications3: Apache.Log4j" crscore=30 craction=8192 crlevel="high"`,
	},
}

// How many lines one core turns into events, from the bytes of a datagram to a redacted sekisho.Event:
//
//	go test -run '^$' -bench Decode -cpu 1 -count 5 ./sensor-bridge
func BenchmarkDecode(b *testing.B) {
	origin := line.Origin{Received: time.Date(2026, 3, 4, 1, 0, 1, 0, time.UTC), Zone: time.UTC}
	for vendor, lines := range lines {
		b.Run(vendor, func(b *testing.B) {
			raw := make([][]byte, len(lines))
			for i, l := range lines {
				raw[i] = []byte(l)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				r := line.Read(raw[n%len(raw)], origin)
				if e := Decode(&r); e.Vendor == "" {
					b.Fatal(e)
				}
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
