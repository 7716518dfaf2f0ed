package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

var forwardsLine = regexp.MustCompile(`sekisho forwards to \S+: udp (\S+), tcp (\S+)`)

// forwarder starts `sekisho forwarder`; kill ends it as a power switch does.
func forwarder(t *testing.T, to, certs, buffer string) (udp, tcp string, kill func()) {
	t.Helper()
	cmd := exec.Command(binary, "forwarder", "--to", to, "--name", "localhost", "--certificate", certs, "--buffer", buffer, "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	log := bufio.NewReader(stderr)
	for {
		line, err := log.ReadString('\n')
		if err != nil {
			t.Fatalf("the forwarder ended before it listened: %v", err)
		}
		if found := forwardsLine.FindStringSubmatch(line); found != nil {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return found[1], found[2], kill
		}
	}
}

// TestForwarder_losesAndDoublesNothingOverOutages sends records while the bridge is away, kills the forwarder with them in its
// buffer, and, once they flow, kills both; in the end each is stored once.
func TestForwarder_losesAndDoublesNothingOverOutages(t *testing.T) {
	t.Parallel()
	dir, certs, buffer := t.TempDir(), t.TempDir(), t.TempDir()
	addr := fmt.Sprintf("127.0.0.1:%d", testenv.FreePort(t))
	bridge := serve(t, dir, "--sensors-tls", addr)
	must(t, "sensor", "add", "office", "--certificate", certs, "--data-dir", dir)
	bridge.kill()

	const each = 3000
	send := func(to string, first int) {
		t.Helper()
		conn, err := net.Dial("tcp", to)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for i := range each {
			_, _ = fmt.Fprintf(conn, firewallLine+"\n", 1772586000000000000+int64(first+i)*1e6, first+i)
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF { // it hangs up once it has read all
			t.Fatalf("the forwarder did not take the records: %v", err)
		}
	}
	udp, tcp, kill := forwarder(t, addr, certs, buffer)
	send(tcp, 1)
	datagrams, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(datagrams, firewallLine, 1772586000000000000, 0)
	_ = datagrams.Close()
	send(tcp, 1+each) // the datagram is read by then
	kill()

	_, _, kill = forwarder(t, addr, certs, buffer)
	bridge = serve(t, dir, "--sensors-tls", addr)
	count := func() (records, distinct int) {
		seen := map[string]bool{}
		for line := range strings.Lines(must(t, "events", "--json", "--limit", "100000", "--data-dir", dir)) {
			if at := strings.Index(line, "sessionid="); at >= 0 {
				id, _, _ := strings.Cut(line[at+len("sessionid="):], `"`)
				seen[id], records = true, records+1
			}
		}
		return records, len(seen)
	}
	eventually(t, "records flow", func() bool { n, _ := count(); return n > 0 })
	bridge.kill()
	kill()
	_, tcp, _ = forwarder(t, addr, certs, buffer)
	send(tcp, 1+2*each)
	serve(t, dir, "--sensors-tls", addr)
	const all = 3*each + 1
	records, distinct := 0, 0
	eventually(t, fmt.Sprintf("all %d records", all), func() bool { records, distinct = count(); return distinct >= all })
	if records != all {
		t.Errorf("got %d records, want %d: some are stored twice", records, all)
	}
}
