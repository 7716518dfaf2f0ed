package attack

import (
	"strings"
)

// sign is a part of a request that ordinary visitors do not send. Its text is in lower case, decoded.
type sign struct {
	text, family, name string
}

// inTarget are signs in the path and query, decoded; what is grave stands first. A sign holds what the attack needs and
// ordinary addresses do not have, so that a search for "select" is none.
var inTarget = []sign{
	{"${jndi:", "java", "Log4Shell"},
	{"${${", "java", "Log4Shell"},
	{"class.module.classloader", "java", "Spring4Shell"},
	{"%{#", "java", "OGNL injection"},
	{"() {", "rce", "Shellshock"},
	{";wget ", "rce", "command injection"},
	{";curl ", "rce", "command injection"},
	{"|wget ", "rce", "command injection"},
	{"|curl ", "rce", "command injection"},
	{"$(wget", "rce", "command injection"},
	{"$(curl", "rce", "command injection"},
	{"`wget", "rce", "command injection"},
	{"wget http", "rce", "command injection"},
	{"wget+http", "rce", "command injection"},
	{"curl http", "rce", "command injection"},
	{"/bin/sh", "rce", "command injection"},
	{"/bin/bash", "rce", "command injection"},
	{"cmd.exe", "rce", "command injection"},
	{"powershell", "rce", "command injection"},
	{";cat /", "rce", "command injection"},
	{"|cat /", "rce", "command injection"},
	{";id;", "rce", "command injection"},
	{"$(id)", "rce", "command injection"},
	{"/boaform/admin/", "rce", "router exploit"},
	{"/gponform/", "rce", "router exploit"},
	{"/setup.cgi?next_file=", "rce", "router exploit"},
	{"/hnap1", "rce", "router exploit"},
	{"/cgi-bin/luci/;stok=", "rce", "router exploit"},
	{"/goform/", "rce", "router exploit"},
	{"invokefunction&function=call_user_func", "php", "ThinkPHP exploit"},
	{"think\\app", "php", "ThinkPHP exploit"},
	{"allow_url_include", "php", "PHP injection"},
	{"auto_prepend_file", "php", "PHP injection"},
	{"php://", "php", "PHP stream"},
	{"phar://", "php", "PHP stream"},
	{"expect://", "php", "PHP stream"},
	{"<?php", "php", "PHP injection"},
	{"eval-stdin.php", "php", "PHPUnit exploit"},
	{"=php_uname(", "php", "PHP injection"},
	{"phpinfo()", "php", "PHP injection"},
	{"union select", "sqli", "SQL injection"},
	{"union all select", "sqli", "SQL injection"},
	{"union/**/", "sqli", "SQL injection"},
	{"information_schema", "sqli", "SQL injection"},
	{"' or '", "sqli", "SQL injection"},
	{"' or 1=1", "sqli", "SQL injection"},
	{"'or'", "sqli", "SQL injection"},
	{"\" or \"", "sqli", "SQL injection"},
	{" or 1=1", "sqli", "SQL injection"},
	{"' and '", "sqli", "SQL injection"},
	{" and 1=1", "sqli", "SQL injection"},
	{"'--", "sqli", "SQL injection"},
	{"';--", "sqli", "SQL injection"},
	{"waitfor delay", "sqli", "SQL injection"},
	{"sleep(", "sqli", "SQL injection"},
	{"pg_sleep(", "sqli", "SQL injection"},
	{"benchmark(", "sqli", "SQL injection"},
	{"extractvalue(", "sqli", "SQL injection"},
	{"updatexml(", "sqli", "SQL injection"},
	{"xp_cmdshell", "sqli", "SQL injection"},
	{"load_file(", "sqli", "SQL injection"},
	{"into outfile", "sqli", "SQL injection"},
	{"group_concat(", "sqli", "SQL injection"},
	{"order by 1--", "sqli", "SQL injection"},
	{"drop table", "sqli", "SQL injection"},
	{"[$ne]", "nosql", "NoSQL injection"},
	{"[$gt]", "nosql", "NoSQL injection"},
	{"[$regex]", "nosql", "NoSQL injection"},
	{"<script", "xss", "cross-site scripting"},
	{"javascript:", "xss", "cross-site scripting"},
	{"onerror=", "xss", "cross-site scripting"},
	{"onload=", "xss", "cross-site scripting"},
	{"<svg", "xss", "cross-site scripting"},
	{"<img src=", "xss", "cross-site scripting"},
	{"<iframe", "xss", "cross-site scripting"},
	{"alert(", "xss", "cross-site scripting"},
	{"document.cookie", "xss", "cross-site scripting"},
	{"169.254.169.254", "ssrf", "request to cloud metadata"},
	{"metadata.google.internal", "ssrf", "request to cloud metadata"},
	{"gopher://", "ssrf", "server-side request"},
	{"dict://", "ssrf", "server-side request"},
	{"../", "lfi", "path traversal"},
	{"..\\", "lfi", "path traversal"},
	{"..;/", "lfi", "path traversal"},
	{"/etc/passwd", "lfi", "path traversal"},
	{"/etc/shadow", "lfi", "path traversal"},
	{"/proc/self/", "lfi", "path traversal"},
	{"win.ini", "lfi", "path traversal"},
	{"boot.ini", "lfi", "path traversal"},
	{"file:///", "lfi", "path traversal"},
	{"wp-config.php", "lfi", "configuration file"},
	{"{{7*7}}", "ssti", "template injection"},
	{"${7*7}", "ssti", "template injection"},
	{"#{7*7}", "ssti", "template injection"},
	{"{{config", "ssti", "template injection"},
	{"__import__", "ssti", "template injection"},
	{"<!entity", "xxe", "XML external entity"},
	{"<!doctype", "xxe", "XML external entity"},
	{"__proto__", "generic", "prototype pollution"},
}

