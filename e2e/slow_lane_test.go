package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// inspection is what `sekisho status --json` says about the slow lane.
type inspection struct {
	Slow   int64 `json:"slow"`
	UsedMS int64 `json:"used_ms"`
	Short  []struct {
		Host      string           `json:"host"`
		Shortages map[string]int64 `json:"shortages"`
	} `json:"short"`
}

func (i inspection) shortages(host, why string) int64 {
	for _, site := range i.Short {
		if site.Host == host {
			return site.Shortages[why]
		}
	}
	return 0
}

func inspectionOf(t *testing.T, dir string) inspection {
	t.Helper()
	var status struct {
		Inspection inspection `json:"inspection"`
	}
	if err := json.Unmarshal([]byte(must(t, "status", "--json", "--data-dir", dir)), &status); err != nil {
		t.Fatal(err)
	}
	return status.Inspection
}

func post(host, contentType, body string) func() *http.Request {
	return func() *http.Request {
		request, _ := http.NewRequest(http.MethodPost, "https://"+host+"/contact", strings.NewReader(body))
		browserHeaders(request)
		request.Header.Set("Content-Type", contentType)
		return request
	}
}

func many(count int) string {
	var b strings.Builder
	for n := range count {
		fmt.Fprintf(&b, "a%d=%d&", n, n)
	}
	return b.String()
}

// catastrophes are requests that cost a WAF more than they cost who sends them.
func catastrophes(host string) map[string]func() *http.Request {
	const form, boundary = "application/x-www-form-urlencoded", "xxxx"
	nested := "<%"
	for range 12 {
		nested = url.QueryEscape(nested)
	}
	laughs := `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">`
	for n := range 9 {
		laughs += fmt.Sprintf(`<!ENTITY %c "%s">`, 'b'+n, strings.Repeat(fmt.Sprintf("&%c;", 'a'+n), 10))
	}
	part := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
	headers := func(set func(http.Header)) func() *http.Request {
		return func() *http.Request {
			request, _ := http.NewRequest(http.MethodGet, "https://"+host+"/", nil)
			browserHeaders(request)
			set(request.Header)
			return request
		}
	}
	return map[string]func() *http.Request{
		"a value of 1 MB":              post(host, form, "a="+strings.Repeat("0123456789abcde+", 64<<10)),
		"a value of 100 KB in English": post(host, form, "a="+strings.Repeat("select the union of name and price from ", 2500)),
		"2 MB of noise":                post(host, "application/octet-stream", strings.Repeat("\x00\xff\x81&=%;'\"<", 200<<10)),
		"JSON nested 100,000 deep":     post(host, "application/json", strings.Repeat(`{"a":`, 100000)+"1"+strings.Repeat("}", 100000)),
		"900 arguments":                post(host, form, many(900)),
		"a million arguments":          post(host, form, strings.Repeat("a&", 1000000)),
		"a million JSON keys":          post(host, "application/json", `{`+strings.Repeat(`"a":1,`, 1000000)+`"b":1}`),
		"100,000 parts":                post(host, "multipart/form-data; boundary="+boundary, strings.Repeat(part, 100000)+"--"+boundary+"--\r\n"),
		"encoded 12 times over":        post(host, form, "a="+nested),
		"a billion laughs":             post(host, "application/xml", laughs+`]><l>&j;</l>`),
		"100,000 XML elements":         post(host, "application/xml", `<?xml version="1.0"?><a>`+strings.Repeat("<b>x</b>", 100000)+`</a>`),
		"a cookie of 50 KB":            headers(func(h http.Header) { h.Set("Cookie", "a="+strings.Repeat("the quick brown fox ", 2500)) }),
		"50 KB of headers":             headers(func(h http.Header) { h.Set("X-Long", strings.Repeat("the quick brown fox ", 2500)) }),
	}
}

// processorMS is the processor time of a process, in milliseconds.
func processorMS(t *testing.T, pid int) int {
	t.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		t.Fatalf("not the times of a process: %v", fields)
	}
	return 10 * (user + system)
}

// Whatever it is, it is stopped, inspected within its budget, or given to the site's fail mode with an event that says so.
func TestServe_boundsWhatOneRequestMayCost(t *testing.T) {
	t.Parallel()
	origin, seen := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--inspection-budget", "50ms", "--mode", "block", "--site", "closed.example="+origin, "--site", "open.example="+origin)
	must(t, "site", "set", "open.example", "--fail-mode", "open", "--data-dir", dir)
	client := p.client()
	refused := 0
	for _, host := range []string{"closed.example", "open.example"} {
		for name, build := range catastrophes(host) {
			reached, used := seen.Load(), processorMS(t, p.cmd.Process.Pid)
			got := do(t, client, build())
			asked := seen.Load() > reached
			t.Logf("%-16s %-30s %d, %d ms of processor time", host, name, got.status, processorMS(t, p.cmd.Process.Pid)-used)
			switch {
			case got.status == http.StatusServiceUnavailable && host == "closed.example":
				refused++
				if asked || got.header.Get("Retry-After") == "" {
					t.Errorf("%s: origin asked %v, header %v, want Retry-After", name, asked, got.header)
				}
			case got.status >= 500 || (got.status < 400) != asked:
				t.Errorf("%s, %s: got %d, origin asked %v", host, name, got.status, asked)
			}
		}
	}
	forwarded := int(inspectionOf(t, dir).shortages("open.example", "over_budget"))
	if counted := inspectionOf(t, dir).shortages("closed.example", "over_budget"); int(counted) != refused || refused < 3 || forwarded < 3 {
		t.Errorf("%d were refused and %d counted, %d forwarded; want at least 3 of each", refused, counted, forwarded)
	}
	eventually(t, "the events of what was not inspected", func() bool {
		reasons := map[string]int{}
		for _, e := range events(t, dir, "--limit", "100") {
			reasons[e.Reason]++
		}
		return reasons["inspection_over_budget"] == refused && reasons["inspection_over_budget_open"] == forwarded
	})
}

