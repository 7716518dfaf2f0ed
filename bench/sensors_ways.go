package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sensorLines are what two firewalls of a small firm say most, in the length that they really have; %d is the line's number.
var sensorLines = []string{
	`<189>date=2026-03-04 time=10:00:00 devname="fw01" devid="FG100F0000000000" tz="+0900" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=192.168.1.10 srcport=54321 srcintf="lan" srcintfrole="lan" dstip=203.0.113.9 dstport=443 dstintf="wan1" dstintfrole="wan" srccountry="Reserved" dstcountry="Japan" sessionid=%d proto=6 action="close" policyid=1 policytype="policy" service="HTTPS" trandisp="snat" transip=198.51.100.2 transport=54321 duration=12 sentbyte=2048 rcvdbyte=40960 sentpkt=12 rcvdpkt=40 appcat="unscanned"`,
	`<140>Apr  2 11:36:21 WatchGuard-Firebox FVE6035FD3AE3 (2025-04-02T06:06:21) firewall: msg_id="3000-0148" Deny 0-External Firebox 390 udp 20 16 203.0.113.7 198.51.100.2 5041 5041 flags="SR" duration="0" sent_pkts="0" rcvd_pkts="0" sent_bytes="0" rcvd_bytes="%d"  (Unhandled External Packet-00)`,
	`<185>date=2026-03-04 time=10:00:00 devname="fw01" devid="FG100F0000000000" tz="+0900" logid="0419016384" type="utm" subtype="ips" eventtype="signature" level="alert" vd="root" severity="high" srcip=203.0.113.7 srccountry="United States" dstip=192.168.1.10 srcintf="wan1" srcintfrole="wan" dstintf="dmz" dstintfrole="dmz" sessionid=%d action="dropped" proto=6 service="HTTP" policyid=7 attack="Apache.Log4j.Error.Log.Remote.Code.Execution" srcport=4000 dstport=80 hostname="www.example.jp" url="/?x=1" direction="outgoing" attackid=51006 profile="default" msg="applications3: Apache.Log4j" crscore=30 crlevel="high"`,
	`<142>Apr  2 11:36:21 WatchGuard-Firebox FVE6035FD3AE3 (2025-04-02T06:06:21) http-proxy[2100]: msg_id="1AFF-0024" Allow 1-Trusted 0-External tcp 10.0.1.3 203.0.113.9 50633 80 msg="ProxyAllow: HTTP request" proxy_act="HTTP-Client.Standard.1" op="GET" dstname="www.example.co.jp" arg="/products/list?page=2" sent_bytes="512" rcvd_bytes="%d" elapsed_time="0.120 sec(s)" app_id="0" app_cat_id="0" reputation="1" cats="Business" src_user="taro@Firebox-DB" (HTTP-proxy-00)`,
}

func sensorLine(number int) []byte {
	return fmt.Appendf(nil, sensorLines[number%len(sensorLines)], number)
}

// numberOf finds a line's number again.
func numberOf(raw string) string {
	for _, key := range []string{"sessionid=", `rcvd_bytes="`} {
		if _, rest, found := strings.Cut(raw, key); found {
			return rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		}
	}
	return ""
}

const decodeRounds, decodeLines = 7, 60_000

// decodeRate decodes the vendor's lines here, on one processor. All that the process uses is counted, its garbage included.
func decodeRate(decode func([]byte) string, vendor string) (DecodeRate, error) {
	rate := DecodeRate{Vendor: vendor}
	var lines [][]byte
	for i := range sensorLines {
		if text := sensorLine(i); decode(text) == vendor {
			lines, rate.LineSize = append(lines, text), rate.LineSize+len(text)
		}
	}
	if len(lines) == 0 {
		return rate, fmt.Errorf("no line is read as one of %s", vendor)
	}
	rate.LineSize /= len(lines)
	var rates []float64
	for range decodeRounds {
		before, err := cpuTime(os.Getpid())
		if err != nil {
			return rate, err
		}
		for i := range decodeLines {
			decode(lines[i%len(lines)])
		}
		after, err := cpuTime(os.Getpid())
		if err != nil {
			return rate, err
		}
		rates = append(rates, decodeLines/max((after-before).Seconds(), 0.01))
	}
	slices.Sort(rates)
	rate.Slowest, rate.PerS, rate.Fastest = rates[0], rates[len(rates)/2], rates[len(rates)-1]
	return rate, nil
}

// sensorWay sends the lines first to last, and returns the first one that has to be sent again: last+1 when there is none.
// Undisturbed it sends as any device does; with answers, so that it knows what is stored.
type sensorWay struct {
	name string
	send func(ctx context.Context, s *sensorServer, frame Framer, first, last int) (next int, err error)
}

// Framer puts a line into the frame of a forwarder, whose numbers begin at 1; nil sends lines plain.
type Framer func(number int, line []byte) []byte

var sensorWays = []sensorWay{
	{"tcp", func(ctx context.Context, s *sensorServer, frame Framer, first, last int) (int, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addrs["tcp"])
		if err != nil {
			return first, err
		}
		return stream(conn, frame, first, last)
	}},
	{"tls", func(ctx context.Context, s *sensorServer, frame Framer, first, last int) (int, error) {
		config, err := s.trusting()
		if err != nil {
			return first, err
		}
		conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", s.addrs["tls"])
		if err != nil {
			return first, err
		}
		return stream(conn, frame, first, last)
	}},
	{"https", pushAll},
}

