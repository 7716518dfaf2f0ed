package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func (h *house) probe(ctx context.Context, site sekisho.Site) ([]control.ServerProbe, error) {
	probes, err := h.proxy.Probe(ctx, site)
	servers := make([]control.ServerProbe, len(probes))
	for i, probe := range probes {
		servers[i] = control.ServerProbe(probe)
	}
	return servers, err
}

func (h *house) serverStates() map[sekisho.SiteID][]control.ServerState {
	states := map[sekisho.SiteID][]control.ServerState{}
	for site, servers := range h.proxy.Origins() {
		for _, server := range servers {
			states[site] = append(states[site], control.ServerState(server))
		}
	}
	return states
}

// serversNamed bounds how many servers a sentence names.
const serversNamed = 5

// serversAway says which sites' servers are left alone for the moment; no text when all are well.
func (h *house) serversAway() (text sekisho.Text, some bool) {
	states := h.proxy.Origins()
	var away []string
	for _, site := range h.sites.now() {
		for _, server := range states[site.ID] {
			if server.Away {
				away = append(away, site.Host+" ("+server.Origin+")")
			}
		}
	}
	if len(away) == 0 {
		return text, false
	}
	more := ""
	if n := len(away) - serversNamed; n > 0 {
		away, more = away[:serversNamed], fmt.Sprintf(" +%d", n)
	}
	named := strings.Join(away, ", ") + more
	return sekisho.Text{
		JA: "応答しないサイトのサーバーがあります: " + named + "。サーバーの状態を確認してください。",
		EN: "Servers of sites do not answer: " + named + ". Check whether they run.",
	}, true
}
