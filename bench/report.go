package bench

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LoadReport is what `sekisho bench load --json` prints. Rates are medians of the rounds and count successes only.
type LoadReport struct {
	*Comparison         // nil, and so absent from the JSON, when a URL was measured
	URLRPS      float64 `json:"url_rps,omitempty"` // with a URL: the one proxy that was measured

	Latency map[string]Latency `json:"latency"` // off, on, off_at_on_rate; or url

	Rounds   int                  `json:"rounds"`
	PerRound []map[string]float64 `json:"per_round"` // requests/s
	Spread   map[string]float64   `json:"spread"`    // (largest - smallest) / median of the rounds

	Requests       map[string]Requests `json:"requests"` // by phase
	FailedRequests int                 `json:"failed_requests"`
	Notes          []string            `json:"notes"` // what a reader must know before believing a figure

	CPUUse     map[string]CPUUse `json:"cpu_use,omitempty"` // closed loop, shares of one core
	Bottleneck string            `json:"bottleneck"`

	TLS         bool      `json:"tls"`
	Connections int       `json:"connections"`
	DurationS   float64   `json:"duration_s"`
	Mix         string    `json:"mix"`
	Pinning     string    `json:"pinning"`
	Commit      string    `json:"commit"`
	Go          string    `json:"go"`
	CPU         string    `json:"cpu"`
	Cores       int       `json:"cores"`
	Command     string    `json:"command"`
	Time        time.Time `json:"time"`
}

// Comparison is what follows from the programs side by side.
type Comparison struct {
	WAFOffRPS float64 `json:"waf_off_rps"`
	WAFOnRPS  float64 `json:"waf_on_rps"`
	Ratio     float64 `json:"ratio"` // on / off
	BareRPS   float64 `json:"bare_rps"`
	OffVsBare float64 `json:"off_vs_bare"` // off / bare

	// P99AddedMS is on minus off on a node that is nearly idle, GET pages alone, medians of the rounds' p99; P99AddedMixMS is
	// for the whole mix at half of on's throughput, p99 of all rounds together.
	P99AddedMS    float64 `json:"p99_added_ms"`
	P99AddedMixMS float64 `json:"p99_added_mix_ms"`

	// Peers are null where they are not installed.
	Peers              map[string]*Peer `json:"peers"`
	VsNginxModSecurity *float64         `json:"vs_nginx_modsecurity"` // on / nginx with ModSecurity
	VsNginxByCPU       *float64         `json:"vs_nginx_modsecurity_by_cpu"`
	WithAttacks        *AttackMix       `json:"with_attacks,omitempty"`

	// The same two by the proxy's processor time for a request instead of its rate; 0 where the system does not tell.
	RatioByCPU     float64 `json:"ratio_by_cpu"`
	OffVsBareByCPU float64 `json:"off_vs_bare_by_cpu"`

	Mode string `json:"mode"` // of the inspecting proxy

	StartToFirstRequestS float64   `json:"start_to_first_request_s"` // median; to the first attack stopped
	Starts               []float64 `json:"starts_s"`
	RSSMB                float64   `json:"rss_mb"` // of the inspecting proxy, behind all load
	RSSOffMB             float64   `json:"rss_off_mb"`
}

// Peer is somebody else's server in the same place, on the same core, with the same requests.
type Peer struct {
	RPS float64 `json:"rps"`
}

// Latency is what visitors wait at a steady rate; percentiles of the successes by nearest rank.
type Latency struct {
	Rate    float64 `json:"rate"`
	Samples int     `json:"samples"`
	P50MS   float64 `json:"p50_ms"`
	P95MS   float64 `json:"p95_ms"`
	P99MS   float64 `json:"p99_ms"`

	P99RoundsMS []float64 `json:"p99_rounds_ms"` // of each round by itself
}

// Requests counts the answers of one phase.
type Requests struct {
	Succeeded  int            `json:"succeeded"`
	Errors     int            `json:"errors"`
	Non2xx     map[string]int `json:"non_2xx,omitempty"` // by status
	FirstError string         `json:"first_error,omitempty"`
}

// CPUUse is the share of one core that each party used while a program was driven.
type CPUUse struct {
	Proxy  float64 `json:"proxy"`
	Origin float64 `json:"origin"`
	Client float64 `json:"client"`

	// ProxyUSPerRequest is the processor time of the proxy for one answered request, in microseconds. It stays
	// comparable when neighbours disturb the machine and the rates do not.
	ProxyUSPerRequest float64 `json:"proxy_us_per_request"`
}

