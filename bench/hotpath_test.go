package bench

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestHotPath_writesWhatBenchstatReads(t *testing.T) {
	var out bytes.Buffer
	if err := HotPath(t.Context(), &out, HotPathConfig{Count: 2, Time: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	// https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md
	line := regexp.MustCompile(`^Benchmark[A-Z][^\s]*-[0-9]+\s+[0-9]+\s+[0-9.]+ ns/op\s+[0-9.]+ MB/s\s+[0-9]+ B/op\s+[0-9]+ allocs/op$`)
	seen := map[string]int{}
	for text := range strings.Lines(out.String()) {
		text = strings.TrimSpace(text)
		if !strings.HasPrefix(text, "Benchmark") {
			continue
		}
		if !line.MatchString(text) {
			t.Errorf("got %q, which benchstat does not read", text)
		}
		seen[strings.Fields(text)[0]]++
	}
	if len(seen) != 7 {
		t.Errorf("got %v, want seven benchmarks", seen)
	}
	for name, count := range seen {
		if count != 2 {
			t.Errorf("%s ran %d times, want 2", name, count)
		}
	}
}

func TestHotPathConfig_saysWhatFits(t *testing.T) {
	for _, cfg := range []HotPathConfig{{Count: 0, Time: time.Second}, {Count: 1, Time: time.Hour}} {
		if err := cfg.Validate(); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%+v: got %v", cfg, err)
		}
	}
}
