package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// pieces is a connection on which bytes arrive a few at a time, and then the visitor's end.
type pieces struct {
	net.Conn
	bytes []byte
	size  int
}

func (c *pieces) Read(p []byte) (int, error) {
	if len(c.bytes) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.bytes[:min(c.size, len(c.bytes))])
	c.bytes = c.bytes[n:]
	return n, nil
}

func (c *pieces) SetReadDeadline(time.Time) error { return nil }

func readAll(b []byte, size, buffer int) (*Conn, []byte, error) {
	conn := NewConn(&pieces{bytes: b, size: size}, limits, time.Minute)
	var got []byte
	p := make([]byte, buffer)
	for {
		n, err := conn.Read(p)
		got = append(got, p[:n]...)
		if err != nil {
			return conn, got, err
		}
	}
}

func TestConn_givesOutAStandInForWhatBreaksARule(t *testing.T) {
	before := post + "Content-Length: 3\r\n\r\nabc"
	for _, test := range broken {
		for _, size := range []int{1, 7, 1 << 20} {
			for _, buffer := range []int{1, 4096} {
				conn, got, err := readAll([]byte(before+test.request), size, buffer)
				if string(got) != before+standIn || err != io.EOF {
					t.Errorf("%s: read %q and %v, want the request before it, the stand-in and the end", test.name, got, err)
				}
				if r := conn.Refused("GET", "*"); r == nil || r.Violation != test.want {
					t.Errorf("%s: refused for %v, want %v", test.name, r, test.want)
				}
			}
		}
	}
	for _, test := range brokenBodies {
		conn, got, err := readAll([]byte(chunked+test.body), 7, 4096)
		if conn.Broke() != test.want || err != io.EOF || !strings.HasPrefix(string(got), chunked) || !strings.HasSuffix(string(got), noChunk) {
			t.Errorf("%s: read %q and %v, broke %v, want %v", test.name, got, err, conn.Broke(), test.want)
		}
		request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(got)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, request.Body); err == nil {
			t.Errorf("%s: net/http reads a whole body", test.name)
		}
	}
	for _, test := range sound {
		if _, got, err := readAll([]byte(test.bytes), 7, 1); string(got) != test.bytes || err != io.EOF {
			t.Errorf("%s: read %q and %v", test.name, got, err)
		}
	}
}

func TestConn_tellsWhatItRefused(t *testing.T) {
	tests := []struct {
		name, request        string
		method, target, host string
	}{
		{"all is known", "POST /a?b HTTP/1.1\r\nX: y\r\nHost: a.example\r\nContent-Length: x\r\n\r\n", "POST", "/a?b", "a.example"},
		{"two hosts are none", "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", "GET", "/", ""},
		{"nothing but a method", "GET", "GET", "", ""},
		{"no method", "\r\n\r\n", "", "", ""},
	}
	for _, test := range tests {
		conn, _, _ := readAll([]byte(test.request), 1, 4096)
		r := conn.Refused("GET", "*")
		if r == nil || r.Method != test.method || r.Target != test.target || r.Host != test.host {
			t.Errorf("%s: %+v, want %q %q of %q", test.name, r, test.method, test.target, test.host)
		}
	}
}