const mixInWords = "60% GET pages (2-60 KB), 20% assets (1-30 KB), 10% Japanese form posts, 8% JSON, 2% 64 KB Japanese JSON; HTTP/1.1 keep-alive"

func (b *bench) report() LoadReport {
	r := LoadReport{
		Latency: map[string]Latency{}, Spread: map[string]float64{}, Requests: map[string]Requests{}, CPUUse: map[string]CPUUse{},
		Rounds: b.cfg.Rounds, TLS: b.cfg.TLS, Connections: b.cfg.Connections, DurationS: b.cfg.Duration.Seconds(),
		Mix: mixInWords, Pinning: b.where.String(), Commit: commit(), Go: runtime.Version(), CPU: cpuName(),
		Cores: runtime.NumCPU(), Command: b.cfg.command(), Time: time.Now().UTC().Truncate(time.Second), Notes: []string{},
	}
	for round := range b.cfg.Rounds {
		rates := map[string]float64{}
		for _, p := range b.programs {
			rates[p.name] = round1(p.rates[round])
		}
		r.PerRound = append(r.PerRound, rates)
	}
	for _, p := range b.programs {
		r.Spread[p.name] = round(spread(p.rates), 3)
		r.count(p.name+"_closed", p.closed)
		if share, ok := p.usage.shares(); ok {
			share.ProxyUSPerRequest = round1(ratio(p.usage.proxy.Seconds()*1e6, float64(p.closed.succeeded+p.closed.failed())))
			r.CPUUse[p.name] = share
		}
	}
	for _, run := range b.loops {
		slices.Sort(run.latencies)
		r.Latency[run.name] = Latency{
			Rate: round1(run.rate), Samples: len(run.latencies),
			P50MS: milliseconds(percentile(run.latencies, 50)),
			P95MS: milliseconds(percentile(run.latencies, 95)),
			P99MS: milliseconds(percentile(run.latencies, 99)), P99RoundsMS: run.p99s,
		}
		r.count(run.name+"_open", run.outcome)
	}
	if url := b.find("url"); url != nil {
		r.URLRPS = round1(median(url.rates))
	} else {
		r.Comparison = b.compare(&r)
	}
	b.judge(&r)
	return r
}

// compare sets the programs side by side.
func (b *bench) compare(r *LoadReport) *Comparison {
	on, off, bare := b.find("on"), b.find("off"), b.find("bare")
	ratios := make([]float64, b.cfg.Rounds)
	for i := range ratios {
		ratios[i] = ratio(on.rates[i], off.rates[i])
	}
	r.Spread["ratio"] = round(spread(ratios), 3)
	c := &Comparison{
		WAFOnRPS: round1(median(on.rates)), WAFOffRPS: round1(median(off.rates)), BareRPS: round1(median(bare.rates)),
		Ratio:                round(ratio(median(on.rates), median(off.rates)), 4),
		OffVsBare:            round(ratio(median(off.rates), median(bare.rates)), 4),
		P99AddedMS:           round(median(r.Latency["idle_on"].P99RoundsMS)-median(r.Latency["idle_off"].P99RoundsMS), 3),
		P99AddedMixMS:        round(r.Latency["on"].P99MS-r.Latency["off_at_on_rate"].P99MS, 3),
		Peers:                map[string]*Peer{peerNginx: nil, peerModSecurity: nil},
		WithAttacks:          b.attackMix,
		RatioByCPU:           round(ratio(r.CPUUse["off"].ProxyUSPerRequest, r.CPUUse["on"].ProxyUSPerRequest), 4),
		OffVsBareByCPU:       round(ratio(r.CPUUse["bare"].ProxyUSPerRequest, r.CPUUse["off"].ProxyUSPerRequest), 4),
		Mode:                 b.cfg.Mode.String(),
		StartToFirstRequestS: round(median(b.startUps), 3),
		RSSMB:                round1(memory(on.child.pid())),
		RSSOffMB:             round1(memory(off.child.pid())),
	}
	for name := range c.Peers {
		if p := b.find(name); p != nil {
			c.Peers[name] = &Peer{round1(median(p.rates))}
		}
	}
	if peer := b.find(peerModSecurity); peer != nil {
		versus := round(ratio(median(on.rates), median(peer.rates)), 2)
		c.VsNginxModSecurity = &versus
		byCPU := round(ratio(r.CPUUse[peerModSecurity].ProxyUSPerRequest, r.CPUUse["on"].ProxyUSPerRequest), 2)
		c.VsNginxByCPU = &byCPU
	}
	for name, o := range b.attacked {
		r.count(name+"_with_attacks", o)
	}
	for _, seconds := range b.startUps {
		c.Starts = append(c.Starts, round(seconds, 3))
	}
	return c
}

