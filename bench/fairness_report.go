package bench

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// FairnessReport is what `sekisho bench fairness --json` prints.
type FairnessReport struct {
	Phases map[string]FairnessPhase `json:"phases"` // quiet, attacks, heavy
	// P50 and P99 say how many times as long visitors wait under each flood, by the medians of the rounds.
	P50    map[string]float64 `json:"p50_times"`
	P99    map[string]float64 `json:"p99_times"`
	Rate   float64            `json:"rate"`
	Flood  int                `json:"flood_connections"`
	Rounds int                `json:"rounds"`

	Pinning string    `json:"pinning"`
	Commit  string    `json:"commit"`
	CPU     string    `json:"cpu"`
	Command string    `json:"command"`
	Time    time.Time `json:"time"`
}

// FairnessPhase is one kind of phase, over all rounds.
type FairnessPhase struct {
	Samples     int            `json:"samples"`
	Failed      int            `json:"failed"`
	P50MS       float64        `json:"p50_ms"` // median of the rounds
	P99MS       float64        `json:"p99_ms"`
	P99RoundsMS []float64      `json:"p99_rounds_ms"`
	P99Spread   float64        `json:"p99_spread"`
	FloodRPS    float64        `json:"flood_rps"` // answers that the flood got
	FloodBy     map[string]int `json:"flood_by_status,omitempty"`
	ProxyCPU    float64        `json:"proxy_cpu"` // shares of one core
}

func (f *fairness) report() FairnessReport {
	r := FairnessReport{
		Phases: map[string]FairnessPhase{}, P50: map[string]float64{}, P99: map[string]float64{}, Rate: f.cfg.Rate, Flood: f.cfg.Flood,
		Rounds: f.cfg.Rounds, Pinning: f.where.String(), Commit: commit(), CPU: cpuName(), Command: f.cfg.Command, Time: time.Now().UTC(),
	}
	quiet := f.phases["quiet"]
	for kind, p := range f.phases {
		said := FairnessPhase{
			Samples: p.measured.succeeded, Failed: p.measured.failed(), P50MS: round(median(p.p50s), 2), P99MS: round(median(p.p99s), 2),
			P99Spread: round(spread(p.p99s), 2), ProxyCPU: round(ratio(p.proxyTime.Seconds(), p.wall.Seconds()), 2),
		}
		for _, ms := range p.p99s {
			said.P99RoundsMS = append(said.P99RoundsMS, round(ms, 2))
		}
		if kind != "quiet" {
			answers := p.flood.succeeded + p.flood.failed() - p.flood.errors
			said.FloodRPS = round(ratio(float64(answers), p.flood.elapsed.Seconds()), 1)
			said.FloodBy = byStatus(p.flood.non2xx)
			r.P50[kind] = round(ratio(median(p.p50s), median(quiet.p50s)), 2)
			r.P99[kind] = round(ratio(median(p.p99s), median(quiet.p99s)), 2)
		}
		r.Phases[kind] = said
	}
	return r
}

// WriteTable prints the report for people.
func (r FairnessReport) WriteTable(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%-8s %8s %7s %8s %8s %7s %10s %10s\n", "", "answers", "failed", "p50 ms", "p99 ms", "spread", "flood rps", "proxy CPU")
	for _, kind := range []string{"quiet", "attacks", "heavy"} {
		p := r.Phases[kind]
		fmt.Fprintf(&out, "%-8s %8d %7d %8.2f %8.2f %6.0f%% %10.1f %10.2f\n", kind, p.Samples, p.Failed, p.P50MS, p.P99MS, 100*p.P99Spread, p.FloodRPS, p.ProxyCPU)
	}
	fmt.Fprintf(&out, "\np99 under attacks %.2f times, under heavy requests %.2f times what it is when all is quiet\n%s; %d connections flood; %g requests/s measured; %d rounds\n%s\n",
		r.P99["attacks"], r.P99["heavy"], r.Pinning, r.Flood, r.Rate, r.Rounds, r.Commit)
	_, err := w.Write([]byte(out.String()))
	return err
}

// byStatus writes counts by status for JSON.
func byStatus(counts map[int]int) map[string]int {
	named := make(map[string]int, len(counts))
	for status, n := range counts {
		named[strconv.Itoa(status)] = n
	}
	return named
}
