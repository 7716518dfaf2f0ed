package sensorbridge

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// memory is a sink and a store of states.
type memory struct {
	mu     sync.Mutex
	events []sekisho.Event
	states map[sekisho.SensorID]sekisho.SensorState
	full   bool
}

func (m *memory) Append(e sekisho.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e)
	return nil
}

func (m *memory) Full() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.full
}

func (m *memory) setFull(full bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.full = full
}

func (m *memory) AllSensorStates(context.Context) (all []sekisho.SensorState, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.states {
		all = append(all, s)
	}
	return all, nil
}

func (m *memory) PutSensorStates(_ context.Context, states []sekisho.SensorState) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.states == nil {
		m.states = map[sekisho.SensorID]sekisho.SensorState{}
	}
	for _, s := range states {
		m.states[s.Sensor] = s
	}
	return nil
}

func (m *memory) all() []sekisho.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// run starts a bridge for a test.
func run(t *testing.T, cfg Config, deps Deps, sensors ...sekisho.Sensor) *Bridge {
	t.Helper()
	b, err := New(t.Context(), cfg, deps, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetSensors(sensors); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	eventually(t, "the bridge runs", func() bool { return b.since.Load() > 0 })
	return b
}

func named(id sekisho.SensorID, tenant sekisho.TenantID) sekisho.Sensor {
	return sekisho.Sensor{ID: id, Tenant: tenant, Name: "fw-" + string(id), Zone: "Asia/Tokyo", Created: time.Now()}
}

const (
	parsedLine   = `<189>date=2026-03-04 time=10:00:00 devname="fw" vd="root" logid="0419016384" type="utm" subtype="ips" action="dropped" attack="x" srcip=203.0.113.7 dstip=192.168.1.10`
	unparsedLine = `<13>Mar  4 10:00:00 host nobody knows this`
)

func TestBridge_takesDatagramsAndConnectionsOnPortsOfTheSensor(t *testing.T) {
	first, second := named("A", "yamada"), named("B", "suzuki")
	first.UDP, first.TCP, second.UDP = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	sink := &memory{}
	b := run(t, DefaultConfig(), Deps{Sink: sink, States: sink}, first, second)
	b.mu.Lock()
	udpA, tcpA, udpB := b.intakes["A"].udp.LocalAddr().String(), b.intakes["A"].tcp.Addr().String(), b.intakes["B"].udp.LocalAddr().String()
	b.mu.Unlock()
	send := func(network, addr, what string) {
		conn, err := net.Dial(network, addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(what)); err != nil {
			t.Fatal(err)
		}
	}
	send("udp", udpA, parsedLine)
	send("udp", udpB, parsedLine)
	send("udp", udpB, unparsedLine)
	send("tcp", tcpA, fmt.Sprintf("%d %s%s\n%s\x00", len(parsedLine), parsedLine, parsedLine, unparsedLine))
	eventually(t, "six events", func() bool { return len(sink.all()) == 6 })
	counts := map[string]int{}
	for _, e := range sink.all() {
		counts[string(e.Tenant)+" "+e.Sensor+" "+e.Format]++
	}
	want := map[string]int{"yamada fw-A fortinet_kv": 3, "yamada fw-A unknown": 1, "suzuki fw-B fortinet_kv": 1, "suzuki fw-B unknown": 1}
	if fmt.Sprint(counts) != fmt.Sprint(want) { // two tenants behind one address
		t.Errorf("got %v, want %v", counts, want)
	}
	eventually(t, "the counts are booked", func() bool { return b.States()["A"].Received == 4 && b.States()["B"].Received == 2 })
	if s := b.States()["A"]; s.Parsed != 3 || s.Unparsed != 1 || s.Rejected != 0 || len(s.Samples) != 1 || !strings.Contains(s.Samples[0], "nobody knows") {
		t.Errorf("got %+v, want 3 parsed and 1 unparsed with its sample", s)
	}
	eventually(t, "the counts are stored", func() bool {
		states, _ := sink.AllSensorStates(t.Context())
		return len(states) == 2 && states[0].Received+states[1].Received == 6
	})
	if err := b.SetSensors([]sekisho.Sensor{second}); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", tcpA); err == nil {
		_ = conn.Close()
		t.Error("the port of a sensor that is no more still answers")
	}
}

