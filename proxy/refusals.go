package proxy

import (
	"sync/atomic"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/body"
	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// refusals counts what was turned away, by a word for the reason: the rule of wire that was broken, the step's own
// reason, or what went wrong before there was a request. All words are known from the start, so that counting is one
// atomic addition and nothing a visitor sends can make the table grow.
type refusals map[string]*atomic.Int64

func newRefusals() refusals {
	r := refusals{}
	for _, v := range wire.Violations() {
		r[v.Code] = new(atomic.Int64)
	}
	for _, fault := range body.Faults() {
		r[string(fault)] = new(atomic.Int64)
	}
	for _, reason := range []sekisho.Reason{
		sekisho.ReasonUnknownHost, sekisho.ReasonMisdirected, sekisho.ReasonDenied, sekisho.ReasonBanned,
		sekisho.ReasonAddressLimit, sekisho.ReasonPathLimit, sekisho.ReasonSessionLimit, sekisho.ReasonLoginLimit,
		sekisho.ReasonSiteLimit, sekisho.ReasonUnderAttack, sekisho.ReasonOverload, sekisho.ReasonSiteShare, sekisho.ReasonBodyTooLarge,
		sekisho.ReasonOriginRefused, sekisho.ReasonOriginsAway, sekisho.ReasonLoop, sekisho.ReasonMaintenance,
	} {
		r[string(reason)] = new(atomic.Int64)
	}
	for _, word := range []string{
		"bad_body", "slow_body", "broken_body", "handshake", "bad_proxy_header", "connections_waiting", other,
	} {
		r[word] = new(atomic.Int64)
	}
	return r
}

const other = "other"

func (r refusals) count(word string) {
	counter := r[word]
	if counter == nil {
		counter = r[other]
	}
	counter.Add(1)
}

// Refused says what was turned away since the start and why, by the words of events' signatures; never zero.
func (s *Server) Refused() map[string]int64 {
	counts := map[string]int64{}
	for word, counter := range s.refusals {
		if n := counter.Load(); n > 0 {
			counts[word] = n
		}
	}
	return counts
}
