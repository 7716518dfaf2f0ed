package export

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// receiver is a syslog server over TLS. Each connection behaves as the next entry of its plan says; behind the plan it takes
// everything.
type receiver struct {
	listener net.Listener
	ca       string

	mu    sync.Mutex
	plan  []string
	took  []string // uids, in the order in which they came
	heads []string
}

func newReceiver(t *testing.T, plan ...string) *receiver {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "receiver"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	r := &receiver{plan: plan, ca: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	r.listener, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	must(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := r.listener.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			how := "take"
			if len(r.plan) > 0 {
				how, r.plan = r.plan[0], r.plan[1:]
			}
			r.mu.Unlock()
			all.Go(func() { r.serve(conn.(*tls.Conn), how) })
		}
	})
	t.Cleanup(func() { _ = r.listener.Close(); all.Wait() })
	return r
}

func (r *receiver) serve(conn *tls.Conn, how string) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if conn.Handshake() != nil {
		return
	}
	if how == "refuse" {
		_ = conn.NetConn().(*net.TCPConn).SetLinger(0)
		_ = conn.NetConn().Close()
		return
	}
	if how == "hang" {
		_, _ = io.Copy(io.Discard, conn.NetConn()) // takes the bytes and never answers
		return
	}
	in := bufio.NewReader(conn)
	for n := 0; ; n++ {
		content, err := readFrame(in)
		if err != nil {
			return // with its own close_notify
		}
		match := regexp.MustCompile(`^(<\d+>1 \S+ \S+ sekisho - \S+ - )(.*)$`).FindSubmatch(content)
		r.mu.Lock()
		if match == nil {
			r.took = append(r.took, "not RFC 5424: "+string(content))
		} else {
			r.took, r.heads = append(r.took, uidOf(match[2])), append(r.heads, string(match[1]))
		}
		r.mu.Unlock()
		switch {
		case how == "reset" && n == 2: // half of it
			_ = conn.NetConn().(*net.TCPConn).SetLinger(0)
			_ = conn.NetConn().Close()
			return
		case how == "leave" && n == 2: // politely, with its own end
			return
		}
	}
}

// readFrame reads one message behind its octet count (RFC 5425, 4.3).
func readFrame(in *bufio.Reader) ([]byte, error) {
	count, err := in.ReadString(' ')
	if err != nil {
		return nil, err
	}
	var n int
	if _, err := fmt.Sscanf(count, "%d ", &n); err != nil || count[0] == '0' {
		return nil, fmt.Errorf("%q is no count", count)
	}
	content := make([]byte, n)
	_, err = io.ReadFull(in, content)
	return content, err
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.took)
}

func (r *receiver) export(format sekisho.ExportFormat) sekisho.Export {
	return sekisho.Export{ID: "X1", Tenant: yamada, Name: "siem", Syslog: r.listener.Addr().String(), Format: format, Send: sekisho.SendAll, CA: r.ca, Created: noon}
}

// firsts are the elements without those that came before.
func firsts(all []string) (list []string) {
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s] {
			list = append(list, s)
		}
		seen[s] = true
	}
	return list
}

func expected(from, to int) (list []string) {
	for i := from; i <= to; i++ {
		list = append(list, string(eventID(i)))
	}
	return list
}

func TestExporter_losesNothingWhenAReceiverFails(t *testing.T) {
	for _, plan := range [][]string{nil, {"refuse", "refuse"}, {"reset", "take", "reset"}, {"hang"}, {"take", "hang", "reset", "refuse"}} {
		t.Run(fmt.Sprint(plan), func(t *testing.T) {
			t.Parallel()
			db := openStore(t)
			r := newReceiver(t, plan...)
			must(t, db.AddExport(t.Context(), yamada, r.export(sekisho.FormatJSON)))
			commit(t, db, 1, 10)
			timeout := time.Minute
			if slices.Contains(plan, "hang") {
				timeout = 500 * time.Millisecond
			}
			start(t, db, anyAddress, timeout)
			commit(t, db, 11, 30)
			eventually(t, "all is delivered", func() bool { return stateOf(t, db).Delivered == 30 })
			got, want := firsts(r.got()), expected(1, 30)
			if !slices.Equal(got, want) {
				t.Errorf("got %v\nwant %v", got, want)
			}
			if state := stateOf(t, db); state.Waiting() != 0 || !state.Failing.IsZero() || state.Error != (sekisho.Text{}) || state.Skipped != 0 {
				t.Errorf("got the state %+v, want no trouble left", state)
			}
			if len(plan) == 0 && len(r.got()) != 30 {
				t.Errorf("got %d messages of a receiver without faults, want 30", len(r.got()))
			}
		})
	}
}

