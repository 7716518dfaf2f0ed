package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

const firewallLine = `<189>date=2026-03-04 time=10:00:00 eventtime=%d tz="+0900" devname="fw" vd="root" logid="0419016384" type="utm" subtype="ips" action="dropped" attack="x" srcip=203.0.113.7 dstip=192.168.1.10 sessionid=%d`

var tokenLine = regexp.MustCompile(`token, shown this once: (\S+)`)

// sensorLine is the part of `sekisho sensor list --json` that the command line promises.
type sensorLine struct {
	Name  string `json:"name"`
	State struct {
		Received, Parsed, Unparsed, Rejected int
		Samples                              []string
	} `json:"state"`
}

func sensors(t *testing.T, dataDir string) map[string]sensorLine {
	t.Helper()
	var list []sensorLine
	text := must(t, "sensor", "list", "--json", "--data-dir", dataDir)
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("sensor list --json printed %q: %v", text, err)
	}
	byName := map[string]sensorLine{}
	for _, s := range list {
		byName[s.Name] = s
	}
	return byName
}

// TestSensors_losesNoPushThatItAnswered pushes records, kills the process in the middle, starts it again, and looks for every
// record of every answered push.
func TestSensors_losesNoPushThatItAnswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addr := fmt.Sprintf("127.0.0.1:%d", testenv.FreePort(t))
	p := serve(t, dir, "--sensors-https", addr)
	token := tokenLine.FindStringSubmatch(must(t, "sensor", "add", "edr", "--token", "--data-dir", dir))[1]
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trusting(t, dir)}}
	defer client.CloseIdleConnections()
	const perPush, pushes = 100, 12
	push := func(number int) bool {
		var body strings.Builder
		for i := range perPush {
			_, _ = fmt.Fprintf(&body, firewallLine+"\n", 1772586000000000000+int64(number*perPush+i)*1e9, number*perPush+i)
		}
		request, err := http.NewRequest(http.MethodPost, "https://"+addr+"/", strings.NewReader(body.String()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}
	answered := map[int]bool{}
	for number := range pushes {
		answered[number] = push(number)
	}
	var last sync.WaitGroup
	last.Go(func() { push(pushes) }) // meets the kill
	p.kill()
	last.Wait()
	serve(t, dir, "--sensors-https", addr)
	found := map[string]int{}
	eventually(t, "every record of every answered push", func() bool {
		clear(found)
		for line := range strings.Lines(must(t, "events", "--json", "--data-dir", dir)) {
			if at := strings.Index(line, "sessionid="); at >= 0 {
				id, _, _ := strings.Cut(line[at+len("sessionid="):], `"`)
				found[id]++
			}
		}
		for number := range pushes {
			for i := range perPush {
				if answered[number] && found[fmt.Sprint(number*perPush+i)] == 0 {
					return false
				}
			}
		}
		return true
	})
	for id, n := range found {
		if n != 1 {
			t.Errorf("record %s is stored %d times, want once", id, n)
		}
	}
	if len(answered) != pushes || !answered[0] || !answered[pushes-1] {
		t.Errorf("not every push was answered: %v", answered)
	}
	if !push(pushes + 1) {
		t.Error("the token does not hold over a restart")
	}
}

// TestSensors_tellsTenantsApartByHowRecordsCome sends the same line by the port of one tenant and the certificate of another, and
// one that nobody can read.
func TestSensors_tellsTenantsApartByHowRecordsCome(t *testing.T) {
	t.Parallel()
	dir, certs := t.TempDir(), t.TempDir()
	overTLS, port := fmt.Sprintf("127.0.0.1:%d", testenv.FreePort(t)), fmt.Sprintf("127.0.0.1:%d", testenv.FreePort(t))
	metrics := fmt.Sprintf("127.0.0.1:%d", testenv.FreePort(t))
	serve(t, dir, "--sensors-tls", overTLS, "--metrics", metrics)
	must(t, "tenant", "add", "suzuki", "--data-dir", dir)
	must(t, "sensor", "add", "fw-a", "--tcp", port, "--data-dir", dir)
	must(t, "sensor", "add", "fw-b", "--tenant", "suzuki", "--certificate", certs, "--data-dir", dir)
	line := fmt.Sprintf(firewallLine, 1772586000000000000, 1)

	plain, err := net.Dial("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	_, _ = fmt.Fprintf(plain, "%s\nnobody knows password=hunter2\n", line)

	config := trusting(t, dir)
	pair, err := tls.LoadX509KeyPair(filepath.Join(certs, "fw-b.crt"), filepath.Join(certs, "fw-b.key"))
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = []tls.Certificate{pair}
	secure, err := tls.Dial("tcp", overTLS, config)
	if err != nil {
		t.Fatal(err)
	}
	defer secure.Close()
	_, _ = fmt.Fprintf(secure, "%d %s", len(line), line)

	eventually(t, "all three records", func() bool { return len(events(t, dir)) == 3 })
	tenants := map[string]int{}
	for _, e := range events(t, dir) {
		tenants[e.Tenant+" "+e.Class]++
	}
	if tenants["default exploit"] != 1 || tenants["suzuki exploit"] != 1 || tenants["default noise"] != 1 {
		t.Errorf("got %v, want one of each tenant and one that nobody knows", tenants)
	}
	got := sensors(t, dir)
	if a := got["fw-a"].State; a.Received != 2 || a.Parsed != 1 || a.Unparsed != 1 || a.Rejected != 0 || len(a.Samples) != 1 || strings.Contains(a.Samples[0], "hunter2") {
		t.Errorf("fw-a: got %+v, want one parsed, one unparsed with its sample, its secret hidden", a)
	}
	figures := get(t, http.DefaultClient, "http://"+metrics+"/metrics").body
	if !strings.Contains(figures, `sekisho_sensor_records_total{tenant="default",sensor="fw-a",result="unparsed"} 1`) || !strings.Contains(figures, `sekisho_sensor_received_total{tenant="suzuki",sensor="fw-b"} 1`) {
		t.Errorf("got figures\n%s", figures)
	}
	must(t, "sensor", "remove", "fw-a", "--data-dir", dir)
	if conn, err := net.Dial("tcp", port); err == nil {
		_ = conn.Close()
		t.Error("the port of a sensor that was removed still answers")
	}
}

func trusting(t *testing.T, dir string) *tls.Config {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(dir, "ca", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bytes.TrimSpace(ca))
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}