func TestServe_saysWhenTheSlowLaneIsFull(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--inspection-workers", "1", "--inspection-wait", "1ms", "--inspection-budget", "1m", "--mode", "block", "--site", "shop.example="+origin)
	client := p.client()
	var group sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for range 10 {
		group.Go(func() {
			got := do(t, client, post("shop.example", "application/x-www-form-urlencoded", many(900)+"q=1'+union+select+name,pass+from+users")())
			if got.status == http.StatusServiceUnavailable {
				mu.Lock()
				defer mu.Unlock()
				refused++
				if got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "混み合っています") {
					t.Errorf("got %v %s", got.header, got.body)
				}
			} else if got.status != http.StatusForbidden {
				t.Errorf("got %d, want 403 or 503", got.status)
			}
		})
	}
	group.Wait()
	said := inspectionOf(t, dir) // who would have waited in vain is told at once that the queue is full
	if refused == 0 || said.shortages("shop.example", "waited")+said.shortages("shop.example", "queue_full") != int64(refused) {
		t.Errorf("%d were refused, and status says %+v", refused, said)
	}
	if status := must(t, "status", "--data-dir", dir); !strings.Contains(status, "inspection: not made at shop.example") || !strings.Contains(status, "Inspection cannot keep up") {
		t.Errorf("status says\n%s", status)
	}
	if got := get(t, client, "https://shop.example/"); got.status != http.StatusOK {
		t.Errorf("afterwards: got %d", got.status)
	}
	eventually(t, "the events", func() bool {
		short := map[string]int64{}
		for _, e := range events(t, dir, "--site", "shop.example") {
			if e.Class == "sensor_fault" && e.Action == "failed" {
				short[e.Reason]++
			}
		}
		return short["inspection_waited"] == said.shortages("shop.example", "waited") &&
			short["inspection_queue_full"] == said.shortages("shop.example", "queue_full")
	})
}

func TestBenchFairness_measuresBothFloods(t *testing.T) {
	t.Parallel()
	var report struct {
		Phases map[string]struct {
			Samples int            `json:"samples"`
			Failed  int            `json:"failed"`
			By      map[string]int `json:"flood_by_status"`
		} `json:"phases"`
		P99 map[string]float64 `json:"p99_times"`
	}
	out := must(t, "bench", "fairness", "--duration", "300ms", "--rounds", "1", "--rate", "50", "--flood", "4", "--json")
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"quiet", "attacks", "heavy"} {
		p := report.Phases[kind]
		if p.Samples == 0 || p.Failed > 0 || kind != "quiet" && (p.By["403"]+p.By["503"] == 0 || report.P99[kind] == 0) {
			t.Errorf("%s: got %+v, %v", kind, p, report.P99)
		}
	}
}

// Stock Coraza misses the attack among its namesakes in three rounds of ten; here it is found every time, in a
// form, in a query and among cookies, over TCP. The ruleset's own test asks a thousand times.
func TestServe_findsAnAttackAmongItsNamesakesEveryTime(t *testing.T) {
	t.Parallel()
	origin, seen := countingOrigin(t)
	p := serve(t, t.TempDir(), "--inspection-wait", "1m", "--mode", "block", "--site", "shop.example="+origin)
	const pairs = "a=union+select&a=ok&a=ok2&b=1"
	form := post("shop.example", "application/x-www-form-urlencoded", pairs)
	builds := []func() *http.Request{form, form, func() *http.Request {
		request, _ := http.NewRequest(http.MethodGet, "https://shop.example/?"+pairs, nil)
		browserHeaders(request)
		return request
	}, func() *http.Request {
		request, _ := http.NewRequest(http.MethodGet, "https://shop.example/", nil)
		browserHeaders(request)
		request.Header.Set("Cookie", "a=union select; a=ok; a=ok2; b=1")
		return request
	}}
	client := p.client()
	const rounds = 100
	stopped := 0
	for n := range rounds {
		if do(t, client, builds[n%len(builds)]()).status == http.StatusForbidden {
			stopped++
		}
	}
	if stopped != rounds || seen.Load() != 0 {
		t.Errorf("stopped %d of %d, the origin saw %d", stopped, rounds, seen.Load())
	}
}
