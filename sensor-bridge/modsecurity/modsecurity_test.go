package modsecurity

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsEveryForm(t *testing.T) {
	const rules = `[id "942100"] [msg "SQL Injection Attack Detected via libinjection"] [severity "CRITICAL"] [tag "attack-sqli"] [hostname "a.example"] [uri "/login"]`
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"Apache, denied", `[Wed Mar 04 10:00:00.123456 2026] [:error] [pid 1:tid 1] [client 203.0.113.7:4000] [client 203.0.113.7] ModSecurity: Access denied with code 403 (phase 2). detected SQLi [file "x"] ` + rules, sample.Want{
			"source": "waf", "class": "waf_attack", "family": "sqli", "outcome": "prevented", "src_ip": "203.0.113.7", "src_port": 4000, "code": "942100", "site": "a.example", "path": "/login", "status": 403,
			"time": "2026-03-04T10:00:00Z", "severity": "CRITICAL",
		}},
		{"Apache, warned", `[Wed Mar 04 10:00:00 2026] [error] [client 203.0.113.7] ModSecurity: Warning. detected SQLi ` + rules, sample.Want{"outcome": "detected", "src_ip": "203.0.113.7"}},
		{"nginx", `2026/03/04 10:00:00 [error] 1#1: *1 [client 203.0.113.7] ModSecurity: Access denied with code 403 (phase 2). Matched [id "949110"] [msg "Inbound Anomaly Score Exceeded (Total Score: 5)"] [severity "2"] [hostname "192.168.1.10"] [uri "/"] , client: 203.0.113.7, server: a, request: "GET /?q=1 HTTP/1.1", host: "a.example"`, sample.Want{
			"outcome": "prevented", "family": "generic", "site": "a.example", "method": "GET", "time": "2026-03-04T10:00:00Z", "path": "/",
		}},
		{"native", "--5f3e2a1b-A--\n[04/Mar/2026:10:00:00.123456 +0900] abc 203.0.113.7 4000 192.168.1.10 443\n--5f3e2a1b-B--\nGET /?q=1 HTTP/1.1\nHost: a.example\nUser-Agent: curl/8\n\n--5f3e2a1b-F--\nHTTP/1.1 403 Forbidden\n\n--5f3e2a1b-H--\nMessage: Warning. x " + rules + "\nMessage: Access denied with code 403 [id \"949110\"] [msg \"Inbound\"] [severity \"CRITICAL\"]\nAction: Intercepted (phase 2)\n\n--5f3e2a1b-Z--", sample.Want{
			"outcome": "prevented", "family": "sqli", "src_port": 4000, "dst_port": 443, "time": "2026-03-04T01:00:00Z", "status": 403, "user_agent": "curl/8", "url": "http://a.example/?q=1", "rule_ids": []int{942100, 949110},
		}},
		{"JSON of libmodsecurity", `{"transaction":{"client_ip":"203.0.113.7","time_stamp":"Wed Mar  4 10:00:00 2026","client_port":4000,"host_ip":"192.168.1.10","host_port":443,"unique_id":"x","request":{"method":"GET","http_version":1.1,"uri":"/?q=1","headers":{"Host":"a.example"}},"response":{"http_code":200},"producer":{"modsecurity":"ModSecurity v3"},"messages":[{"message":"XSS Attack","details":{"ruleId":"941100","severity":"2","tags":["attack-xss"]}}]}}`, sample.Want{
			"outcome": "detected", "family": "xss", "site": "a.example", "code": "941100",
		}},
		{"JSON of Coraza", `{"transaction":{"timestamp":"2026/03/04 01:00:00","unix_timestamp":1772586000000000000,"id":"x","client_ip":"203.0.113.7","client_port":1,"request":{"method":"POST","uri":"/a","headers":{"host":["a.example"]}},"response":{"status":403},"producer":{"connector":"x"},"is_interrupted":true},"messages":[{"message":"x","data":{"id":932100,"msg":"Remote Command Execution","severity":2,"tags":["attack-rce"]}}]}`, sample.Want{
			"outcome": "prevented", "family": "rce", "time": "2026-03-04T01:00:00Z", "site": "a.example", "method": "POST",
		}},
		{"somebody else's JSON", `{"transaction":{"id":1}}`, nil},
		{"a sentence about it", `Mar  4 10:00:00 host app: ModSecurity: reloaded`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{
		"--12345678-A--\n[x] a b 1 c 2\n--12345678-B--\nGET / HTTP/1.1\n--12345678-H--\n[id \"1\"] [tag \"\"]\n--12345678-Z--",
		`[client 1.2.3.4] ModSecurity: Warning. [id "1"] [msg "\"`, `{"transaction":{"messages":[{"details":{"tags":[1]}}]}}`,
	}, "waf_modsecurity/*")
}