func TestConn_holdsWhatComesBehindAnUpgradeUntilItIsAnswered(t *testing.T) {
	head := line + host + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
	const behind = "\x81\x85mask\n\n\x00"
	conn := NewConn(&pieces{bytes: []byte(head + behind), size: 1 << 20}, limits, time.Minute)
	p := make([]byte, 4096)
	if n, err := conn.Read(p); string(p[:n]) != head || err != nil {
		t.Fatalf("read %q, %v, want the head alone", p[:n], err)
	}
	if n, err := conn.Read(p); n != 0 || err != io.EOF {
		t.Fatalf("read %q, %v before the answer", p[:n], err)
	}
	conn.Upgraded()
	if got, err := io.ReadAll(conn); string(got) != behind || err != nil {
		t.Errorf("read %q, %v behind the upgrade, want the frames", got, err)
	}

	for next, want := range map[string]string{
		line + host + "\r\n": line + host + "\r\n",
		behind:               standIn,
	} {
		conn := NewConn(&pieces{bytes: []byte(head + next), size: 1 << 20}, limits, time.Minute)
		if n, err := conn.Read(p); string(p[:n]) != head || err != nil {
			t.Fatalf("read %q, %v, want the head alone", p[:n], err)
		}
		conn.NotUpgraded()
		if got, err := io.ReadAll(conn); string(got) != want || err != nil {
			t.Errorf("read %q, %v where no upgrade was granted, want %q", got, err, want)
		}
	}

	conn = NewConn(&pieces{bytes: []byte(head + strings.Repeat("x", 4*limits.Head)), size: 1 << 10}, limits, time.Minute)
	if n, err := conn.Read(p); string(p[:n]) != head[:n] || err != nil {
		t.Fatal(n, err)
	}
	if _, err := io.Copy(io.Discard, conn); !errors.Is(err, BeforeTheUpgrade) {
		t.Errorf("a flood before the answer: %v, want %v", err, BeforeTheUpgrade)
	}
}

func TestConn_boundsTheTimeOfAHeadFromItsFirstByte(t *testing.T) {
	visitor, server := net.Pipe()
	defer visitor.Close()
	conn := NewConn(server, limits, 20*time.Millisecond)
	_ = conn.SetReadDeadline(time.Now().Add(time.Hour)) // the server waits for the next request at its leisure
	go func() {
		_, _ = io.WriteString(visitor, line+"Host: a")
	}()
	got, err := io.ReadAll(conn)
	if string(got) != standIn || err != nil {
		t.Errorf("read %q, %v, want the stand-in", got, err)
	}
	if r := conn.Refused("GET", "*"); r == nil || r.Violation != Late {
		t.Errorf("refused for %v, want %v", r, Late)
	}
}

func TestConn_letsTheServerHaveItsReaderBack(t *testing.T) {
	visitor, server := net.Pipe()
	defer visitor.Close()
	conn := NewConn(server, limits, time.Hour)
	sent := make(chan struct{})
	go func() {
		_, _ = io.WriteString(visitor, line+"Host: a")
		close(sent)
	}()
	read := make(chan error)
	p := make([]byte, 4096)
	go func() {
		_, err := conn.Read(p)
		read <- err
	}()
	<-sent
	_ = conn.SetReadDeadline(time.Unix(1, 0)) // as net/http does when its handler has ended
	if err := <-read; err == nil || conn.Refused("GET", "*") != nil {
		t.Errorf("read %v, refused for %v; want a timeout and nothing refused", err, conn.Refused("GET", "*"))
	}
	_ = conn.SetReadDeadline(time.Time{})
	go func() {
		_, _ = io.WriteString(visitor, ".example\r\n\r\n")
	}()
	if n, err := conn.Read(p); string(p[:n]) != line+host+"\r\n" || err != nil {
		t.Errorf("read %q, %v, want the whole head", p[:n], err)
	}
}

// However bytes arrive and are read, what is given out is what the scanner settles, and then the stand-in, an error or
// the end.
func FuzzConn(f *testing.F) {
	for _, test := range broken {
		f.Add([]byte(post+"Content-Length: 1\r\n\r\na"+test.request), byte(3), byte(1))
	}
	for _, test := range brokenBodies {
		f.Add([]byte(chunked+test.body), byte(5), byte(9))
	}
	for _, test := range sound {
		f.Add([]byte(test.bytes), byte(1), byte(200))
	}
	f.Fuzz(func(t *testing.T, b []byte, size, buffer byte) {
		settled, _ := verdict(b, len(b)+1)
		_, got, err := readAll(bytes.Clone(b), int(size)+1, int(buffer)+1)
		rest, ok := bytes.CutPrefix(got, b[:settled])
		if !ok || len(rest) > 0 && string(rest) != standIn && string(rest) != noChunk {
			t.Fatalf("read %q and %v of %q, of which %d bytes are settled", got, err, b, settled)
		}
	})
}
