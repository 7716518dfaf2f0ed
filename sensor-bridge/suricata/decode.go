// Package suricata reads what Suricata and Snort report: EVE JSON, and the one-line alerts of fast.log and of syslog.
//
// An alert says itself whether it was blocked: alert.action in EVE, [Drop] in fast.log; [wDrop] only would have been (Suricata
// documentation, "Eve JSON Format" and "Fast log"; Snort, "Output: alert_fast"). Severity 1 is the gravest. Everything but
// alerts and drops describes traffic and is noise.
package suricata

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one record of EVE or one alert line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.JSON() {
		return decodeEVE(r, e)
	}
	return decodeFast(r, e)
}

// judge puts what a signature stands for into the event. What was seen and let through was detected.
func judge(e *sekisho.Event) {
	kind := attack.OfSignature(e.Signature, e.Category)
	e.Class, e.Family, e.Confidence = kind.Class, kind.Family, kind.Confidence
	if kind.Family == "reputation" && e.Direction == sekisho.DirectionOutbound {
		e.Class = sekisho.ClassKnownBadConnection
	}
	if e.Class == sekisho.ClassNoise {
		e.Confidence = 0
	}
}

// blocked reports whether an action stopped the packets.
func blocked(action string) bool {
	switch strings.ToLower(action) {
	case "blocked", "drop", "dropped", "reject", "rejected", "block", "sdrop":
		return true
	}
	return false
}
