package bench

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/sekisho-waf/sekisho/bench/corpora"
)

// AttackMix is the mix with attacks in it: what protection costs while somebody tries the doors.
type AttackMix struct {
	Percent    float64            `json:"percent"` // of the requests that are attacks
	WAFOffRPS  float64            `json:"waf_off_rps"`
	WAFOnRPS   float64            `json:"waf_on_rps"`
	Ratio      float64            `json:"ratio"`
	RatioByCPU float64            `json:"ratio_by_cpu"`
	Stopped    float64            `json:"stopped"` // the share of the attacks that the inspecting proxy answered 403
	Spread     map[string]float64 `json:"spread"`

	NginxModSecurityRPS *float64 `json:"nginx_modsecurity_rps"` // null where the peer is not installed
	VsNginxModSecurity  *float64 `json:"vs_nginx_modsecurity"`
}

// mixIn puts attacks among the requests of the mix, evenly. The second list tells which they are.
func mixIn(mix [][]byte, percent float64, host string, seed uint64) (wire [][]byte, attack []bool) {
	attacks := corpora.Attacks(seed)
	due, next := 0.0, 0
	each := percent / (100 - percent) // attacks for each ordinary request
	for range 4 {                     // so that more than a handful of attacks take part
		for _, request := range mix {
			wire, attack = append(wire, request), append(attack, false)
			for due += each; due >= 1; due-- {
				raw := attacks[next*37%len(attacks)].Raw // 37 apart: one after another they are of one kind
				next++
				raw = bytes.Replace(raw, []byte("Host: www.example.co.jp\r\n"), []byte("Host: "+host+"\r\n"), 1)
				wire, attack = append(wire, raw), append(attack, true)
			}
		}
	}
	return wire, attack
}

// underAttack drives the programs in turns with attacks in the mix. An attack counts as answered whatever the answer.
func (b *bench) underAttack(ctx context.Context) *AttackMix {
	if b.cfg.Attacks == 0 {
		return nil
	}
	var programs []*program
	for _, name := range []string{"off", "on", peerModSecurity} {
		if p := b.find(name); p != nil {
			programs = append(programs, p)
		}
	}
	rates, uses := map[string][]float64{}, map[string]usage{}
	result := &AttackMix{Percent: b.cfg.Attacks, Spread: map[string]float64{}}
	slice := b.cfg.Duration / time.Duration(b.cfg.Rounds)
	b.attacked = map[string]outcome{}
	for round := range b.cfg.Rounds {
		for i := range programs {
			p := programs[(round+i)%len(programs)]
			wire, attack := mixIn(p.wire, b.cfg.Attacks, p.target.host, b.cfg.Seed)
			began := b.snapshot(p)
			got := closedLoop(ctx, p.target, wire, attack, b.cfg.Connections, slice)
			used := uses[p.name]
			used.add(began, b.snapshot(p))
			uses[p.name] = used
			rates[p.name] = append(rates[p.name], got.rate())
			sum := b.attacked[p.name]
			sum.add(got)
			b.attacked[p.name] = sum
		}
	}
	for name, list := range rates {
		result.Spread[name] = round(spread(list), 3)
	}
	result.WAFOffRPS, result.WAFOnRPS = round1(median(rates["off"])), round1(median(rates["on"]))
	result.Ratio = round(ratio(median(rates["on"]), median(rates["off"])), 4)
	each := func(name string) float64 {
		return ratio(uses[name].proxy.Seconds(), float64(b.attacked[name].succeeded))
	}
	result.RatioByCPU = round(ratio(each("off"), each("on")), 4)
	on := b.attacked["on"]
	result.Stopped = round(ratio(float64(on.stopped), float64(on.attacks)), 4)
	if list := rates[peerModSecurity]; list != nil {
		peer, versus := round1(median(list)), round(ratio(median(rates["on"]), median(list)), 2)
		result.NginxModSecurityRPS, result.VsNginxModSecurity = &peer, &versus
	}
	return result
}

// String says it for people.
func (a *AttackMix) String() string {
	peer := "not installed"
	if a.NginxModSecurityRPS != nil {
		peer = fmt.Sprintf("%.0f/s, on is %.1f times that", *a.NginxModSecurityRPS, *a.VsNginxModSecurity)
	}
	return fmt.Sprintf("with %s %% attacks  off %.0f/s, on %.0f/s, on/off %.3f (by CPU %.3f); %.1f %% of the attacks stopped; nginx + ModSecurity %s",
		strconv.FormatFloat(a.Percent, 'g', -1, 64), a.WAFOffRPS, a.WAFOnRPS, a.Ratio, a.RatioByCPU, 100*a.Stopped, peer)
}
