package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho"
)

func TestRecord_comesBeforeTheAnswersFirstByte(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for _, mode := range []sekisho.Mode{sekisho.ModeBlock, sekisho.ModeDetect} {
		c := start(t, testSite(server.URL, mode))
		recording, goOn := make(chan struct{}), make(chan struct{})
		c.recorder.before = func(sekisho.Event) { close(recording); <-goOn }
		var answered atomic.Bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.raw("GET /?" + attackWord + " HTTP/1.1\r\nHost: " + testHost + "\r\nConnection: close\r\n\r\n")
			answered.Store(true)
		}()
		<-recording
		if answered.Load() {
			t.Errorf("%s: answered before the event was kept", mode)
		}
		close(goOn)
		<-done
	}
}

func TestRecord_failureDoesNotFailTheRequest(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	c.recorder.fail = errors.New("disk full")
	if got := c.get("h1", "/?"+attackWord).status; got != 403 {
		t.Errorf("status %d, want 403", got)
	}
	if got := c.get("h1", "/").status; got != 200 {
		t.Errorf("status %d, want 200", got)
	}
	if health := c.Health(); health.Unrecorded != 1 || !health.RecorderFails {
		t.Errorf("health %+v", health)
	}
	c.recorder.mu.Lock()
	c.recorder.fail = nil
	c.recorder.mu.Unlock()
	c.get("h1", "/?"+attackWord)
	if health := c.Health(); health.Unrecorded != 1 || health.RecorderFails {
		t.Errorf("health after recovery %+v", health)
	}
}

func TestAccessLog_writesOneLineOfOneShapePerRequest(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("12345")) })
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	c.get("h1", "/ok?password=secret")
	c.do("h2", http.MethodPost, "/bad?token=secret", strings.NewReader(attackWord), "User-Agent", "a\"b\\c")
	c.raw("GET / HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n")
	c.stop()
	lines := strings.Split(strings.TrimSpace(c.accessLog.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want 3:\n%s", len(lines), c.accessLog.String())
	}
	want := []map[string]any{
		{"status": 200.0, "action": "passed", "reason": "clean", "site": testHost, "tenant": "yamada", "path": "/ok", "bytes_out": 5.0, "origin_status": 200.0},
		{"status": 403.0, "action": "blocked", "reason": "request_rule", "protocol": "HTTP/2.0", "bytes_in": 4.0, "score": 5.0, "family": "test", "user_agent": "a\"b\\c"},
		{"status": 421.0, "action": "refused", "reason": "unknown_host", "site": "", "scheme": "http"},
	}
	var shape int
	for i, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for key, value := range want[i] {
			if got[key] != value {
				t.Errorf("line %d: %s is %v, want %v", i, key, got[key], value)
			}
		}
		if shape == 0 {
			shape = len(got)
		}
		if len(got) != shape {
			t.Errorf("line %d has %d keys, the first has %d", i, len(got), shape)
		}
		if strings.Contains(line, "secret") {
			t.Errorf("a query reached the log: %s", line)
		}
	}
}

func TestAccessLog_dropsLinesInsteadOfGrowing(t *testing.T) {
	log := accessLog{out: &syncBuffer{}}
	log.pending = make([]byte, maxLogBacklog+1)
	request, _ := http.NewRequest(http.MethodGet, "/", nil)
	log.add(&exchange{r: request}, 0)
	if got := log.dropped.Load(); got != 1 {
		t.Errorf("%d lines dropped, want 1", got)
	}
}

func FuzzAppendJSONString(f *testing.F) {
	for _, s := range []string{"", "a", "\x00\x1b[31m", "\u2028\u202e\ufeff", "\"\\", "\xff\xfe", "日本語", "\U000e0001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := appendJSONString(nil, s)
		var back string
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for _, r := range string(line) {
			if unicode.Is(unicode.C, r) {
				t.Fatalf("%q holds %U", line, r)
			}
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r > 0xffff }) && back != s {
			t.Fatalf("%q came back as %q", s, back)
		}
	})
}

func TestTraffic_keepsWhatTheSinkRefuses(t *testing.T) {
	sink := &memoryTraffic{fail: errors.New("away")}
	traffic := newTraffic(sink)
	site := testSite("http://127.0.0.1:1", sekisho.ModeBlock)
	counter := traffic.of(&site)
	hour := time.Date(2026, 1, 2, 3, 59, 59, 0, time.UTC)
	counter.add(hour, sekisho.ActionPassed)
	counter.add(hour, sekisho.ActionBlocked)
	if err := traffic.flush(context.Background(), hour); err == nil || !traffic.behind.Load() {
		t.Errorf("flush() = %v, behind %v", err, traffic.behind.Load())
	}
	counter.add(hour, sekisho.ActionDetected)
	counter.add(hour.Add(2*time.Second), sekisho.ActionFailed) // the next hour
	sink.fail = nil
	var got []sekisho.Traffic
	traffic.sink = sinkFunc(func(tenant sekisho.TenantID, counts []sekisho.Traffic) error {
		if tenant != "yamada" {
			t.Errorf("tenant %s", tenant)
		}
		got = append(got, counts...)
		return nil
	})
	if err := traffic.flush(context.Background(), hour.Add(3*time.Second)); err != nil {
		t.Fatal(err)
	}
	want := map[int]sekisho.Traffic{
		3: {Site: "SITE1", Hour: hour.Truncate(time.Hour), Requests: 3, Blocked: 1, Detected: 1},
		4: {Site: "SITE1", Hour: hour.Truncate(time.Hour).Add(time.Hour), Requests: 1, Failed: 1},
	}
	if len(got) != 2 {
		t.Fatalf("counts %+v, want two hours", got)
	}
	for _, count := range got {
		if count != want[count.Hour.Hour()] {
			t.Errorf("count %+v, want %+v", count, want[count.Hour.Hour()])
		}
	}
	got = nil
	if err := traffic.flush(context.Background(), hour.Add(4*time.Second)); err != nil || got != nil {
		t.Errorf("counts were handed over twice: %+v, %v", got, err)
	}
}

func TestTraffic_countsTheRequestsOfASite(t *testing.T) {
	server := origin(t, func(http.ResponseWriter, *http.Request) {})
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	c.get("h1", "/")
	c.get("h1", "/?"+attackWord)
	c.get("h1", "/?engine=error")
	eventually(t, "the counts", func() bool { return c.traffic.of("SITE1").Requests == 3 })
	if got := c.traffic.of("SITE1"); got.Blocked != 1 || got.Failed != 1 || got.Detected != 0 {
		t.Errorf("traffic %+v", got)
	}
}

type sinkFunc func(sekisho.TenantID, []sekisho.Traffic) error

func (f sinkFunc) AddTraffic(_ context.Context, tenant sekisho.TenantID, counts []sekisho.Traffic) error {
	return f(tenant, counts)
}
