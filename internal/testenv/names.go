package testenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Names is a real DNS server (pebble-challtestsrv) whose records a test sets. It knows no name by itself.
type Names struct {
	t          testing.TB
	Addr       string // host:port, UDP and TCP
	management string
}

// StartNames starts the DNS server on a free port. It ends with the test.
func StartNames(t testing.TB) *Names {
	t.Helper()
	binary := find(t, "pebble-challtestsrv")
	n := &Names{t: t, Addr: local(FreePort(t)), management: local(FreePort(t))}
	cmd := exec.Command(binary, "-dnsserver", n.Addr, "-management", n.management, "-defaultIPv4", "", "-defaultIPv6", "",
		"-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "")
	run(t, cmd, func() bool { return listening(n.management) && listening(n.Addr) })
	return n
}

// Address sets the IPv4 addresses of a host.
func (n *Names) Address(host string, addrs ...string) {
	n.set("clear-a", map[string]any{"host": host + "."})
	n.set("add-a", map[string]any{"host": host + ".", "addresses": addrs})
}

// TXT sets the text at a name.
func (n *Names) TXT(name, value string) {
	n.set("set-txt", map[string]any{"host": name + ".", "value": value})
}

// Alias makes a name an alias of another.
func (n *Names) Alias(name, target string) {
	n.set("set-cname", map[string]any{"host": name + ".", "target": target + "."})
}

// CAA sets the one authority that may issue for a name.
func (n *Names) CAA(name, authority string) {
	n.set("add-caa", map[string]any{"host": name + ".", "policies": []map[string]string{{"tag": "issue", "value": authority}}})
}

// NoCAA removes what CAA has set.
func (n *Names) NoCAA(name string) { n.set("clear-caa", map[string]any{"host": name + "."}) }

// Fail makes every question about a name fail.
func (n *Names) Fail(name string) { n.set("set-servfail", map[string]any{"host": name + "."}) }

func (n *Names) set(what string, fields map[string]any) {
	n.t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		n.t.Fatal(err)
	}
	response, err := http.Post("http://"+n.management+"/"+what, "application/json", bytes.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		n.t.Fatalf("%s %v: got %s", what, fields, response.Status)
	}
}

// StartResolver starts a real recursive resolver (unbound) and returns its address. It asks the server at a zone's address
// for each zone, and upstream for everything else; without upstream it asks nobody else.
func StartResolver(t testing.TB, upstream string, zones map[string]string) (addr string) {
	t.Helper()
	binary := find(t, "unbound")
	dir := t.TempDir()
	addr = local(FreePort(t))
	var config bytes.Buffer
	_, port, _ := net.SplitHostPort(addr)
	fmt.Fprintf(&config, "server:\n interface: 127.0.0.1@%s\n port: %s\n chroot: \"\"\n username: \"\"\n directory: %q\n pidfile: \"\"\n use-syslog: no\n logfile: %q\n"+
		" do-not-query-localhost: no\n do-ip6: no\n module-config: \"iterator\"\n cache-max-ttl: 0\n cache-max-negative-ttl: 0\n local-zone: \"test.\" nodefault\n num-threads: 1\n"+
		"remote-control:\n control-enable: no\n", port, port, dir, filepath.Join(dir, "log"))
	at := func(addr string) string {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		return host + "@" + port
	}
	for zone, server := range zones {
		fmt.Fprintf(&config, "stub-zone:\n name: %q\n stub-addr: %s\n stub-no-cache: yes\n", zone+".", at(server))
	}
	if upstream != "" {
		fmt.Fprintf(&config, "forward-zone:\n name: \".\"\n forward-addr: %s\n forward-no-cache: yes\n", at(upstream))
	}
	file := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(file, config.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(binary, "-d", "-p", "-c", file), func() bool { return listening(addr) })
	return addr
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func listening(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// run starts a program, waits until it answers, and ends it with the test.
func run(t testing.TB, cmd *exec.Cmd, answers func() bool) *process {
	t.Helper()
	var output bytes.Buffer // read only after the program has ended
	cmd.Stdout, cmd.Stderr = &output, &output
	process, err := start(cmd)
	if err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	t.Cleanup(process.kill)
	deadline := time.Now().Add(20 * time.Second)
	for !answers() {
		select {
		case <-process.ended:
			t.Fatalf("%s ended at once: %s", cmd.Path, output.String())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer", cmd.Path)
		}
	}
	return process
}