func TestCarry_takesAnEarlyEndForNoAnswer(t *testing.T) {
	r := newReceiver(t, "leave")
	e := r.export(sekisho.FormatJSON)
	carrier, err := NewCarrier(e, Secrets{}, anyAddress, time.Minute)
	must(t, err)
	carrier.(*syslog).grace = 30 * time.Second
	var messages []Message
	for i := range 7 {
		messages = append(messages, Message{UID: string(eventID(i)), Time: noon, Content: []byte("{}")})
	}
	if err := carrier.Carry(t.Context(), messages); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v of a receiver that left in the middle, want an early end", err)
	}
}

func TestExporter_goesOnWhereItStopped(t *testing.T) {
	db := openStore(t)
	r := newReceiver(t)
	must(t, db.AddExport(t.Context(), yamada, r.export(sekisho.FormatJSON)))
	commit(t, db, 1, 20)
	stop := start(t, db, anyAddress)
	eventually(t, "the first are delivered", func() bool { return stateOf(t, db).Delivered == 20 })
	stop()
	commit(t, db, 21, 40)
	start(t, db, anyAddress)
	eventually(t, "the rest is delivered", func() bool { return stateOf(t, db).Delivered == 40 })
	if got := r.got(); !slices.Equal(got, expected(1, 40)) {
		t.Errorf("got %v, want each once", got)
	}
}

func TestExporter_sendsWhatWasThereBefore(t *testing.T) {
	db := openStore(t)
	r := newReceiver(t)
	commit(t, db, 1, 20) // each a second earlier than the one before
	c := sekisho.Case{ID: "C1", Tenant: yamada, Incident: "I1", Opened: noon, Updated: noon}
	opened, change := c.Turn(sekisho.ChangeOpened, sekisho.TellNow, noon)
	must(t, db.Commit(t.Context(), yamada, sekisho.Commit{Stream: "spool", Position: 21, Cases: []sekisho.Case{opened}, Changes: []sekisho.Change{change}}))
	e := r.export(sekisho.FormatJSON)
	e.Since, e.Created = noon.Add(-10*time.Second), noon.Add(time.Hour)
	must(t, db.AddExport(t.Context(), yamada, e))
	commit(t, db, 22, 25)
	start(t, db, anyAddress)
	eventually(t, "all is delivered", func() bool { return stateOf(t, db).Delivered == 15 })
	want := append(expected(1, 10), "C1-1")
	slices.Reverse(want[:10])
	if got := r.got(); !slices.Equal(got, append(want, expected(22, 25)...)) {
		t.Errorf("got %v, want %v and then E22 to E25", got, want)
	}
}

func TestExporter_saysWhatIsWrong(t *testing.T) {
	db := openStore(t)
	r := newReceiver(t)
	e := r.export(sekisho.FormatCEF)
	e.CA = ""
	must(t, db.AddExport(t.Context(), yamada, e))
	commit(t, db, 1, 3)
	start(t, db, anyAddress)
	eventually(t, "it was tried again", func() bool { return stateOf(t, db).Tries > 2 })
	state := stateOf(t, db)
	if !strings.Contains(state.Error.EN, "not trusted") || state.Error.JA == "" || state.Detail == "" || state.Failing.IsZero() || state.Waiting() != 3 {
		t.Errorf("got the state %+v, want the untrusted certificate in words and 3 waiting", state)
	}
	must(t, db.RemoveExport(t.Context(), yamada, e.ID))
}

func TestExporter_keepsToTheGuardOfAddresses(t *testing.T) {
	db := openStore(t)
	r := newReceiver(t)
	must(t, db.AddExport(t.Context(), yamada, r.export(sekisho.FormatJSON)))
	commit(t, db, 1, 1)
	start(t, db, func(context.Context, string, string) (net.Conn, error) {
		return nil, &Trouble{Text: sekisho.Text{JA: "内側", EN: "inside"}, Err: errors.New("guarded")}
	})
	eventually(t, "it is in trouble", func() bool { return stateOf(t, db).Error.EN == "inside" })
	if len(r.got()) > 0 {
		t.Errorf("got %v past the guard", r.got())
	}
}

func TestFrame_countsOctets(t *testing.T) {
	var b bytes.Buffer
	s := &syslog{hostname: "node"}
	for _, content := range []string{"攻撃", "", "two words"} {
		s.frame(&b, Message{UID: "E1", Time: noon, Severity: sekisho.SeverityHigh, Content: []byte(content)})
	}
	in := bufio.NewReader(&b)
	for _, content := range []string{"攻撃", "", "two words"} {
		got, err := readFrame(in)
		must(t, err)
		if want := "<106>1 2026-04-01T12:00:00.123456Z node sekisho - E1 - " + content; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
