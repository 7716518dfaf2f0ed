package bench

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A gardener makes requests on the border of what HTTP allows, and beyond it. Each begins as an ordinary one and is then
// bent in one to three places. Equal seeds make equal requests.
type gardener struct{ *rand.Rand }

func newGardener(seed uint64) gardener { return gardener{rand.New(rand.NewPCG(seed, 4))} }

func (g gardener) pick(list []string) string { return list[g.IntN(len(list))] }

var (
	gardenMethods = []string{"GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"}
	gardenTargets = []string{
		"/", "/?a=1", "/a/b/c?x=y&z", "/a;b=c/d", "/?a=1;b=2&c=%zz", "/%E6%A4%9C?q=%E6%A4%9C", "/?q=検索", "/a%2Fb", "/a%2fb?c%2Fd",
		"//a//b", "/./a/../b", "/%2e%2e/a", "/a+b?c+d", "/?", "/a?b?c", "/a|b", "/?a[]=1&a[]=2", "/a~b!$'()*,=:@", "/?%00", "/a%20b", "/a%0d%0ab",
		"/a%23b", "/a\\b", "/?a=\"<>", "/*", "/a%", "/?%", "/a^b`c{d}", "/?a=b&a=c&&d", "/.", "/..", "/a/", "/a//?b",
	}
	gardenBent   = []string{"/a#b", "/a b", "/a\tb", "*", "a", "", "http://x/", "/\x00", "/\x7f", "/a\r\nX: y", "?a", "//", "/a\x0bb"}
	gardenNames  = []string{"X-Plain", "X-A.B", "x-lower", "X-UPPER", "Accept-Language", "Cookie", "Referer", "X!#$%&'*+-.^`|~", "Via", "Range", "Cache-Control", "X_Under"}
	gardenValues = []string{"", "a", "a, b", "  a  ", "a\tb", "検索", "\xe9", "\"a\\\"b\"", "a;b=c", "=?utf-8?q?a?=", strings.Repeat("v", 3000), "a:b", "[::1]:80", "%0d%0a", "${x}"}
	gardenFields = []string{ // each may make the request another for somebody
		"Content-Length: 5", "Content-Length: 0", "Content-Length: 05", "Content-Length: +5", "Content-Length: 5,5", "Content-Length: 5 5", "Content-Length:\x0b5", "Content-Length: 0x5", "Content-Length: -0",
		"Content-Length : 5", "content_length: 5", "Content-Length\x00: 5", "\x0bContent-Length: 5", " Content-Length: 5", "Content-Length: 5\r", "Content-Length:", "Content-Length: 99999999999999999999",
		"Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding: identity", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked",
		"Transfer-Encoding:\tchunked", "Transfer-Encoding:\x0bchunked", "Transfer-Encoding: chunked ", "Transfer-Encoding : chunked", "Transfer_Encoding: chunked", "Transfer-Encoding\r\n : chunked", "Transfer-Encoding: \"chunked\"",
		"Transfer-Encoding: ,chunked", "Transfer-Encoding: chunked;q=1", "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked", "Transfer-Encoding: chu\r\n nked", "Transfer-Encoding: cHuNkEd", "TE: trailers", "TE: chunked",
		"Host: other.example", "Host: ", "host : other.example", "X-Forwarded-Host: other.example", "Connection: close", "Connection: keep-alive, Content-Length", "Connection: Transfer-Encoding", "Connection: Host", "Connection: Cookie",
		"Expect: 100-continue", "Expect: 200-ok", "Upgrade: h2c", "Trailer: Content-Length", "Content-Type: text/plain", "Content-Encoding: identity", "Proxy-Connection: close", "Keep-Alive: 5", "HTTP2-Settings: AAMAAABk",
		":authority: other.example", "X", ": y", "X: a\x00b", "X: a\x7fb", "GET /smuggled HTTP/1.1", "\tX: y", "X-Method-Override: PUT", "Range: bytes=0-",
	}
	gardenVersions = []string{"HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/1.1 ", " HTTP/1.1", "http/1.1", "HTTP/01.1", "HTTP/1.1\t", "", "HTTP/0.9", "HTTP/1.01"}
	gardenChunks   = []string{
		"5\r\nhello\r\n0\r\n\r\n", "05\r\nhello\r\n0\r\n\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n", "0\r\n\r\n", "A\r\n0123456789\r\n0\r\n\r\n",
		"5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\n", "0x5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "5;\n\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
		"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", "5\r\nhello\r\n0\r\nHost: other.example\r\n\r\n", "fffffffffffffffff5\r\nhello\r\n0\r\n\r\n", "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n", "5\r\rhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r", "5\r\nhello\r\n-0\r\n\r\n",
		"5\r\nhello\r\n00000\r\n\r\n", "5\r\nhello\r\n0;x\r\n\r\n", "\r\n5\r\nhello\r\n0\r\n\r\n",
	}
)

// request makes one. Its Host is left open: the same bytes go to every server under its own name.
func (g gardener) request() func(host string) string {
	method, target, version := g.pick(gardenMethods), g.pick(gardenTargets), "HTTP/1.1"
	var fields []string
	for range g.IntN(4) {
		fields = append(fields, g.pick(gardenNames)+": "+g.pick(gardenValues))
	}
	body := ""
	switch {
	case method == "GET" || method == "HEAD" || method == "DELETE" || method == "OPTIONS":
	case g.IntN(2) == 0:
		body = g.pick([]string{"hello", "a=b", "a=1&a=2", "\x00\xff", strings.Repeat("x", 70000)})
		fields = append(fields, fmt.Sprintf("Content-Length: %d", len(body)))
	default:
		body = g.pick(gardenChunks[:7])
		fields = append(fields, "Transfer-Encoding: chunked")
	}
	eol, ends := "\r\n", "\r\n"
	if g.IntN(2) == 0 { // bend it
		for range 1 + g.IntN(3) {
			switch g.IntN(12) {
			case 0:
				target = g.pick(gardenBent)
			case 1:
				version = g.pick(gardenVersions)
			case 2:
				body = g.pick(gardenChunks)
				fields = append(fields, "Transfer-Encoding: chunked")
			case 3:
				eol = g.pick([]string{"\n", "\r", "\r\r\n", "\n\r\n"})
			case 4:
				ends = g.pick([]string{"\n", "\r", "", "\r\r\n"})
			case 5:
				method = g.pick([]string{"get", "GE T", "G\x00T", "CONNECT", "TRACE", "PRI", "\r\nGET", " GET", "X-ODD", "GET\t"})
			default:
				at := g.IntN(len(fields) + 1)
				fields = append(fields[:at:at], append([]string{g.pick(gardenFields)}, fields[at:]...)...)
			}
		}
	}
	hostFirst, twoHosts := g.IntN(4) > 0, g.IntN(40) == 0
	return func(host string) string {
		all := append([]string{}, fields...)
		if hostFirst {
			all = append([]string{"Host: " + host}, all...)
		} else {
			all = append(all, "Host: "+host)
		}
		if twoHosts {
			all = append(all, "Host: "+host)
		}
		return method + " " + target + " " + version + "\r\n" + plainBrowser + strings.Join(all, eol) + "\r\n" + ends + body
	}
}
