package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	nodeOrigin = "SEKISHO_TEST_NODE_ORIGIN" // set: this process is the node under test
	nodeLimit  = 64 << 20
)

// A process with a memory limit gets twice the requests and three times the bodies that it has room for: it never uses
// more than its limit, sends the surplus away with 503 and Retry-After, and completes whatever it let in.
func TestServer_staysBelowItsMemoryLimitAtTwiceItsCapacity(t *testing.T) {
	if address := os.Getenv(nodeOrigin); address != "" {
		runNode(t, address)
		return
	}
	const asked = 2 * fewestRequests
	gate := make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	var seen, away, served atomic.Int64
	holding := origin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			seen.Add(1)
			<-gate
		}
		fmt.Fprint(w, "hello")
	})
	t.Cleanup(release)
	address, stop := startNode(t, holding.URL)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
	body := bytes.Repeat([]byte("a"), 100<<10)
	var flood sync.WaitGroup
	for range asked {
		flood.Go(func() {
			request, _ := http.NewRequest(http.MethodPost, "http://"+address+"/", bytes.NewReader(body))
			request.Host = testHost
			response, err := client.Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			content, err := io.ReadAll(response.Body)
			switch {
			case response.StatusCode == 503 && response.Header.Get("Retry-After") != "":
				away.Add(1)
			case response.StatusCode == 200 && string(content) == "hello" && err == nil:
				served.Add(1)
			default:
				t.Errorf("got %d %v %q, %v, want 200 or 503 with Retry-After", response.StatusCode, response.Header, content, err)
			}
		})
	}
	eventually(t, "every request is at the origin or was sent away", func() bool { return seen.Load()+away.Load() == asked })
	release()
	flood.Wait()
	if served.Load() != seen.Load() || away.Load() < asked/4 {
		t.Errorf("%d let in, %d of them completed, %d sent away; want all that were let in, and a part sent away", seen.Load(), served.Load(), away.Load())
	}
	peak, resident := stop()
	t.Logf("limit %d MiB: %d let in, %d sent away, %d MiB at most by the runtime, %s resident", nodeLimit>>20, served.Load(), away.Load(), peak>>20, resident)
	if peak > nodeLimit {
		t.Errorf("the node used %d MiB, want at most %d", peak>>20, nodeLimit>>20)
	}
}

// startNode starts this test again as the node under test. stop ends it and returns the most memory that it used, by what
// the limit counts; the resident size is for the log, since a race detector has several times as much of its own.
func startNode(t *testing.T, origin string) (address string, stop func() (peak int64, resident string)) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), nodeOrigin+"="+origin, fmt.Sprintf("GOMEMLIMIT=%d", nodeLimit))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	lines := bufio.NewReader(out)
	if _, err := fmt.Fscan(lines, &address); err != nil {
		t.Fatalf("the node did not start: %v", err)
	}
	return address, func() (peak int64, resident string) {
		t.Helper()
		_ = in.Close()
		if _, err := fmt.Fscan(lines, &peak, &resident); err != nil {
			t.Fatalf("the node did not live to its end: %v", err)
		}
		return peak, resident
	}
}

func runNode(t *testing.T, origin string) {
	c := start(t, testSite(origin, sekisho.ModeBlock))
	fmt.Println(c.HTTPAddr())
	ended := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); close(ended) }()
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	peak := uint64(0)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		metrics.Read(samples)
		peak = max(peak, samples[0].Value.Uint64()-samples[1].Value.Uint64())
		select {
		case <-ended:
			tick.Stop()
			fmt.Println(peak, residentPeak())
			return
		case <-tick.C:
		}
	}
}

func residentPeak() string {
	status, _ := os.ReadFile("/proc/self/status") // not everywhere
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(after, "\n")
	return strings.ReplaceAll(strings.TrimSpace(line), " ", "") + "-"
}
