package ruleset

import (
	"context"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// testPool holds the engines that tests share, because a compile costs more than all they ask of it.
var testPool = NewPool(slog.New(slog.DiscardHandler))

var testEngines sync.Map // engineKey -> *Engine

func engine(t testing.TB, policy sekisho.Policy, mode sekisho.Mode) *Engine {
	t.Helper()
	key := engineKey{policy.Hash(), mode}
	if held, ok := testEngines.Load(key); ok {
		return held.(*Engine)
	}
	acquired, err := testPool.Acquire(policy, mode)
	if err != nil {
		t.Fatal(err)
	}
	testEngines.Store(key, acquired)
	return acquired
}

// slowLane returns the engine without its proof: every request is shown to the rules.
func slowLane(e *Engine) *Engine {
	return &Engine{pool: e.pool, policy: e.policy, mode: e.mode, compiled: compiled{waf: e.waf}}
}

// exchange is what a current browser asks for.
func exchange(method, target string) *sekisho.Exchange {
	return &sekisho.Exchange{
		ID:       sekisho.NewEventID(time.Now()),
		Client:   netip.MustParseAddrPort("203.0.113.7:50123"),
		Server:   netip.MustParseAddrPort("192.0.2.10:443"),
		Method:   method,
		Target:   target,
		Protocol: "HTTP/1.1",
		Host:     "www.example.co.jp",
		Header: []sekisho.Field{
			{Name: "User-Agent", Value: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"},
			{Name: "Accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
			{Name: "Accept-Language", Value: "ja,en-US;q=0.9,en;q=0.8"},
			{Name: "Accept-Encoding", Value: "gzip, deflate, br"},
			{Name: "Referer", Value: "https://www.example.co.jp/"},
		},
	}
}

func withHeader(x *sekisho.Exchange, name, value string) *sekisho.Exchange {
	x.Header = append(x.Header, sekisho.Field{Name: name, Value: value})
	return x
}

func post(contentType, body string) *sekisho.Exchange {
	x := withHeader(exchange("POST", "/contact"), "Content-Type", contentType)
	withHeader(x, "Content-Length", strconv.Itoa(len(body)))
	x.Body = []byte(body)
	return x
}

// cutTo makes the exchange what the proxy hands over for a body longer than the limit.
func cutTo(x *sekisho.Exchange, limit int) *sekisho.Exchange {
	if len(x.Body) > limit {
		x.Body, x.BodyCut = x.Body[:limit], true
	}
	return x
}

func inspect(t testing.TB, e *Engine, x *sekisho.Exchange) sekisho.Verdict {
	t.Helper()
	i := e.Begin(x)
	defer i.Close()
	verdict, err := i.Request(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// bothModes runs a check in detect and in block mode, which must agree.
func bothModes(t *testing.T, policy sekisho.Policy, check func(t *testing.T, e *Engine)) {
	t.Helper()
	for _, mode := range []sekisho.Mode{sekisho.ModeDetect, sekisho.ModeBlock} {
		t.Run(mode.String(), func(t *testing.T) { check(t, engine(t, policy, mode)) })
	}
}
