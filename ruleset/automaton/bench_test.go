//go:build unix

package automaton

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// benchSet is the union of all level 1 request expressions that read arguments.
func benchSet(b *testing.B) *Set {
	b.Helper()
	return compile(b, rxPatterns(crsExpressions(b, 1, true)), DefaultOptions())
}

// measure scans values until the tables have settled and then measures; it reports ns per byte.
func measure(b *testing.B, set *Set, values []string) {
	b.Helper()
	var hits Hits
	size := 0
	for _, value := range values {
		size += len(value)
	}
	for range 3 {
		for _, value := range values {
			set.Scan(value, &hits)
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		for _, value := range values {
			if !set.Scan(value, &hits) {
				b.Fatalf("not decided: %.80q", value)
			}
		}
	}
	used := float64(processorTime(b)-before) / float64(b.N)
	b.ReportMetric(used, "cpu-ns/op")
	b.ReportMetric(used/float64(size), "cpu-ns/byte")
	stats := set.Stats()
	b.ReportMetric(float64(stats.States), "states")
	b.ReportMetric(float64(stats.Bytes+stats.Fixed)/1024, "KiB")
}

// processorTime is what this process has used so far: unlike elapsed time it means something on a busy machine.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// What does it cost to look at every value of an ordinary page view? Goal: 10 us for all of them.
//
//	go test -run xxx -bench 'BenchmarkScan_' -cpu 1 ./ruleset/automaton
func BenchmarkScan_pageView(b *testing.B) { measure(b, benchSet(b), browserValues) }

// Is a Japanese contact form as cheap per byte as ASCII?
func BenchmarkScan_japaneseForm(b *testing.B) {
	forms := make([]string, 16)
	for i := range forms {
		forms[i] = japaneseForm(uint64(i))
	}
	measure(b, benchSet(b), forms)
}

// Does a 64 KB Japanese text stay below 0.5 ms?
func BenchmarkScan_japaneseText(b *testing.B) {
	measure(b, benchSet(b), []string{japaneseText(64<<10, 1)})
}

// What does English prose cost, which holds many words of SQL and of shells?
func BenchmarkScan_englishText(b *testing.B) {
	measure(b, benchSet(b), []string{englishText(64<<10, 1)})
}

// How long does a policy take to compile, and how long does the first page view take after that?
func BenchmarkCompile(b *testing.B) {
	for level := range 4 {
		patterns := rxPatterns(crsExpressions(b, level+1, false))
		b.Run(fmt.Sprintf("level %d, %d expressions", level+1, len(patterns)), func(b *testing.B) {
			for b.Loop() {
				compile(b, patterns, DefaultOptions())
			}
		})
	}
	b.Run("level 1 and a page view", func(b *testing.B) {
		patterns := rxPatterns(crsExpressions(b, 1, false))
		for b.Loop() {
			var hits Hits
			set := compile(b, patterns, DefaultOptions())
			for _, value := range browserValues {
				set.Scan(value, &hits)
			}
		}
	})
}

// What does a new transition cost, and so what can an attacker make one value cost? The answer, times MaxWork, is the
// most that a value takes before it is given up.
func BenchmarkScan_newTransition(b *testing.B) {
	patterns := rxPatterns(crsExpressions(b, 1, true))
	for name, values := range map[string][]string{
		"ordinary": append([]string{englishText(8<<10, 1), japaneseText(8<<10, 1)}, browserValues...),
		"attack":   attacks(50, 200, 1),
	} {
		b.Run(name, func(b *testing.B) {
			const allowed = 1 << 20
			built := 0
			before := processorTime(b)
			for b.Loop() {
				b.StopTimer()
				set := compile(b, patterns, DefaultOptions())
				before = processorTime(b)
				b.StartTimer()
				var hits Hits
				hits.Allow(allowed)
				for _, value := range values {
					set.Scan(value, &hits)
				}
				built = allowed - hits.work
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(built), "cpu-ns/transition")
			b.ReportMetric(float64(built), "transitions")
		})
	}
}