func TestBridge_countsWhatItRejects(t *testing.T) {
	s := named("A", "yamada")
	s.UDP, s.From = "127.0.0.1:0", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	open := named("B", "yamada")
	open.UDP = "127.0.0.1:0"
	sink := &memory{full: true}
	b := run(t, DefaultConfig(), Deps{Sink: sink, States: sink}, s, open)
	for _, id := range []sekisho.SensorID{"A", "B"} {
		b.mu.Lock()
		addr := b.intakes[id].udp.LocalAddr().String()
		b.mu.Unlock()
		conn, err := net.Dial("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(parsedLine))
		_ = conn.Close()
		eventually(t, "it is counted", func() bool { return b.States()[id].Rejected == 1 })
		if got := b.States()[id]; got.Received != 1 || got.Parsed != 0 {
			t.Errorf("%s: got %+v, want 1 received and rejected", id, got)
		}
	}
}

func TestBridge_letsConnectionsWaitForRoom(t *testing.T) {
	s := named("A", "yamada")
	s.TCP = "127.0.0.1:0"
	sink := &memory{full: true}
	b := run(t, DefaultConfig(), Deps{Sink: sink, States: sink}, s)
	b.mu.Lock()
	addr := b.intakes["A"].tcp.Addr().String()
	b.mu.Unlock()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(strings.Repeat(parsedLine+"\n", 100))); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	time.AfterFunc(50*time.Millisecond, func() { sink.setFull(false) })
	eventually(t, "all are stored", func() bool { return len(sink.all()) == 100 })
}

func TestBridge_takesTLSFromCertificatesOnRecordAlone(t *testing.T) {
	ca := newCA(t)
	known, stranger := ca.issue(t, "fw"), ca.issue(t, "other")
	s := named("A", "yamada")
	s.Certificate = Fingerprint(known.Certificate[0])
	cfg := DefaultConfig()
	cfg.TLS = "127.0.0.1:0"
	sink := &memory{}
	own := ca.issue(t, "localhost")
	b := run(t, cfg, Deps{Sink: sink, States: sink, Clients: ca.pool, Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &own, nil }}, s)
	dial := func(certificates ...tls.Certificate) error {
		conn, err := tls.Dial("tcp", b.TLSAddr().String(), &tls.Config{RootCAs: ca.pool, ServerName: "localhost", Certificates: certificates})
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "%d %s", len(parsedLine), parsedLine); err != nil {
			return err
		}
		_ = conn.CloseWrite()
		_, err = conn.Read(make([]byte, 1)) // TLS 1.3 tells of a refusal with the first read
		return err
	}
	_ = dial(known)
	eventually(t, "the event", func() bool { return len(sink.all()) == 1 })
	if e := sink.all()[0]; e.Tenant != "yamada" || e.Sensor != "fw-A" {
		t.Errorf("got tenant %s, sensor %s", e.Tenant, e.Sensor)
	}
	_ = dial(stranger)
	if err := dial(); err == nil {
		t.Error("a client without a certificate was not refused")
	}
	_ = dial(known)
	eventually(t, "the second event", func() bool { return len(sink.all()) == 2 })
	if n := len(sink.all()); n != 2 {
		t.Errorf("got %d events, want 2: a certificate that is not on record was heard", n)
	}
}

func TestBridge_takesPushesWithAToken(t *testing.T) {
	ca := newCA(t)
	own := ca.issue(t, "localhost")
	s := named("A", "yamada")
	hash := sha256.Sum256([]byte("the-token"))
	s.TokenHash = hex.EncodeToString(hash[:])
	cfg := DefaultConfig()
	cfg.HTTPS, cfg.MaxBody = "127.0.0.1:0", 1<<20
	sink := &memory{}
	b := run(t, cfg, Deps{Sink: sink, States: sink, Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &own, nil }}, s)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.pool, ServerName: "localhost"}}}
	defer client.CloseIdleConnections()
	push := func(token string, body []byte) (int, pushed) {
		request, _ := http.NewRequest(http.MethodPost, "https://"+b.HTTPSAddr().String()+"/", bytes.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var p pushed
		_ = json.NewDecoder(response.Body).Decode(&p)
		return response.StatusCode, p
	}
	object := `{"date":"2026-03-04","time":"10:00:00","devid":"F","logid":"1","type":"utm","subtype":"ips","action":"dropped","attack":"x"}`
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(object + "\n" + object))
	_ = w.Close()
	for _, tt := range []struct {
		name   string
		token  string
		body   []byte
		status int
		want   pushed
	}{
		{"NDJSON", "the-token", []byte(object + "\n" + object + "\n"), 200, pushed{Accepted: 2}},
		{"array", "the-token", []byte("[" + object + "," + object + "]"), 200, pushed{Accepted: 2}},
		{"gzip", "the-token", packed.Bytes(), 200, pushed{Accepted: 2}},
		{"text", "the-token", []byte(unparsedLine), 200, pushed{Accepted: 1, Unparsed: 1}},
	} {
		if status, got := push(tt.token, tt.body); status != tt.status || got != tt.want {
			t.Errorf("%s: got %d %+v, want %d %+v", tt.name, status, got, tt.status, tt.want)
		}
	}
	if status, _ := push("another", []byte(object)); status != http.StatusUnauthorized {
		t.Errorf("a wrong token: got %d, want 401", status)
	}
	if status, _ := push("the-token", bytes.Repeat([]byte(strings.Repeat("x", 64<<10)+"\n"), 20)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body too large: got %d, want 413", status)
	}
	sink.setFull(true)
	if status, _ := push("the-token", []byte(object)); status != http.StatusServiceUnavailable {
		t.Errorf("without room: got %d, want 503", status)
	}
}

