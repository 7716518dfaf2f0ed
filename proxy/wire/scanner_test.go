package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

var limits = DefaultLimits(8 << 10)

// verdict runs all bytes through a scanner in pieces of n bytes, and returns how many were settled.
func verdict(b []byte, n int) (settled int, v *Violation) {
	s := NewScanner(limits)
	for have := min(n, len(b)); ; have = min(have+n, len(b)) {
		done, v := s.Scan(b[settled:have])
		settled += done
		if v != nil || have == len(b) {
			return settled, v
		}
	}
}

const (
	line = "GET / HTTP/1.1\r\n"
	host = "Host: a.example\r\n"
	post = "POST / HTTP/1.1\r\n" + host
)

// broken are requests that break one rule each.
var broken = []struct {
	name, request string
	want          *Violation
}{
	{"bare line feeds", "GET / HTTP/1.1\nHost: a.example\n\n", BareLF},
	{"a bare line feed behind a field", line + "Host: a.example\nX: y\r\n\r\n", BareLF},
	{"a bare line feed at the end", line + host + "\n", BareLF},
	{"a bare carriage return in a value", line + host + "X: a\rb\r\n\r\n", BareCR},
	{"a bare carriage return in the target", "GET /\r/ HTTP/1.1\r\n" + host + "\r\n", BareCR},
	{"two carriage returns", line + host + "X: a\r\r\n\r\n", BareCR},
	{"an empty line first", "\r\n" + line + host + "\r\n", BlankLine},
	{"a folded field", line + host + "X: a\r\n b\r\n\r\n", FoldedLine},
	{"a field folded by a tab", line + host + "X: a\r\n\tb\r\n\r\n", FoldedLine},
	{"a first field that begins with a space", line + " Host: a.example\r\n\r\n", FoldedLine},
	{"a space before the colon", line + "Host : a.example\r\n\r\n", SpaceBeforeName},
	{"a tab before the colon", post + "Content-Length\t: 5\r\n\r\n", SpaceBeforeName},
	{"a field without a colon", line + host + "X\r\n\r\n", BadFieldName},
	{"a field without a name", line + host + ": x\r\n\r\n", BadFieldName},
	{"a control character in a name", line + host + "X\x0b: y\r\n\r\n", BadFieldName},
	{"a letter beyond ASCII in a name", line + host + "X\xc3\xa4: y\r\n\r\n", BadFieldName},
	{"NUL in a value", line + host + "X: a\x00b\r\n\r\n", BadFieldValue},
	{"a control character in a value", line + host + "X: a\x0bb\r\n\r\n", BadFieldValue},
	{"DEL in a value", line + host + "X: a\x7fb\r\n\r\n", BadFieldValue},
	{"no host", line + "\r\n", NoHost},
	{"a host with a user", line + "Host: u@a.example\r\n\r\n", BadHost},
	{"a host with a path", line + "Host: a.example/x\r\n\r\n", BadHost},
	{"a list of hosts", line + "Host: a.example, b.example\r\n\r\n", BadHost},
	{"a host with a space", line + "Host: a example\r\n\r\n", BadHost},
	{"two hosts", line + host + "Host: b.example\r\n\r\n", TwoHosts},
	{"two equal hosts", line + host + host + "\r\n", TwoHosts},
	{"a target of another host", "GET http://b.example/ HTTP/1.1\r\n" + host + "\r\n", TwoHosts},
	{"a target of the host with another port", "GET http://a.example:81/ HTTP/1.1\r\n" + host + "\r\n", TwoHosts},
	{"a user in the target", "GET http://u@a.example/ HTTP/1.1\r\nHost: u@a.example\r\n\r\n", BadTarget},
	{"a target without a host", "GET http:///x HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"a target of another scheme", "GET ftp://a.example/ HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"a target without a slash", "GET x HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"CONNECT", "CONNECT a.example:443 HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"an asterisk with GET", "GET * HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"a fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"an escape that is none", "GET /a%zz HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"an escape that is not whole", "GET /a%4 HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"an escape that the query cuts off", "GET /a%4?b HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"NUL in the target", "GET /\x00 HTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"a tab for a space", "GET\t/ HTTP/1.1\r\n" + host + "\r\n", BadMethod},
	{"a tab behind the target", "GET /\tHTTP/1.1\r\n" + host + "\r\n", BadTarget},
	{"two spaces", "GET  / HTTP/1.1\r\n" + host + "\r\n", BadRequestLine},
	{"two spaces before the version", "GET /  HTTP/1.1\r\n" + host + "\r\n", BadRequestLine},
	{"a space in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", BadRequestLine},
	{"a space behind the version", "GET / HTTP/1.1 \r\n" + host + "\r\n", BadRequestLine},
	{"a space before the method", " GET / HTTP/1.1\r\n" + host + "\r\n", BadMethod},
	{"a method that is no token", "GE(T / HTTP/1.1\r\n" + host + "\r\n", BadMethod},
	{"HTTP/0.9", "GET /\r\n", BadRequestLine},
	{"one word", "hello\r\n", BadRequestLine},
	{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BadVersion},
	{"HTTP/1.2", "GET / HTTP/1.2\r\n" + host + "\r\n", BadVersion},
	{"a version of three digits", "GET / HTTP/1.10\r\n" + host + "\r\n", BadRequestLine},
	{"a version in small letters", "GET / http/1.1\r\n" + host + "\r\n", BadRequestLine},
	{"a request line without an end", "GET /" + strings.Repeat("a", limits.Line), TargetTooLong},
	{"a head without an end", line + host + "X: " + strings.Repeat("a", limits.Head), HeadTooLarge},
	{"more fields than anybody needs", line + host + strings.Repeat("a:b\r\n", limits.Fields), HeadTooLarge},
	{"two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", TwoLengths},
	{"two equal lengths", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", TwoLengths},
	{"a list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello", BadLength},
	{"a length with a sign", post + "Content-Length: +5\r\n\r\nhello", BadLength},
	{"a negative length", post + "Content-Length: -1\r\n\r\n", BadLength},
	{"a hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello", BadLength},
	{"an empty length", post + "Content-Length:\r\n\r\n", BadLength},
	{"a length that overflows", post + "Content-Length: 18446744073709551621\r\n\r\nhello", BadLength},
	{"a length beside chunks", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", TwoLengths},
	{"chunks beside a length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", TwoLengths},
	{"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", CodingInOld},
	{"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BadCoding},
	{"chunked, chunked", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", BadCoding},
	{"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", BadCoding},
	{"identity", post + "Transfer-Encoding: identity\r\n\r\n", BadCoding},
	{"chunked in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", BadCoding},
	{"an empty coding", post + "Transfer-Encoding:\r\n\r\n", BadCoding},
	{"chunked that is followed by a character", post + "Transfer-Encoding: chunked;x\r\n\r\n0\r\n\r\n", BadCoding},
	{"an expectation of another kind", post + "Expect: 200-ok\r\nContent-Length: 5\r\n\r\n", BadExpect},
}

const chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

// brokenBodies have a sound head.
var brokenBodies = []struct {
	name, body string
	want       *Violation
}{
	{"a size that is no number", "x\r\n", BadChunk},
	{"an empty size", "\r\n", BadChunk},
	{"a size with a sign", "+1\r\na\r\n0\r\n\r\n", BadChunk},
	{"a size with 0x", "0x1\r\na\r\n0\r\n\r\n", BadChunk},
	{"a size with an underscore", "1_0\r\n", BadChunk},
	{"a size that overflows", "fffffffffffffffff\r\n", BadChunk},
	{"a size behind a space", " 1\r\na\r\n0\r\n\r\n", BadChunk},
	{"a size before a space", "1 \r\na\r\n0\r\n\r\n", BadChunk},
	{"a bare line feed behind the size", "1\na\r\n0\r\n\r\n", BareLF},
	{"a bare line feed behind the chunk", "1\r\na\n0\r\n\r\n", BadChunk},
	{"a bare carriage return behind the chunk", "1\r\na\rx0\r\n\r\n", BadChunk},
	{"a chunk that is longer than it says", "1\r\nab\r\n0\r\n\r\n", BadChunk},
	{"a bare carriage return in an extension", "1;a\rb\r\na\r\n0\r\n\r\n", BadChunk},
	{"a bare line feed in an extension", "1;a\nb\r\na\r\n0\r\n\r\n", BareLF},
	{"a long extension", "1;" + strings.Repeat("a", maxChunkLine), ChunkExtensions},
	{"many extensions", strings.Repeat("1;"+strings.Repeat("a", 200)+"\r\na\r\n", 6), ChunkExtensions},
	{"a bare line feed behind the last chunk", "0\r\n\n", BareLF},
	{"a length in the trailer", "0\r\nContent-Length: 5\r\n\r\n", BadTrailer},
	{"a coding in the trailer", "0\r\ntransfer-encoding: chunked\r\n\r\n", BadTrailer},
	{"a host in the trailer", "0\r\nHost: b.example\r\n\r\n", BadTrailer},
	{"a cookie in the trailer", "0\r\nCookie: a=b\r\n\r\n", BadTrailer},
	{"a request for a trailer", "0\r\nGET / HTTP/1.1\r\n\r\n", SpaceBeforeName},
	{"a folded trailer", "0\r\nX: a\r\n b\r\n\r\n", FoldedLine},
	{"many trailers", "0\r\n" + strings.Repeat("a:b\r\n", maxTrailerFields+1), BadTrailer},
	{"a long trailer", "0\r\nX: " + strings.Repeat("a", maxTrailers), BadTrailer},
}

func TestScan_stopsAtTheRuleThatIsBroken(t *testing.T) {
	for _, test := range broken {
		for _, pieces := range []int{1, 7, 1 << 20} {
			settled, v := verdict([]byte(test.request), pieces)
			if v != test.want || settled != 0 {
				t.Errorf("%s, %d bytes at a time: %v with %d bytes settled, want %v", test.name, pieces, v, settled, test.want)
			}
		}
		// Behind a sound request nothing of the broken one is settled either.
		before := post + "Content-Length: 3\r\n\r\nabc"
		if settled, v := verdict([]byte(before+test.request), 1<<20); v != test.want || settled != len(before) {
			t.Errorf("%s behind a request: %v with %d bytes settled, want %v with %d", test.name, v, settled, test.want, len(before))
		}
	}
	for _, test := range brokenBodies {
		for _, pieces := range []int{1, 7, 1 << 20} {
			settled, v := verdict([]byte(chunked+test.body), pieces)
			if v != test.want || settled < len(chunked) {
				t.Errorf("%s, %d bytes at a time: %v with %d bytes settled, want %v", test.name, pieces, v, settled, test.want)
			}
		}
	}
}

// sound are connections that break no rule, with the number of requests on each.
var sound = []struct {
	name, bytes string
	requests    int
}{
	{"a request", line + host + "\r\n", 1},
	{"three requests", strings.Repeat(line+host+"\r\n", 3), 3},
	{"a body", post + "Content-Length: 5\r\n\r\nhello", 1},
	{"a body that looks like a request", post + "Content-Length: 35\r\n\r\n" + line + host + "\r\n" + line + host + "\r\n", 2},
	{"a length with zeros", post + "Content-Length: 0005\r\n\r\nhello" + line + host + "\r\n", 2},
	{"no body", post + "Content-Length: 0\r\n\r\n" + line + host + "\r\n", 2},
	{"chunks", chunked + "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n" + line + host + "\r\n", 2},
	{"chunks in capitals", post + "TRANSFER-ENCODING: Chunked\r\n\r\n00\r\n\r\n", 1},
	{"an extension", chunked + "5;a=\"b;c\"\r\nhello\r\n0;x\r\n\r\n", 1},
	{"a trailer", chunked + "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n" + line + host + "\r\n", 2},
	{"a request of HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 1},
	{"an absolute target", "GET HTTP://A.example/x?y HTTP/1.1\r\n" + host + "\r\n", 1},
	{"an asterisk", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 1},
	{"a target in raw UTF-8 and odd characters", "GET /検索?q=a|b\"<>{}[]\\^`;%zz+ HTTP/1.1\r\n" + host + "\r\n", 1},
	{"escapes", "GET /%41%e6%a4%9c?%&%z HTTP/1.1\r\n" + host + "\r\n", 1},
	{"white space around a value", line + "Host:  a.example\t \r\nX:\r\n\r\n", 1},
	{"bytes beyond ASCII in a value", line + host + "X: \xe6\xa4\x9c\xff\r\n\r\n", 1},
	{"a method nobody knows", "M-SEARCH / HTTP/1.1\r\n" + host + "\r\n", 1},
	{"an expectation", post + "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", 1},
}

func TestScan_settlesWhatIsSound(t *testing.T) {
	for _, test := range sound {
		for _, pieces := range []int{1, 7, 1 << 20} {
			if settled, v := verdict([]byte(test.bytes), pieces); v != nil || settled != len(test.bytes) {
				t.Errorf("%s, %d bytes at a time: %v with %d bytes settled, want all %d", test.name, pieces, v, settled, len(test.bytes))
			}
		}
		if got := requestsOf(t, []byte(test.bytes)); got != test.requests {
			t.Errorf("%s: net/http reads %d requests, want %d", test.name, got, test.requests)
		}
	}
}

// requestsOf reads whole requests as net/http does.
func requestsOf(t *testing.T, b []byte) (n int) {
	t.Helper()
	reader := bufio.NewReader(bytes.NewReader(b))
	for {
		request, err := http.ReadRequest(reader)
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatalf("net/http refuses what is settled: %v in %q", err, b)
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			t.Fatalf("net/http refuses the body of what is settled: %v in %q", err, b)
		}
		n++
	}
}

// Whatever is settled is read by net/http without an error, ends where we say, and does not depend on how the bytes were
// cut into packets.
func FuzzScan(f *testing.F) {
	for _, test := range broken {
		f.Add([]byte(test.request), byte(3))
	}
	for _, test := range brokenBodies {
		f.Add([]byte(chunked+test.body), byte(5))
	}
	for _, test := range sound {
		f.Add([]byte(test.bytes), byte(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, pieces byte) {
		settled, v := verdict(b, len(b)+1)
		cut, cutV := verdict(b, int(pieces)+1)
		if settled != cut || v != cutV {
			t.Fatalf("%d bytes settled and %v at once, %d and %v in pieces of %d", settled, v, cut, cutV, int(pieces)+1)
		}
		s := NewScanner(limits)
		n, _ := s.Scan(b)
		if s.state == undecided || s.state != inHead && v == nil {
			return // the body goes on, or an upgrade is asked for
		}
		if !s.InHead() {
			return
		}
		requestsOf(t, b[:n])
	})
}

func BenchmarkScan(b *testing.B) {
	request := []byte("GET /news/2025/?page=2 HTTP/1.1\r\nHost: www.example.co.jp\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: ja,en;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://www.example.co.jp/\r\nCookie: session=0123456789abcdef\r\nConnection: keep-alive\r\n\r\n")
	s := NewScanner(DefaultLimits(64 << 10))
	b.SetBytes(int64(len(request)))
	b.ReportAllocs()
	for b.Loop() {
		if n, v := s.Scan(request); n != len(request) || v != nil {
			b.Fatal(n, v)
		}
	}
}
