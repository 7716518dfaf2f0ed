package accesslog

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

const browser = `"Mozilla/5.0 (Windows NT 10.0; Win64; x64)"`

func TestDecode_readsLogsOfWebServers(t *testing.T) {
	tests := []struct {
		name, input string
		want        sample.Want
	}{
		{"combined", `203.0.113.7 - taro [04/Mar/2026:10:00:00 +0900] "GET /products?id=1 HTTP/1.1" 200 512 "https://www.example.co.jp/" ` + browser, sample.Want{
			"source": "web", "class": "noise", "outcome": "unknown", "time": "2026-03-04T01:00:00Z", "time_trust": "exact", "src_ip": "203.0.113.7",
			"user": "taro", "method": "GET", "path": "/products", "origin_status": 200, "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
		}},
		{"common", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET / HTTP/1.0" 304 -`, sample.Want{"class": "noise", "origin_status": 304}},
		{"virtual host first", `www.example.co.jp:443 203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET /.env HTTP/1.1" 404 196 "-" "curl/8"`, sample.Want{
			"site": "www.example.co.jp", "dst_port": 443, "url": "https://www.example.co.jp/.env", "class": "scan", "family": "scanner", "outcome": "refused",
		}},
		{"chain of proxies", `203.0.113.7, 10.0.0.1 - - [04/Mar/2026:10:00:00 +0900] "GET / HTTP/1.1" 200 1 "-" "-"`, sample.Want{"src_ip": "203.0.113.7"}},
		{"injection let through", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET /?q=1%27+UNION+SELECT+1 HTTP/1.1" 200 512 "-" ` + browser, sample.Want{
			"class": "waf_attack", "family": "sqli", "outcome": "unknown",
		}},
		{"traversal that broke the server", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET /../../etc/passwd HTTP/1.1" 500 512 "-" "-"`, sample.Want{"family": "lfi", "outcome": "errored"}},
		{"redirected", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET /phpmyadmin/ HTTP/1.1" 301 0 "-" "-"`, sample.Want{"class": "scan", "outcome": "redirected"}},
		{"TLS on the plain port", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "\x16\x03\x01\x00" 400 226 "-" "-"`, sample.Want{"class": "scan", "outcome": "refused", "confidence": 0.7}},
		{"nothing sent", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "-" 408 - "-" "-"`, sample.Want{"class": "noise"}},
		{"WordPress password wrong", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "POST /wp-login.php HTTP/1.1" 200 5000 "-" ` + browser, sample.Want{"class": "login_failure", "family": "login", "outcome": "prevented"}},
		{"WordPress password right", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "POST /wp-login.php HTTP/1.1" 302 0 "-" ` + browser, sample.Want{"class": "noise", "family": "login", "outcome": "succeeded"}},
		{"cut in the agent", `203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET / HTTP/1.1" 200 5 "-" "Mozilla/5.0 (Win`, sample.Want{"user_agent": "Mozilla/5.0 (Win"}},
		{"syslog in front", `<190>Mar  4 10:00:00 web01 nginx: 203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET /.git/config HTTP/1.1" 404 5 "-" "-"`, sample.Want{"family": "scanner", "outcome": "refused"}},
		{"IIS", `2026-03-04 01:00:00 192.168.1.10 GET /a.aspx id=1'+or+1=1-- 443 - 203.0.113.7 Mozilla/5.0+(Windows) - 500 0 0 15`, sample.Want{
			"vendor": "Microsoft", "time": "2026-03-04T01:00:00Z", "src_ip": "203.0.113.7", "dst_ip": "192.168.1.10", "dst_port": 443, "family": "sqli", "outcome": "errored", "user_agent": "Mozilla/5.0 (Windows)",
		}},
		{"AWS load balancer", `https 2026-03-04T01:00:00.186641Z app/web/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/?x=<script> HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2`, sample.Want{
			"src_ip": "203.0.113.7", "src_port": 2817, "site": "www.example.com", "family": "xss", "outcome": "unknown", "url": "https://www.example.com/?x=<script>",
		}},
		{"nginx JSON", `{"time_iso8601":"2026-03-04T10:00:00+09:00","remote_addr":"203.0.113.7","request":"GET /.env HTTP/1.1","status":"403","http_user_agent":"curl/8","host":"a.example"}`, sample.Want{
			"time": "2026-03-04T01:00:00Z", "family": "scanner", "outcome": "refused", "site": "a.example",
		}},
		{"Caddy", `{"level":"info","ts":1772586000.5,"logger":"http.log.access","request":{"remote_ip":"203.0.113.7","remote_port":"4000","method":"GET","host":"a.example","uri":"/.env","headers":{"User-Agent":["curl/8"]}},"status":404}`, sample.Want{
			"product": "Caddy", "src_port": 4000, "user_agent": "curl/8", "outcome": "refused", "path": "/.env",
		}},
		{"HAProxy", `<134>Mar  4 10:00:00 lb haproxy[1234]: 203.0.113.7:4000 [04/Mar/2026:10:00:00.655] http-in static/srv1 10/0/30/69/109 404 2750 - - ---- 1/1/1/1/0 0/0 {a.example} {} "GET /.env HTTP/1.1"`, sample.Want{
			"vendor": "HAProxy", "src_port": 4000, "time": "2026-03-04T10:00:00.655Z", "outcome": "refused", "family": "scanner", "path": "/.env",
		}},
		{"HAProxy, no request", `<134>Mar  4 10:00:00 lb haproxy[1234]: 203.0.113.7:4000 [04/Mar/2026:10:00:00.655] tcp-in db/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0`, sample.Want{"class": "noise", "src_ip": "203.0.113.7"}},
		{"no access log", `Mar  4 10:00:00 host kernel: [12.3] something "GET /" 1`, nil},
		{"other JSON", `{"status":"ok","client_ip":"1.2.3.4"}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { sample.Expect(t, Decode, tt.input, tt.want, true) })
	}
}

func TestDecode_readsTheColumnsThatAFileNames(t *testing.T) {
	r := line.Read([]byte("2026-03-04\t01:00:00\tNRT57\t203.0.113.7\tGET\td1.cloudfront.net\t/.env\t403\t-\tcurl/8"), line.Origin{Received: time.Now()})
	r.Columns = strings.Fields("date time x-edge-location c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent)")
	var e sekisho.Event
	if !Decode(&r, &e) {
		t.Fatal("refused")
	}
	sample.Compare(t, e, sample.Want{"product": "CloudFront", "src_ip": "203.0.113.7", "outcome": "refused", "family": "scanner", "time": "2026-03-04T01:00:00Z"})
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		`a:1 203.0.113.7, ::1 - - [04/Mar/2026:10:00:00 +0900] "GET /%2e HTTP/1.1" 200 1 "\"" "x`,
		`2026-03-04 01:00:00 192.168.1.10 GET /a id=1 443 - 203.0.113.7 M - 500 0 0 15`, `{"remote_addr":"1.2.3.4","request":"GET / HTTP/1.1","status":200}`,
	}, "syslog_generic/*")
}

func BenchmarkDecode(b *testing.B) {
	text := []byte(`203.0.113.7 - - [04/Mar/2026:10:00:00 +0900] "GET /products/list?category=%E8%8C%B6&page=3 HTTP/1.1" 200 5120 "https://www.example.co.jp/" ` + browser)
	for b.Loop() {
		r := line.Read(text, line.Origin{})
		var e sekisho.Event
		if !Decode(&r, &e) {
			b.Fatal("refused")
		}
	}
}
