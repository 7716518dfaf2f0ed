package proxy

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// view is one request as somebody sees it.
type view struct {
	method, target, host, body string
	header                     http.Header
}

// viewOrigin answers 200 and hands over every request as it stood on the wire, read line by line and not by net/http.
func viewOrigin(t *testing.T) (url string, views <-chan view) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan view, 16)
	var conns sync.WaitGroup
	t.Cleanup(conns.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				for reader := bufio.NewReader(conn); ; {
					v, err := readView(reader)
					if err != nil {
						return
					}
					seen <- v
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			})
		}
	})
	return "http://" + listener.Addr().String(), seen
}

func readView(r *bufio.Reader) (v view, err error) {
	line := func() string {
		text, e := r.ReadString('\n')
		if e != nil {
			err = e
		}
		return strings.TrimSuffix(text, "\r\n")
	}
	parts := strings.Split(line(), " ")
	if err != nil || len(parts) != 3 {
		return v, fmt.Errorf("request line %q: %w", parts, err)
	}
	v = view{method: parts[0], target: parts[1], header: http.Header{}}
	for text := line(); text != "" && err == nil; text = line() {
		name, value, _ := strings.Cut(text, ": ")
		v.header[http.CanonicalHeaderKey(name)] = append(v.header[http.CanonicalHeaderKey(name)], value)
	}
	v.host = v.header.Get("Host")
	var body strings.Builder
	var n int64
	if length := v.header.Get("Content-Length"); length != "" {
		_, _ = fmt.Sscan(length, &n)
		_, err = io.CopyN(&body, r, n)
	} else if v.header.Get("Transfer-Encoding") == "chunked" {
		for err == nil {
			if _, e := fmt.Sscanf(line(), "%x", &n); e != nil {
				return v, e
			}
			if _, err = io.CopyN(&body, r, n); err == nil && line() != "" {
				err = fmt.Errorf("a chunk's end")
			}
			if n == 0 {
				break
			}
		}
	}
	v.body = body.String()
	return v, err
}

// speaker makes requests that browsers, programs and scanners send: sound ones, with every oddity that HTTP allows.
type speaker struct{ *rand.Rand }

func (s speaker) pick(list ...string) string { return list[s.IntN(len(list))] }