const (
	fullCore      = 0.9  // a party at this share of its core is what limits the rate
	wideSpread    = 0.15 // rounds further apart than this make a median doubtful
	disturbed     = 3    // a round whose p99 is this many times the others' was not alone on the machine
	enoughSamples = 1000 // below it a 99th percentile rests on fewer than ten requests
)

// judge says what limits each figure, and what is wrong with the run.
func (b *bench) judge(r *LoadReport) {
	if r.FailedRequests > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d requests failed or were not answered 2xx; they are not counted as successes, and the figures of their phase are not to be trusted", r.FailedRequests))
	}
	for _, name := range slices.Sorted(maps.Keys(b.missing)) {
		r.Notes = append(r.Notes, fmt.Sprintf("peer %s did not take part: %s", name, b.missing[name]))
	}
	var limits []string
	for _, p := range b.programs {
		share, known := r.CPUUse[p.name]
		behind := b.behind(share)
		switch {
		case p.child == nil:
			limits = append(limits, fmt.Sprintf("%s: not known; the client used %.2f of a core", p.name, share.Client))
		case !known:
			limits = append(limits, p.name+": unknown")
		case share.Proxy >= fullCore:
			limits = append(limits, p.name+": proxy's core")
		case behind >= fullCore:
			limits = append(limits, p.name+": client and origin, so the proxy could do more")
			r.Notes = append(r.Notes, fmt.Sprintf("%s: client and origin filled their core (%.2f) before the proxy filled its own (%.2f): the rate is a lower bound", p.name, behind, share.Proxy))
		default:
			limits = append(limits, p.name+": no core was full (waiting, or the machine was shared)")
		}
	}
	r.Bottleneck = strings.Join(limits, "; ")
	for _, name := range slices.Sorted(maps.Keys(r.Spread)) {
		if r.Spread[name] > wideSpread {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: the rounds spread over %.0f%% of their median; the machine was not quiet", name, 100*r.Spread[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Latency)) {
		if p99s := r.Latency[name].P99RoundsMS; len(p99s) > 0 && slices.Max(p99s) > disturbed*median(p99s) {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: the p99 of its rounds lay between %.2f and %.2f ms; something disturbed some of them", name, slices.Min(p99s), slices.Max(p99s)))
		}
		if n := r.Latency[name].Samples; n < enoughSamples {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: its p99 rests on %d samples", name, n))
		}
	}
	for _, run := range b.loops {
		if share, known := run.usage.shares(); known && b.behind(share) >= fullCore {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: client and origin used %.2f of their core, so its latencies hold waiting of their own", run.name, b.behind(share)))
		}
	}
	if len(b.where.client) == 0 {
		r.Notes = append(r.Notes, "nothing was pinned to a core")
	}
}

// behind is the load on the client's core; on two cores the origin is on it too.
func (b *bench) behind(share CPUUse) float64 {
	if slices.Equal(b.where.client, b.where.origin) {
		return share.Client + share.Origin
	}
	return share.Client
}

func (r *LoadReport) count(phase string, o outcome) {
	counted := Requests{Succeeded: o.succeeded, Errors: o.errors, FirstError: o.firstErr}
	for status, count := range o.non2xx {
		if counted.Non2xx == nil {
			counted.Non2xx = map[string]int{}
		}
		counted.Non2xx[strconv.Itoa(status)] = count
	}
	r.Requests[phase] = counted
	r.FailedRequests += o.failed()
}

func (u usage) shares() (CPUUse, bool) {
	if u.unknown || u.wall <= 0 {
		return CPUUse{}, false
	}
	share := func(d time.Duration) float64 { return round(d.Seconds()/u.wall.Seconds(), 2) }
	return CPUUse{Proxy: share(u.proxy), Origin: share(u.origin), Client: share(u.client)}, true
}

func round1(value float64) float64 { return round(value, 1) }

func milliseconds(d time.Duration) float64 { return round(float64(d)/float64(time.Millisecond), 3) }
