package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable prints the report for people.
func (r LoadReport) WriteTable(w io.Writer) error {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) { _, _ = fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") }

	line("", "requests/s", "spread", "p50 ms", "p95 ms", "p99 ms", "at req/s", "us of CPU", "CPU proxy", "CPU client")
	row := func(title, name, latency string, rate float64) {
		cells := []string{title, "", "", "", "", "", "", "", "", ""}
		if rate > 0 {
			cells[1], cells[2] = fmt.Sprintf("%.0f", rate), fmt.Sprintf("%.0f%%", 100*r.Spread[name])
		}
		if l, ok := r.Latency[latency]; ok {
			cells[3], cells[4], cells[5] = fmt.Sprintf("%.2f", l.P50MS), fmt.Sprintf("%.2f", l.P95MS), fmt.Sprintf("%.2f", l.P99MS)
			cells[6] = fmt.Sprintf("%.0f", l.Rate)
		}
		if use, ok := r.CPUUse[name]; ok {
			cells[7] = fmt.Sprintf("%.0f", use.ProxyUSPerRequest)
			cells[8], cells[9] = fmt.Sprintf("%.2f", use.Proxy), fmt.Sprintf("%.2f", use.Client)
		}
		line(cells...)
	}
	if r.Comparison == nil {
		row("url", "url", "url", r.URLRPS)
	} else {
		row("bare ReverseProxy", "bare", "bare", r.BareRPS)
		row("WAF off", "off", "off", r.WAFOffRPS)
		row("WAF on ("+r.Mode+")", "on", "on", r.WAFOnRPS)
		row("WAF off at on's rate", "", "off_at_on_rate", 0)
		row("WAF off, idle, GET", "", "idle_off", 0)
		row("WAF on, idle, GET", "", "idle_on", 0)
		for _, peer := range []struct{ title, name string }{{"nginx", peerNginx}, {"nginx + ModSecurity 3", peerModSecurity}} {
			if p := r.Peers[peer.name]; p != nil {
				row(peer.title, peer.name, "", p.RPS)
			}
		}
	}
	_ = table.Flush() // into memory

	if r.Comparison != nil {
		_, _ = fmt.Fprintf(&out, "\non/off %.4f (by CPU %.4f)   off/bare %.3f (by CPU %.3f)\np99 added %.2f ms (idle, GET), %.2f ms (mix)   start to first attack stopped %.2f s   memory %.0f MB (off: %.0f MB)\n",
			r.Ratio, r.RatioByCPU, r.OffVsBare, r.OffVsBareByCPU, r.P99AddedMS, r.P99AddedMixMS, r.StartToFirstRequestS, r.RSSMB, r.RSSOffMB)
	}
	if r.Comparison != nil && r.VsNginxModSecurity != nil {
		_, _ = fmt.Fprintf(&out, "on is %.1f times nginx + ModSecurity 3 with the same rules (by CPU %.1f)\n", *r.VsNginxModSecurity, *r.VsNginxByCPU)
	}
	if r.Comparison != nil && r.WithAttacks != nil {
		_, _ = fmt.Fprintln(&out, r.WithAttacks)
	}
	_, _ = fmt.Fprintf(&out, "bottleneck  %s\nmix         %s, TLS %t, %d connections\nmachine     %s, %d cores, %s; %s\ncommit      %s\ncommand     %s\n",
		r.Bottleneck, r.Mix, r.TLS, r.Connections, r.CPU, r.Cores, r.Go, r.Pinning, r.Commit, r.Command)
	for _, note := range r.Notes {
		_, _ = fmt.Fprintf(&out, "NOTE        %s\n", note)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
