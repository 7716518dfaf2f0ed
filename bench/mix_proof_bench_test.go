package bench

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// The question: what does inspecting each class of the mix cost in process, request and response, and what do the
// shares of the mix make of it? The default policy in block mode, the exchanges that `bench load` sends, in its order.
// Rerun: go test -run xxx -bench Mix ./bench/

func BenchmarkMix(b *testing.B) {
	engine, err := ruleset.NewPool(slog.New(slog.DiscardHandler)).Acquire(sekisho.DefaultPolicy(), sekisho.ModeBlock)
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Release()
	classes := map[Class][]*sekisho.Exchange{}
	for _, r := range NewMix(1) {
		classes[r.Class] = append(classes[r.Class], mixExchange(r))
		classes["all"] = append(classes["all"], mixExchange(r))
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		exchanges := classes[class]
		for _, half := range []string{"request", "both"} {
			b.Run(string(class)+"/"+half, func(b *testing.B) {
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					i := engine.Begin(exchanges[n%len(exchanges)])
					verdict, err := i.Request(context.Background())
					if err == nil && half == "both" {
						verdict, err = i.Response(context.Background())
					}
					if err != nil || len(verdict.Matches) > 0 {
						b.Fatal(verdict, err)
					}
					i.Close()
					n++
				}
			})
		}
	}
}

// mixExchange is a request of the mix as the proxy shows it to the rules, with the origin's answer.
func mixExchange(r Request) *sekisho.Exchange {
	request := httptest.NewRequest(r.Method, r.Target, strings.NewReader(string(r.Body)))
	answer := httptest.NewRecorder()
	newOrigin().ServeHTTP(answer, request)
	header := http.Header{"Host": {"bench.localhost"}}
	maps.Copy(header, r.Header)
	if r.Body != nil {
		header.Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	x := &sekisho.Exchange{
		ID: "0123456789abcdef", Client: netip.MustParseAddrPort("192.0.2.7:40000"), Server: netip.MustParseAddrPort("127.0.0.1:80"),
		Method: r.Method, Target: r.Target, Protocol: "HTTP/1.1", Host: "bench.localhost",
		Header: fieldsOf(header), Body: r.Body, Status: answer.Code, ResponseHeader: fieldsOf(answer.Header()),
	}
	if isReadable(answer.Header()) {
		x.ResponseBody = answer.Body.Bytes()
	}
	return x
}
