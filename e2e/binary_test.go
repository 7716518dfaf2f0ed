// Package e2e runs the real binary under real clients, a real browser and real servers.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sekisho-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// The tests mostly wait for processes, clocks and name servers: more of them than processors at a time.
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "sekisho")
	build := exec.Command("go", "build", "-race", "-o", binary, "../cmd/sekisho")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the binary under test:", err)
		return 1
	}
	return m.Run()
}

// process is a running `sekisho serve` or `sekisho demo`.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	dataDir string
	http    string // host:port
	https   string
	portal  string // URL
	exited  chan struct{}
	log     *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var servingLine = regexp.MustCompile(`sekisho is serving: http (\S+), https (\S+), portal (\S+)`)

// serve starts `sekisho serve` on free ports and waits until it answers. It is stopped with the test.
func serve(t *testing.T, dataDir string, args ...string) *process {
	t.Helper()
	return serveWith(t, binary, dataDir, args...)
}

// serveWith is serve with a copy of the program, for a test that puts another in its place.
func serveWith(t *testing.T, program, dataDir string, args ...string) *process {
	t.Helper()
	args = append([]string{
		"serve", "--data-dir", dataDir, "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--portal", "127.0.0.1:0",
		"--access-log", filepath.Join(dataDir, "access.log"),
		"--inspection-wait", "30s", // the rules' threads give way to other tests; who is about that sets its own
	}, args...)
	p := &process{t: t, cmd: exec.Command(program, args...), dataDir: dataDir, exited: make(chan struct{}), log: &lockedBuffer{}}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan []string, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			_, _ = fmt.Fprintln(p.log, lines.Text())
			if found := servingLine.FindStringSubmatch(lines.Text()); found != nil {
				select {
				case ready <- found:
				default: // the line of a process that took over
				}
			}
		}
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(p.stop)
	select {
	case found := <-ready:
		p.http, p.https, p.portal = found[1], found[2], found[3]
	case <-p.exited:
		t.Fatalf("serve ended before it answered:\n%s", p.log)
	case <-time.After(60 * time.Second):
		t.Fatalf("serve did not answer:\n%s", p.log)
	}
	return p
}

// stop ends the process as an operator would and fails the test on a data race.
func (p *process) stop() {
	select {
	case <-p.exited:
	default:
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.exited:
		case <-time.After(30 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.exited
			p.t.Errorf("serve did not stop in 30 s:\n%s", p.log)
		}
	}
	if strings.Contains(p.log.String(), "DATA RACE") {
		p.t.Errorf("data race in the process under test:\n%s", p.log)
	}
}

// kill ends the process at once, as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// sekisho runs one command of the command line and returns its output and exit code.
func sekisho(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("run sekisho %v: %v", args, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// must runs a command that has to succeed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := sekisho(t, args...)
	if code != 0 {
		t.Fatalf("sekisho %s: exit %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// client speaks HTTPS to the process, trusts its local authority and finds every host at its address.
func (p *process) client() *http.Client {
	p.t.Helper()
	pem, err := os.ReadFile(filepath.Join(p.dataDir, "ca", "ca.crt"))
	if err != nil {
		p.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		p.t.Fatal("the authority's certificate cannot be read")
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.https)
		},
	}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is what a visitor got.
type answer struct {
	status int
	body   string
	header http.Header
}

func do(t *testing.T, client *http.Client, request *http.Request) answer {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", request.Method, request.URL, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read answer of %s %s: %v", request.Method, request.URL, err)
	}
	return answer{response.StatusCode, string(body), response.Header}
}

func get(t *testing.T, client *http.Client, url string) answer {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	browserHeaders(request)
	return do(t, client, request)
}

// browserHeaders makes a request look like an ordinary browser's.
func browserHeaders(request *http.Request) {
	request.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1")
	request.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	request.Header.Set("Accept-Language", "ja-JP,ja;q=0.9")
}

// eventually waits for a condition that another process brings about.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// event is the part of `sekisho events --json` that the command line promises.
type event struct {
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	Tenant  string    `json:"tenant"`
	Site    string    `json:"site"`
	Source  string    `json:"source"`
	Class   string    `json:"class"`
	Action  string    `json:"action"`
	Reason  string    `json:"reason"`
	Outcome string    `json:"outcome"`
	Status  int       `json:"status"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	RuleIDs []int     `json:"rule_ids"`
	Score   int       `json:"score"`
	Count   int       `json:"count"`
}

func events(t *testing.T, dataDir string, args ...string) []event {
	t.Helper()
	var all []event
	for line := range strings.Lines(must(t, append([]string{"events", "--json", "--data-dir", dataDir}, args...)...)) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("events --json printed %q: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// incidentLine is the part of `sekisho incidents --json` that the command line promises.
type incidentLine struct {
	ID          string    `json:"id"`
	Site        string    `json:"site"`
	Severity    string    `json:"severity"`
	Score       int       `json:"score"`
	Count       int       `json:"count"`
	Title       string    `json:"title"`
	Explanation string    `json:"explanation"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
}

func incidents(t *testing.T, dataDir string, args ...string) []incidentLine {
	t.Helper()
	var all []incidentLine
	text := must(t, append([]string{"incidents", "--json", "--data-dir", dataDir}, args...)...)
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatalf("incidents --json printed %q: %v", text, err)
	}
	return all
}