func TestBridge_followsFilesThroughRotationAndRestart(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "access.log")
	line := func(n int) string {
		return fmt.Sprintf("<13>Mar  4 10:00:00 host line number %04d %s\n", n, strings.Repeat("x", 60))
	}
	write := func(flags int, text string) {
		t.Helper()
		file, err := os.OpenFile(path, flags|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	s := named("A", "yamada")
	s.Path = path
	sink := &memory{}
	distinct := func() int {
		ids := map[sekisho.EventID]bool{}
		for _, e := range sink.all() {
			ids[e.ID] = true
		}
		return len(ids)
	}
	write(os.O_APPEND, line(0)+line(1)+line(2)+line(3)+"<13>half a li")
	func() {
		ctx, cancel := context.WithCancel(t.Context())
		b, err := New(ctx, DefaultConfig(), Deps{Sink: sink, States: sink}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_ = b.SetSensors([]sekisho.Sensor{s})
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		eventually(t, "four lines", func() bool { return distinct() == 4 })
		cancel()
		<-done
	}()
	write(os.O_APPEND, "ne\n"+line(5))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(os.O_APPEND, line(6))
	b := run(t, DefaultConfig(), Deps{Sink: sink, States: sink}, s)
	eventually(t, "the rest of the old file and the new one", func() bool { return distinct() == 7 })
	write(os.O_TRUNC, "<13>Mar  4 10:00:00 host short\n")
	eventually(t, "a file that was emptied", func() bool { return distinct() == 8 })
	if got := b.States()["A"].Received; got != 8 {
		t.Errorf("got %d records, want 8: some were read twice", got)
	}
}

func TestBridge_reportsASensorThatFallsSilentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := named("A", "yamada")
		sink := &memory{}
		b, err := New(t.Context(), DefaultConfig(), Deps{Sink: sink, States: sink}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_ = b.SetSensors([]sekisho.Sensor{s})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = b.Run(ctx) }()
		synctest.Wait()
		in, stream := b.intakes["A"], &Stream{}
		silences := func() (n int) {
			for _, e := range sink.all() {
				if e.Class == sekisho.ClassSensorSilent {
					n++
				}
			}
			return n
		}
		for range 30 {
			time.Sleep(time.Minute)
			_ = in.record(ctx, stream, []byte(unparsedLine), nil, "", true)
		}
		time.Sleep(80 * time.Second)
		if n := silences(); n != 0 {
			t.Fatalf("got %d reports before the usual pause of a minute was half over again", n)
		}
		time.Sleep(40 * time.Second) // two minutes in all: twice the usual pause
		if n := silences(); n != 1 {
			t.Fatalf("got %d reports within twice the usual pause, want 1", n)
		}
		time.Sleep(3 * time.Hour)
		if n := silences(); n != 1 {
			t.Errorf("got %d reports of one silence, want 1", n)
		}
		_ = in.record(ctx, stream, []byte(unparsedLine), nil, "", true)
		if got := b.States()["A"]; !got.Silent.IsZero() || got.Gap > 2*time.Minute {
			t.Errorf("got %+v, want it heard again, and nothing learnt from the silence", got)
		}
		cancel()
		synctest.Wait()
	})
}

// authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newCA(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{cert, key, pool}
}

func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestBookDrops_countsWhatTheSystemDropped(t *testing.T) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadBuffer(1) // as little as the system allows
	send, err := net.Dial("udp", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer send.Close()
	for range 2000 {
		_, _ = send.Write(make([]byte, 1000))
	}
	port := uint16(conn.LocalAddr().(*net.UDPAddr).Port)
	drops := socketDrops()
	if len(drops) == 0 {
		t.Skip("SKIPPED: this system does not tell what it drops")
	}
	in := newIntake(&Bridge{now: time.Now}, named("A", "yamada"), sekisho.SensorState{})
	in.udp = conn
	in.bookDrops(drops)
	in.bookDrops(drops)
	if got := in.snapshot(); got.Rejected == 0 || got.Rejected != drops[port] || got.Received != got.Rejected {
		t.Errorf("got %+v, want %d dropped datagrams received and rejected, once", got, drops[port])
	}
}
