package ruleset

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// The question: what does an ordinary request cost in the fast lane, and what would it have cost in the slow one? The
// default policy in block mode, without the network around it; each round has another value in it, as real traffic does.
// Rerun: go test -run xxx -bench Proof -benchmem ./ruleset/

func benchmarkProof(b *testing.B, make func(round int) *sekisho.Exchange) {
	e := engine(b, sekisho.DefaultPolicy(), sekisho.ModeBlock)
	exchanges := [64]*sekisho.Exchange{}
	for n := range exchanges {
		exchanges[n] = answer(make(n), 200, "text/html; charset=utf-8", "<html><body>ok</body></html>")
		if !e.proves(exchanges[n]) {
			b.Fatalf("not proven: %+v, %s", e.proof.Request(exchanges[n]), exchanges[n].Target)
		}
	}
	for _, lane := range []struct {
		name   string
		engine *Engine
	}{{"fast", e}, {"slow", slowLane(e)}} {
		b.Run(lane.name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				inspect(b, lane.engine, exchanges[n%len(exchanges)])
				n++
			}
		})
	}
}

func session(n int) string {
	return "_ga=GA1.2." + strconv.Itoa(7919*n) + ".1750000000; session=" + strings.Repeat(strconv.FormatInt(int64(n)*15485863+4096, 16), 3)
}

func BenchmarkProof_get(b *testing.B) {
	benchmarkProof(b, func(n int) *sekisho.Exchange {
		return withHeader(exchange("GET", "/products/notebook?color=black&page="+strconv.Itoa(n)), "Cookie", session(n))
	})
}

func BenchmarkProof_asset(b *testing.B) {
	benchmarkProof(b, func(n int) *sekisho.Exchange {
		return withHeader(exchange("GET", "/assets/app."+strconv.Itoa(n*7919)+".js"), "Cookie", session(n))
	})
}

func BenchmarkProof_formJA(b *testing.B) {
	source := rand.New(rand.NewPCG(9, 9))
	benchmarkProof(b, func(n int) *sekisho.Exchange {
		return withHeader(post(form, "name=%E5%B1%B1%E7%94%B0&email=user"+strconv.Itoa(n)+"%40example.co.jp&tel=03-1234-5678&message="+
			escaped(sentences(source, 30))), "Cookie", session(n))
	})
}

func BenchmarkProof_json(b *testing.B) {
	source := rand.New(rand.NewPCG(9, 9))
	benchmarkProof(b, func(n int) *sekisho.Exchange {
		return withHeader(post("application/json", `{"kind":"reform","area":`+strconv.Itoa(n)+`,"place":"東京都","note":"`+
			sentences(source, 12)+`"}`), "Cookie", session(n))
	})
}

func BenchmarkProof_64KBJA(b *testing.B) {
	source := rand.New(rand.NewPCG(9, 9))
	benchmarkProof(b, func(n int) *sekisho.Exchange {
		return withHeader(post("application/json", `{"title":"お知らせ","body":"`+sentences(source, 4300)+`"}`), "Cookie", session(n))
	})
}

// escaped writes a text as forms do.
func escaped(text string) string {
	var out strings.Builder
	for i := range len(text) {
		out.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(text[i])|0x100, 16)[1:]))
	}
	return out.String()
}

// The response to a page: 16 KB of HTML in Japanese.
func BenchmarkProof_responsePage(b *testing.B) {
	source := rand.New(rand.NewPCG(9, 9))
	e := engine(b, sekisho.DefaultPolicy(), sekisho.ModeBlock)
	var exchanges [16]*sekisho.Exchange
	for n := range exchanges {
		page := "<!DOCTYPE html><html lang=\"ja\"><head><title>会社案内</title></head><body>"
		for len(page) < 16<<10 {
			page += "<p class=\"text\">" + sentences(source, 20) + "</p>\n"
		}
		exchanges[n] = answer(exchange("GET", "/"), 200, "text/html; charset=utf-8", page+"</body></html>")
		if !e.provesResponse(exchanges[n]) {
			b.Fatalf("not proven: %+v", e.proof.Response(exchanges[n]))
		}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e.provesResponse(exchanges[n%len(exchanges)])
		n++
	}
}

// What does the proof of a policy take to make and to hold, the first of its kind and a further one? After it has seen
// the requests that the benchmarks above send.
func BenchmarkProof_compile(b *testing.B) {
	held := func() float64 {
		for range 4 { // pools are let go in two rounds
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	further := policyAt(1)
	further.InboundThreshold = 7
	var proofs []*proof.Proof
	var programs []*seclang.Program
	metrics := map[string]float64{}
	for _, policy := range []sekisho.Policy{policyAt(1), further} {
		program, err := readRules(policy, sekisho.ModeBlock)
		if err != nil {
			b.Fatal(err)
		}
		programs = append(programs, program)
		before, start := held(), time.Now()
		made := compileProof(program, policy)
		took := time.Since(start)
		source := rand.New(rand.NewPCG(9, 9))
		for n := range 500 {
			made.Request(withHeader(exchange("GET", "/products/notebook?color=black&page="+strconv.Itoa(n)), "Cookie", session(n)))
			made.Request(withHeader(post(form, "message="+escaped(sentences(source, 30))), "Cookie", session(n)))
		}
		proofs = append(proofs, made)
		name := strconv.Itoa(len(proofs))
		metrics["ms-"+name], metrics["MB-"+name] = float64(took.Microseconds())/1000, held()-before
	}
	for b.Loop() {
		runtime.KeepAlive(proofs)
		runtime.KeepAlive(programs)
	}
	for name, value := range metrics {
		b.ReportMetric(value, name)
	}
}
