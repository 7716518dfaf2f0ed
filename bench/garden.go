package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// runGarden sends generated requests through us to every server of the garden and to our own origin, and compares what
// they have read. What we forward must be read by every server as what we forwarded; a server may refuse it.
func runGarden(ctx context.Context, r *gateRun) error {
	if r.cfg.Garden == 0 {
		return nil
	}
	g := newGardener(r.cfg.Seed)
	requests := make([]func(string) string, r.cfg.Garden)
	for i := range requests {
		requests[i] = g.request()
	}
	expected, err := r.sendAll(ctx, requests, r.ours, gardenHost, r.origin)
	if err != nil {
		return err
	}
	stock, err := r.sendAll(ctx, requests, r.stock, gateHost, r.parts)
	if err != nil {
		return err
	}
	several, ours := 0, 0
	for i := range requests {
		if len(stock[i]) > 1 {
			several++
		}
		if len(expected[i]) > 1 {
			ours++
		}
	}
	r.report.Rows = append(r.report.Rows, GateRow{
		Case: "garden", What: fmt.Sprintf("%d generated requests on the border of HTTP", len(requests)),
		Stock: fmt.Sprintf("%d of those refused here reach the origin, %d arrive as several", accepted(stock, expected), several),
		Ours:  fmt.Sprintf("%d forwarded, %d refused, %d arrive as several", forwarded(expected), len(requests)-forwarded(expected), ours),
		OK:    ours == 0 && forwarded(expected) > 0, Open: several > 0 || accepted(stock, expected) > 0,
	})
	rows := make([]GateRow, len(r.servers))
	errs := make([]error, len(r.servers))
	var running sync.WaitGroup
	for i, server := range r.servers {
		running.Go(func() { rows[i], errs[i] = r.compare(ctx, server, requests, expected) })
	}
	running.Wait()
	for i := range rows {
		if errs[i] != nil {
			return errs[i]
		}
		r.report.Rows = append(r.report.Rows, rows[i])
	}
	return nil
}

func forwarded(seen [][]seenRequest) (n int) {
	for _, one := range seen {
		if len(one) > 0 {
			n++
		}
	}
	return n
}

// accepted counts the requests that we refuse and somebody else takes.
func accepted(theirs, ours [][]seenRequest) (n int) {
	for i := range theirs {
		if len(ours[i]) == 0 && len(theirs[i]) > 0 {
			n++
		}
	}
	return n
}

// sendAll sends each request on a connection of its own, and returns what arrived of each.
func (r *gateRun) sendAll(ctx context.Context, requests []func(string) string, address, host string, w *witness) ([][]seenRequest, error) {
	seen := make([][]seenRequest, len(requests))
	for i, request := range requests {
		out, err := talk(ctx, address, host, request(host), w)
		if err != nil {
			return nil, err
		}
		seen[i] = out.seen
	}
	return seen, nil
}

// compare sends the requests through us to one server.
func (r *gateRun) compare(ctx context.Context, server *gateServer, requests []func(string) string, expected [][]seenRequest) (GateRow, error) {
	seen, err := r.sendAll(ctx, requests, r.ours, server.host(), server.witness)
	if err != nil {
		return GateRow{}, err
	}
	direct, err := r.sendAll(ctx, requests, server.address, server.host(), server.witness)
	if err != nil {
		return GateRow{}, err
	}
	alike, refused, several := 0, 0, 0
	var different []string
	for i := range requests {
		switch why := server.difference(expected[i], seen[i]); {
		case why != "":
			different = append(different, fmt.Sprintf("%.200q: %s", requests[i](server.host()), why))
		case len(seen[i]) < len(expected[i]):
			refused++
		case len(seen[i]) > 0:
			alike++
		}
		if len(direct[i]) > 1 {
			several++
		}
	}
	row := GateRow{
		Case: "garden", What: server.name + " behind the gate",
		Stock: fmt.Sprintf("asked directly it takes %d of those refused here, %d as several", accepted(direct, expected), several),
		Ours:  fmt.Sprintf("%d read as inspected, %d refused by it, %d otherwise", alike, refused, len(different)),
		OK:    len(different) == 0 && alike > 0, Open: accepted(direct, expected) > 0,
	}
	if len(different) > 0 {
		row.Ours += ", such as " + different[0]
	}
	return row, nil
}

// difference says how what a server read differs from what was forwarded; empty if it does not. A server that refuses a
// request, or reads no further, harms nobody.
func (s *gateServer) difference(want, got []seenRequest) string {
	if len(got) > len(want) {
		return fmt.Sprintf("read as %d requests, forwarded %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		switch {
		case g.Method != w.Method:
			return fmt.Sprintf("method %q, forwarded %q", g.Method, w.Method)
		case g.Target != w.Target && !(s.merges && g.Target == "/"+strings.TrimLeft(w.Target, "/")):
			return fmt.Sprintf("target %q, forwarded %q", g.Target, w.Target)
		case g.Body != w.Body:
			return fmt.Sprintf("a body of %d bytes, forwarded %d", len(g.Body), len(w.Body))
		}
		if why := fieldDifference(w.Header, g.Header); why != "" {
			return why
		}
	}
	return ""
}

// hop are fields that each server writes for itself.
var hop = []string{
	"Via", "Cdn-Loop", "Connection", "Keep-Alive", "Accept-Encoding", "Content-Length", "Transfer-Encoding", "X-Request-Id", "Te", "Expect",
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Proto", "Max-Forwards", "Proxy-Connection", "Upgrade",
}

// fieldDifference finds a field or a value that the server read and we did not forward, or one it lost.
func fieldDifference(want, got http.Header) string {
	for name, values := range got {
		if slices.Contains(hop, name) {
			continue
		}
		if g, w := joined(name, values), joined(name, want[name]); g != w {
			return fmt.Sprintf("%s: %.100q, forwarded %.100q", name, g, w)
		}
	}
	for name := range want {
		// nginx drops fields whose names have other characters than these, and says so.
		if ordinary := strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == ""; ordinary && got[name] == nil && !slices.Contains(hop, name) {
			return name + " is lost"
		}
	}
	return ""
}

// joined is a field as one value: servers may join several into one (RFC 9110, 5.3; cookies have their own separator).
func joined(name string, values []string) string {
	separator := ", "
	if name == "Cookie" {
		separator = "; "
	}
	return strings.TrimSpace(strings.Join(values, separator)) // an empty value at the end leaves a space that does not travel
}
