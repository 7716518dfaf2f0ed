package ruleset

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// The question: what does the slow lane cost for what really takes it, with our @rx against plain Coraza's? The stock
// policy in block mode, the rules alone. Rerun: go test -run xxx -bench Narrow -benchmem ./ruleset/
func BenchmarkNarrow(b *testing.B) {
	source := rand.New(rand.NewPCG(6, 3))
	noise := make([]byte, 64<<10)
	for n := range noise {
		noise[n] = byte(source.Uint32())
	}
	many := ""
	for n := range 900 {
		many += fmt.Sprintf("a%d=%d&", n, n)
	}
	english := strings.Repeat("the quick brown fox jumps over ", 2114)
	plain, err := NewStockPool(slog.New(slog.DiscardHandler)).Acquire(stockPolicy(), sekisho.ModeBlock)
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Release()
	ours := slowLane(engine(b, stockPolicy(), sekisho.ModeBlock))
	for _, bb := range []struct {
		name string
		x    *sekisho.Exchange
	}{
		{"page", exchange("GET", "/products/notebook?color=black&page=2")},
		{"sqli", exchange("GET", "/items?id=1%27%20UNION%20SELECT%20name%2Cpass%20FROM%20users--%20-")},
		{"xss", post(form, "message=%E3%81%93<img+src%3Dx+onerror%3Dalert(1)>%E3%82%88&name=%E5%B1%B1%E7%94%B0")},
		{"rce", exchange("GET", "/ping?host=127.0.0.1;cat%20/etc/passwd")},
		{"lfi", exchange("GET", "/download?file=../../../../../../etc/passwd")},
		{"multipart_form", multipart(formPart("title", sentences(source, 30)), filePart("file", "a.jpg", string(noise[:8<<10])))},
		{"english_64KB", post(form, "text="+url.QueryEscape(english))},
		{"japanese_64KB", post(form, "text="+escaped(sentences(source, 2200)))},
		{"octet_stream_64KB", post("application/octet-stream", string(noise))},
		{"arguments_900", post(form, many)},
	} {
		for _, lane := range []struct {
			name   string
			engine *Engine
		}{{"narrowed", ours}, {"plain", plain}} {
			b.Run(bb.name+"/"+lane.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					inspect(b, lane.engine, bb.x)
				}
			})
		}
	}
}