// inPath are paths that nobody asks for who knows the site: probes of scanners. They count where the path begins or ends
// with them, or holds them as a part.
var inPath = []sign{
	{"/.env", "scanner", "probe for secrets"},
	{"/.git/", "scanner", "probe for source code"},
	{"/.git", "scanner", "probe for source code"},
	{"/.svn/", "scanner", "probe for source code"},
	{"/.hg/", "scanner", "probe for source code"},
	{"/.aws/", "scanner", "probe for secrets"},
	{"/.ssh/", "scanner", "probe for secrets"},
	{"/.htpasswd", "scanner", "probe for secrets"},
	{"/.htaccess", "scanner", "probe for configuration"},
	{"/.ds_store", "scanner", "probe for files"},
	{"/.vscode/", "scanner", "probe for files"},
	{"/.idea/", "scanner", "probe for files"},
	{"/id_rsa", "scanner", "probe for secrets"},
	{"/phpmyadmin", "scanner", "probe for phpMyAdmin"},
	{"/pma/", "scanner", "probe for phpMyAdmin"},
	{"/myadmin/", "scanner", "probe for phpMyAdmin"},
	{"/adminer", "scanner", "probe for Adminer"},
	{"/phpinfo", "scanner", "probe for phpinfo"},
	{"/server-status", "scanner", "probe for server status"},
	{"/actuator/", "scanner", "probe for Spring actuator"},
	{"/actuator", "scanner", "probe for Spring actuator"},
	{"/jmx-console", "scanner", "probe for JBoss"},
	{"/manager/html", "scanner", "probe for Tomcat manager"},
	{"/solr/admin", "scanner", "probe for Solr"},
	{"/_ignition/", "scanner", "probe for Laravel Ignition"},
	{"/telescope/requests", "scanner", "probe for Laravel"},
	{"/vendor/phpunit/", "php", "PHPUnit exploit"},
	{"/owa/auth/x.js", "scanner", "probe for Exchange"},
	{"/autodiscover/autodiscover.json", "scanner", "probe for Exchange"},
	{"/ecp/", "scanner", "probe for Exchange"},
	{"/remote/fgt_lang", "lfi", "FortiOS CVE-2018-13379"},
	{"/dana-na/", "scanner", "probe for Pulse Secure"},
	{"/vpn/../vpns/", "lfi", "Citrix CVE-2019-19781"},
	{"/mgmt/tm/util/bash", "rce", "F5 CVE-2022-1388"},
	{"/tmui/login.jsp/", "lfi", "F5 CVE-2020-5902"},
	{"/wp-content/plugins/wp-file-manager/lib/php/connector", "rce", "WordPress file manager exploit"},
	{"/wlwmanifest.xml", "scanner", "probe for WordPress"},
	{"/xmlrpc.php", "login", "password guessing by XML-RPC"},
	{"/wp-json/wp/v2/users", "scanner", "probe for user names"},
	{"/config.json", "scanner", "probe for configuration"},
	{"/.well-known/../", "lfi", "path traversal"},
	{"/backup.sql", "scanner", "probe for backups"},
	{"/dump.sql", "scanner", "probe for backups"},
	{"/backup.zip", "scanner", "probe for backups"},
	{"/wp-config.php.bak", "scanner", "probe for backups"},
	{"/c99.php", "web_shell", "web shell"},
	{"/r57.php", "web_shell", "web shell"},
	{"/wso.php", "web_shell", "web shell"},
	{"/alfa.php", "web_shell", "web shell"},
	{"/alfacgiapi", "web_shell", "web shell"},
	{"/b374k", "web_shell", "web shell"},
	{"/shell.php", "web_shell", "web shell"},
	{"/webshell", "web_shell", "web shell"},
	{"/cmd.php", "web_shell", "web shell"},
	{"/cmd.jsp", "web_shell", "web shell"},
	{"/shell?cd+/tmp", "rce", "router exploit"},
}