func (s *sensorServer) trusting() (*tls.Config, error) {
	authority, err := os.ReadFile(filepath.Join(s.certs, "sekisho-ca.crt"))
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(s.certs, "bench-tls.crt"), filepath.Join(s.certs, "bench-tls.key"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: "localhost", Certificates: []tls.Certificate{pair}}, nil
}

// stream writes lines to a connection. With a frame it reads the answers: what was not answered has to be sent again.
func stream(conn net.Conn, frame Framer, first, last int) (next int, err error) {
	defer conn.Close()
	out := bufio.NewWriterSize(conn, 64<<10)
	write := func() error {
		for number := first; number <= last; number++ {
			text := append(sensorLine(number), '\n')
			if frame != nil {
				text = frame(number+1, text[:len(text)-1])
			}
			if _, err := out.Write(text); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	if frame == nil {
		return last + 1, write()
	}
	written := make(chan error, 1)
	go func() { written <- write() }()
	next = first
	answers := bufio.NewScanner(conn)
	for next <= last && answers.Scan() {
		answered, err := strconv.Atoi(answers.Text())
		if err != nil {
			return next, fmt.Errorf("reading the answer %q: %w", answers.Text(), err)
		}
		next = answered // the frame's numbers are one above
	}
	_ = conn.Close() // ends the writer too, should the peer be gone
	if err := errors.Join(answers.Err(), <-written); next <= last {
		return next, errors.Join(err, io.ErrUnexpectedEOF)
	}
	return next, nil
}

const pushLines = 1000

// pushAll pushes batches one behind the other. What was answered is stored.
func pushAll(ctx context.Context, s *sensorServer, _ Framer, first, last int) (next int, err error) {
	config, err := s.trusting()
	if err != nil {
		return first, err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	defer client.CloseIdleConnections()
	for next = first; next <= last; next += pushLines {
		var body bytes.Buffer
		for number := next; number <= min(last, next+pushLines-1); number++ {
			body.Write(append(sensorLine(number), '\n'))
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+s.addrs["https"]+"/", &body)
		if err != nil {
			return next, err
		}
		request.Header.Set("Authorization", "Bearer "+s.token)
		response, err := client.Do(request)
		if err != nil {
			return next, err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return next, fmt.Errorf("a push was answered with %d", response.StatusCode)
		}
	}
	return last + 1, nil
}

// sensorsSettle is how long the records may take to be complete after the last line was sent.
const sensorsSettle = 5 * time.Minute

// settled waits until everything that came is stored, scored and grouped. wanted is how many that is; 0 when a kill took the count.
func (s *sensorServer) settled(ctx context.Context, wanted uint64) error {
	ctx, cancel := context.WithTimeout(ctx, sensorsSettle)
	defer cancel()
	for {
		status, err := s.status(ctx)
		if err != nil {
			return err
		}
		if status.Spooled == 0 && status.Received >= wanted {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d records came, %d wait: %w", status.Received, wanted, status.Spooled, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// measureWay sends lines undisturbed, and again to a new server that is killed half way.
func measureWay(ctx context.Context, way sensorWay, lines int, frame Framer) (w SensorWay, err error) {
	w = SensorWay{Way: way.name, Sent: lines, Killed: lines}
	if err := undisturbed(ctx, way, &w); err != nil {
		return w, err
	}
	s, err := newSensorServer(ctx)
	if err != nil {
		return w, err
	}
	defer s.close()
	const parts = 4 // killed with the second of them on its way
	next, killed := 0, make(chan struct{})
	for part := 1; next < lines; {
		last := lines*part/parts - 1
		if part == 2 {
			go func() {
				defer close(killed)
				time.Sleep(100 * time.Millisecond)
				s.kill()
			}()
		}
		next, err = way.send(ctx, s, frame, next, last)
		if part == 2 {
			<-killed
			if err := s.start(ctx); err != nil {
				return w, err
			}
			err = nil // what was not answered goes with the third part
		}
		if err != nil {
			return w, err
		}
		part++
	}
	if err := s.settled(ctx, 0); err != nil {
		return w, err
	}
	distinct, doubled, err := s.stored(ctx, lines)
	w.KilledLost, w.KilledDoubled = lines-distinct, doubled
	return w, err
}

func undisturbed(ctx context.Context, way sensorWay, w *SensorWay) error {
	s, err := newSensorServer(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	before, err := cpuTime(s.child.pid())
	if err != nil {
		return err
	}
	began := time.Now()
	for _, last := range []int{w.Sent/2 - 1, w.Sent - 1} {
		first := 0
		if last == w.Sent-1 {
			first, w.RSSHalf = w.Sent/2, resident(s.child.pid())
		}
		if _, err := way.send(ctx, s, nil, first, last); err != nil {
			return err
		}
	}
	if err := s.settled(ctx, uint64(w.Sent)); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := cpuTime(s.child.pid())
	if err != nil {
		return err
	}
	w.RSSEnd = resident(s.child.pid())
	w.PerS, w.CPUPerS = float64(w.Sent)/took.Seconds(), float64(w.Sent)/max((after-before).Seconds(), 0.01)
	distinct, doubled, err := s.stored(ctx, w.Sent)
	w.Lost, w.Doubled = w.Sent-distinct, doubled
	return err
}