func (s speaker) some(n int, alphabet string) string {
	b := make([]byte, s.IntN(n))
	for i := range b {
		b[i] = alphabet[s.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	inPaths  = "abcXYZ019-._~!$&'()*+,;=:@/|\"<>[]{}\\^`\xe6\xa4\x9c"
	inFields = "abcXYZ019 \t-._~!$&'()*+,;=:@/%|\"<>[]{}\\^`\xe6\xa4\x9c\xff"
)

func (s speaker) target() string {
	target := "/" + s.some(20, inPaths)
	for range s.IntN(3) {
		target += s.pick("%41", "%2F", "%e6%a4%9c", "%00", "%25", "/", "//", "/../", ";x=y")
	}
	if s.IntN(2) == 0 {
		target += "?" + s.some(30, inPaths+"?&&==%%++;;")
	}
	return target
}

func (s speaker) fields() (fields []string) {
	for range s.IntN(6) {
		name := s.pick("X-Plain", "x-lower", "X.Odd!", "Accept", "Accept-Language", "Cookie", "Referer", "User-Agent", "Cache-Control", "Range",
			"X_Under", "X-Forwarded-For", "X-Real-IP", "Via", "TE", "Authorization", "Proxy-Authorization", "Keep-Alive", "X-Request-ID", "Content-Language")
		fields = append(fields, name+": "+strings.Trim(s.some(20, inFields), " \t"))
	}
	if s.IntN(4) == 0 {
		fields = append(fields, "Connection: "+s.pick("keep-alive", "X-Plain", "keep-alive, cookie", "x-lower, te", "Content-Length", "Transfer-Encoding", "Authorization"))
	}
	return fields
}

// request writes one, for HTTP/1.
func (s speaker) request() string {
	method, target, fields, body := s.pick("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X-ODD"), s.target(), s.fields(), ""
	if s.IntN(2) == 0 {
		body = s.some(300, inFields+"\r\n\x00")
		fields = append(fields, "Content-Type: "+s.pick("text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "application/json"))
		if s.IntN(2) == 0 {
			fields = append(fields, fmt.Sprintf("Content-Length: %d", len(body)))
		} else {
			fields = append(fields, "Transfer-Encoding: chunked")
			var chunks strings.Builder
			for rest := body; len(rest) > 0; {
				n := 1 + s.IntN(len(rest))
				_, _ = fmt.Fprintf(&chunks, "%x%s\r\n%s\r\n", n, s.pick("", "", ";a=b"), rest[:n])
				rest = rest[n:]
			}
			body = chunks.String() + "0\r\n" + s.pick("", "", "X-Trailer: z\r\n") + "\r\n"
		}
	}
	if s.IntN(10) == 0 {
		target = "http://" + testHost + target
	}
	s.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	text := method + " " + target + " HTTP/1.1\r\nHost: " + testHost + "\r\n"
	for _, field := range fields {
		text += field + "\r\n"
	}
	return text + "\r\n" + body
}

// Fields that end at us, and fields that we write; every other one must be the same on both sides.
var (
	endsHere = []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Proxy-Connection", "Proxy-Authorization", "Te", "Accept-Encoding", "X-Trailer", "Host", "User-Agent"}
	ours     = []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id", "Cdn-Loop", "Accept-Encoding", "Transfer-Encoding", "Host", "Content-Length"}
)

// disagreement compares what was inspected with what the origin got.
func disagreement(inspected, got view) string {
	switch {
	case inspected.method != got.method:
		return fmt.Sprintf("method %q inspected, %q sent", inspected.method, got.method)
	case inspected.target != got.target:
		return fmt.Sprintf("target %q inspected, %q sent", inspected.target, got.target)
	case inspected.host != got.host:
		return fmt.Sprintf("host %q inspected, %q sent", inspected.host, got.host)
	case inspected.body != got.body:
		return fmt.Sprintf("body %q inspected, %q sent", inspected.body, got.body)
	}
	for _, name := range slices.Sorted(maps.Keys(got.header)) {
		if name == "User-Agent" { // net/http sends the first alone, and no empty one
			if first := inspected.header[name]; len(got.header[name]) != 1 || len(first) == 0 || first[0] != got.header[name][0] {
				return fmt.Sprintf("%s %q inspected, %q sent", name, first, got.header[name])
			}
			continue
		}
		if !slices.Contains(ours, name) && !slices.Equal(inspected.header[name], got.header[name]) {
			return fmt.Sprintf("%s %q inspected, %q sent", name, inspected.header[name], got.header[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inspected.header)) {
		if name == "Content-Length" && inspected.header.Get(name) == "0" && got.body == "" {
			continue // net/http says so only where a body is usual
		}
		if !slices.Contains(endsHere, name) && got.header[name] == nil {
			return fmt.Sprintf("%s %q inspected, nothing sent", name, inspected.header[name])
		}
	}
	return ""
}

// What stands in the exchange when it is inspected is what the origin reads from the wire: method, target, host, fields
// and body, whatever a visitor sends.
func TestForward_sendsExactlyWhatWasInspected(t *testing.T) {
	url, views := viewOrigin(t)
	c := start(t, testSite(url, sekisho.ModeDetect))
	inspected := make(chan view, 16)
	c.steps = append(c.steps[:len(c.steps)-1:len(c.steps)-1], func(x *exchange) bool {
		v := view{method: x.Method, target: x.Target, body: string(x.Body), header: http.Header{}}
		for _, field := range x.Header {
			v.header[field.Name] = append(v.header[field.Name], field.Value)
		}
		v.host = v.header.Get("Host")
		inspected <- v
		return true
	}, c.forward)

	const seed, rounds = 11, 1500
	s := speaker{rand.New(rand.NewPCG(seed, 7))}
	conn, reader := net.Conn(nil), (*bufio.Reader)(nil)
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	forwarded := 0
	for round := range rounds {
		if conn == nil {
			var err error
			if conn, err = net.Dial("tcp", c.HTTPAddr().String()); err != nil {
				t.Fatal(err)
			}
			reader = bufio.NewReader(conn)
		}
		request := s.request()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, request)
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("seed %d, round %d: %v for %q", seed, round, err, request)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		if response.StatusCode == http.StatusOK {
			forwarded++
			if why := disagreement(<-inspected, <-views); why != "" {
				t.Errorf("seed %d, round %d: %s: %q", seed, round, why, request)
			}
		}
		if response.Close {
			_ = conn.Close()
			conn = nil
		}
		if len(inspected)+len(views) > 0 {
			t.Fatalf("seed %d, round %d: more was inspected or sent than answered: %q", seed, round, request)
		}
	}
	if forwarded < rounds*9/10 {
		t.Errorf("%d of %d requests were forwarded, want nearly all", forwarded, rounds)
	}

	h2 := c.h2(t)
	for round := range rounds / 3 {
		fields := []string{":method", s.pick("GET", "DELETE", "OPTIONS"), ":path", s.target(), ":authority", s.pick(testHost, "SHOP.example", testHost+":443")}
		for _, field := range s.fields() {
			if name, value, _ := strings.Cut(strings.ToLower(field), ": "); !slices.Contains([]string{"connection", "keep-alive", "te"}, name) {
				fields = append(fields, name, value)
			}
		}
		if h2.status(fields...) != "200" {
			continue
		}
		if why := disagreement(<-inspected, <-views); why != "" {
			t.Errorf("seed %d, round %d of HTTP/2: %s: %q", seed, round, why, fields)
		}
	}
}