// inAgent are programs that look for weak sites, as they name themselves.
var inAgent = []string{
	"sqlmap", "nikto", "nmap", "masscan", "zgrab", "nuclei", "wpscan", "acunetix", "nessus", "openvas", "netsparker", "dirbuster",
	"gobuster", "feroxbuster", "fuzz faster", "wfuzz", "dirsearch", "arachni", "w3af", "burpcollaborator", "qualys", "havij",
	"zmeu", "morfeus", "jorgee", "muieblackcat", "sqlninja", "commix", "metasploit", "hydra", "l9explore", "l9tcpid", "libredtail",
	"hello, world", "hello world", "xfa1", "nvdorz", "zmap", "whatweb", "joomscan", "skipfish", "vega/", "webshag", "grabber",
}

var targetSigns, pathSigns, agentSigns = newFinder(inTarget), newFinder(inPath), newFinder(scanners(inAgent))

func scanners(programs []string) (signs []sign) {
	for _, program := range programs {
		signs = append(signs, sign{program, "scanner", "vulnerability scanner " + program})
	}
	return signs
}

// Request looks for signs of an attack in a request as an access log has it: target is the path and query as sent, agent
// the User-Agent, referer where it stands in the log. It decodes twice, as attackers do. ok is false when there are none,
// which says little: bodies and cookies are not in access logs.
func Request(target, agent, referer string) (family, name string, ok bool) {
	text := decoded(target)
	if f, n, ok := targetSigns.find(text); ok {
		return f, n, true
	}
	path, _, _ := strings.Cut(text, "?")
	if f, n, ok := pathSigns.find(path); ok {
		return f, n, true
	}
	agent = strings.ToLower(agent)
	if strings.Contains(agent, "${jndi:") || strings.Contains(strings.ToLower(referer), "${jndi:") {
		return "java", "Log4Shell", true
	}
	if strings.Contains(agent, "() {") {
		return "rce", "Shellshock", true
	}
	if strings.Contains(agent, "<?php") || strings.Contains(agent, "<script") {
		return "generic", "code in the User-Agent", true
	}
	return agentSigns.find(agent)
}

// decoded returns a target in lower case, its percent escapes taken back up to twice, plus signs and SQL comments as
// spaces. What is no escape stays as it is.
func decoded(target string) string {
	if len(target) > maxTarget {
		target = target[:maxTarget]
	}
	text := []byte(target)
	for range 2 {
		if before := len(text); len(unescape(&text)) == before {
			break
		}
	}
	for i, c := range text {
		switch {
		case c >= 'A' && c <= 'Z':
			text[i] = c + 'a' - 'A'
		case c == '+' || c == '\t' || c == '\n' || c == '\r' || c == 0:
			text[i] = ' '
		}
	}
	plain := string(text)
	if strings.Contains(plain, "/**/") {
		plain = strings.ReplaceAll(plain, "/**/", " ")
	}
	return plain
}

const maxTarget = 8 << 10

// unescape takes percent escapes back in place, %u00XX of IIS among them.
func unescape(text *[]byte) []byte {
	from, to := *text, (*text)[:0]
	for i := 0; i < len(from); i++ {
		if from[i] == '%' {
			if i+2 < len(from) && hex(from[i+1]) >= 0 && hex(from[i+2]) >= 0 {
				to = append(to, byte(hex(from[i+1])<<4|hex(from[i+2])))
				i += 2
				continue
			}
			if i+5 < len(from) && (from[i+1] == 'u' || from[i+1] == 'U') && from[i+2] == '0' && from[i+3] == '0' && hex(from[i+4]) >= 0 && hex(from[i+5]) >= 0 {
				to = append(to, byte(hex(from[i+4])<<4|hex(from[i+5])))
				i += 5
				continue
			}
		}
		to = append(to, from[i])
	}
	*text = to
	return to
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
