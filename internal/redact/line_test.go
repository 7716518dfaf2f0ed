package redact

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLine_hidesSecrets(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"key=value", `user="taro" password="hun ter2" act=x`, `user="taro" password="[redacted]" act=x`},
		{"query of a URL", `url="/login?next=/&access_token=abc.def-1&x=1"`, `url="/login?next=/&access_token=[redacted]&x=1"`},
		{"JSON", `{"user":"taro","passwd":"hun\"ter 2","n":1}`, `{"user":"taro","passwd":"[redacted]","n":1}`},
		{"JSON in JSON", `{"raw":"{\"password\":\"hunter2\",\"a\":1}"}`, `{"raw":"{\"password\":\"[redacted]\",\"a\":1}"}`},
		{"header", "Authorization: Basic dGFybzpodW50ZXIy", "Authorization: [redacted]"},
		{"cookie", "Cookie: a=b; PHPSESSID=123\nHost: a", "Cookie: [redacted]\nHost: a"},
		{"command line", `CommandLine="net.exe use \\srv -password hunter2 /y"`, `CommandLine="net.exe use \\srv -password [redacted] /y"`},
		{"command line with two hyphens", `mysql --password=hunter2 -u root`, `mysql --password=[redacted] -u root`},
		{"slash option", `cmd /password hunter2`, `cmd /password [redacted]`},
		{"bearer", "sent Bearer abcdefgh12345678 along", "sent Bearer [redacted] along"},
		{"web token", "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", "x [redacted] y"},
		{"URL with a password", "http://taro:hunter2@example.jp/", "http://taro:[redacted]@example.jp/"},
		{"session that is a credential", "sid=4f9a8c7b6d5e4f3a2b1c", "sid=[redacted]"},
		{"card", "msg=4111-1111-1111-1111", "msg=[redacted]"},
		{"My Number", "id 123456789018 x", "id [redacted] x"},
		{"full-width card", "４１１１１１１１１１１１１１１１", "[redacted]"},
		{"Japanese", "パスワードはhunter2です", "パスワードは[redacted]です"},
		{"XML", "<Password>hunter2</Password>", "<Password>[redacted]</Password>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Line(tt.input, MaxLen); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLine_keepsWhatAnIncidentNeeds(t *testing.T) {
	for _, line := range []string{
		`date=2019-05-13 time=17:05:59 eventtime=1557749159000000000 logid="0720018433" sessionid=1490845588 action="pass"`,
		`signature_name="EXPLOIT Apple QuickTime FLIC" signature_id="1112464" signature="ET SCAN Nmap" sid=2010935`,
		"Authentication of BOVPN TLS client [test] was rejected, password is incorrect",
		"reason=sslvpn_login_password_expired passthrough", "auth=success session=8123 pan=1",
		"User admin: password change required", "S-1-5-21-1004336348-1177238915-682003330-512",
		`hash="275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"`, "2025-04-15T10:12:13 1744679533500",
	} {
		if got := Line(line, MaxLen); got != line {
			t.Errorf("got %q, want it unchanged: %q", got, line)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, seed := range []string{"password=x", `{"token":"`, "4111 1111 1111 1111", "パスワード「", "\xff\x80", "Cookie:", "-pass x", "sid=", "://a:b@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s, MaxLen)
		if !utf8.ValidString(got) || len(got) > MaxLen {
			t.Fatalf("Line(%q) = %d bytes, valid UTF-8: %v", s, len(got), utf8.ValidString(got))
		}
		if strings.Contains(Line(s+"\npassword=Zx9Qv7\n", MaxLen), "Zx9Qv7") && len(s) < MaxLen-64 {
			t.Fatalf("Line keeps a password behind %q", s)
		}
		if strings.Contains(Line(s+"\n4111111111111111\n", MaxLen), "4111111111111111") && len(s) < MaxLen-64 {
			t.Fatalf("Line keeps a card number behind %q", s)
		}
	})
}

// How much of a decoder's time goes into looking for secrets in an ordinary line of a firewall.
func BenchmarkLine(b *testing.B) {
	const line = `<134>date=2019-05-13 time=17:05:59 devname="FGVM" devid="FGVM00" eventtime=1557749159000000000 tz="+0900" logid="0720018433" type="utm" subtype="anomaly" eventtype="anomaly" level="alert" vd="vdom1" severity="critical" srcip=10.1.100.11 srccountry="Reserved" dstip=172.16.200.55 srcintf="port12" srcintfrole="undefined" sessionid=0 action="clear_session" proto=1 service="PING" count=1 attack="icmp_flood" icmpid="0x3053" icmptype="0x08" icmpcode="0x00" attackid=16777316 policyid=1 policytype="DoS-policy" ref="http://www.fortinet.com/ids/VID16777316" msg="anomaly: icmp_flood, 51 > threshold 50" crscore=50 craction=4096 crlevel="critical"`
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		_ = Line(line, MaxLen)
	}
}
