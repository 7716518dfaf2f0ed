// Package paloalto reads the syslog of Palo Alto Networks firewalls: comma-separated fields by position, as PAN-OS writes
// them unless told otherwise (PAN-OS Administrator's Guide, "Syslog Field Descriptions"), and CEF. Fields were only ever
// added at the end, so that one table of positions reads every version.
package paloalto

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Positions that every type shares.
const (
	colReceived = 1
	colSerial   = 2
	colType     = 3
	colSubtype  = 4
	colTime     = 6
)

// Positions of TRAFFIC, THREAT and, up to the action, DECRYPTION and TUNNEL.
const (
	colSource       = 7
	colDestination  = 8
	colRule         = 11
	colSourceUser   = 12
	colApplication  = 14
	colFromZone     = 16
	colToZone       = 17
	colSourcePort   = 24
	colDestPort     = 25
	colProtocol     = 29
	colAction       = 30
	colMisc         = 31 // THREAT: URL or file name
	colThreat       = 32 // THREAT: name and number, "name(12345)"
	colCategory     = 33
	colSeverity     = 34
	colDirection    = 35
	colFileDigest   = 41
	colUserAgent    = 43
	colDeviceName   = 52 // TRAFFIC; THREAT has it at 59
	colThreatDevice = 59
)

// Decode reads one log.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.CEF != nil {
		return decodeCEF(r, e)
	}
	body := strings.TrimLeft(r.Body, " ")
	if !looksLikePANOS(body) {
		return false
	}
	c := field.Columns(body, ',')
	get := func(i int) string { return strings.TrimSpace(field.Column(c, i)) }
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Palo Alto Networks", "PAN-OS", "paloalto_csv"
	field.TellTime(e, r.Zone, get(colTime), get(colReceived)) // when it was generated, by the firewall's own clock, else when it was received
	e.Device = cmp.Or(r.Host, get(colSerial))
	e.Code = strings.ToLower(get(colType) + "/" + get(colSubtype))
	switch get(colType) {
	case "TRAFFIC", "TUNNEL", "START", "END", "SCTP", "DECRYPTION":
		tellFlow(e, get)
		tellTraffic(e, get)
	case "THREAT":
		tellFlow(e, get)
		tellThreat(e, get)
	case "SYSTEM":
		tellSystem(e, get)
	case "CONFIG":
		tellConfig(e, get)
	case "GLOBALPROTECT":
		tellGlobalProtect(e, get)
	case "USERID", "HIPMATCH", "IPTAG":
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, strings.ToLower(get(colType)), sekisho.OutcomeUnknown
		tellHost(e, get)
	case "AUTHENTICATION":
		tellAuthentication(e, get)
	case "CORRELATION":
		e.Class, e.Family, e.Outcome = sekisho.ClassAPT, "correlation", sekisho.OutcomeDetected
		e.SrcIP, e.User, e.Category, e.Severity = field.Address(get(7)), get(8), get(10), get(11)
		e.Signature = cmp.Or(get(len(c)-4), get(10))
	default:
		e.Class, e.Family, e.Outcome = sekisho.ClassNoise, strings.ToLower(get(colType)), sekisho.OutcomeUnknown
	}
	return true
}

// types are the kinds of logs, by which the format is known.
var types = map[string]bool{
	"TRAFFIC": true, "THREAT": true, "SYSTEM": true, "CONFIG": true, "HIPMATCH": true, "USERID": true, "GLOBALPROTECT": true,
	"DECRYPTION": true, "AUTHENTICATION": true, "CORRELATION": true, "TUNNEL": true, "SCTP": true, "IPTAG": true, "GTP": true, "AUDIT": true,
	"START": true, "END": true,
}

// looksLikePANOS wants "1,time,serial,TYPE,": a future-use number, a time or nothing, a serial number and a known type.
func looksLikePANOS(s string) bool {
	future, rest, ok := strings.Cut(s, ",")
	if !ok || len(future) > 4 {
		return false
	}
	_, rest, ok = strings.Cut(rest, ",")
	if !ok {
		return false
	}
	serial, rest, ok := strings.Cut(rest, ",")
	if !ok || len(serial) > 40 {
		return false
	}
	kind, _, ok := strings.Cut(rest, ",")
	return ok && types[kind]
}

func tellFlow(e *sekisho.Event, get func(int) string) {
	e.SrcIP, e.SrcPort = field.Address(get(colSource)), field.Port(get(colSourcePort))
	e.DstIP, e.DstPort = field.Address(get(colDestination)), field.Port(get(colDestPort))
	e.Protocol, e.User, e.Verb = field.Protocol(get(colProtocol)), get(colSourceUser), get(colAction)
	e.Category = get(colApplication)
}

// tellTraffic is the log of sessions: nothing was found in them.
func tellTraffic(e *sekisho.Event, get func(int) string) {
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "firewall", sekisho.OutcomeUnknown
	e.Signature = get(colRule)
	if outcome, ok := verb.AtGateway(e.Verb); ok && outcome == sekisho.OutcomePrevented {
		e.Outcome = outcome
	}
	if get(colSubtype) == "deny" || get(colSubtype) == "drop" {
		e.Outcome = sekisho.OutcomePrevented
	}
}

// tellHost fills what the logs about users and hosts have in common.
func tellHost(e *sekisho.Event, get func(int) string) {
	switch get(colType) {
	case "HIPMATCH":
		e.User, e.Host, e.SrcIP, e.Signature = get(7), get(9), field.Address(get(11)), get(12)
	case "USERID":
		e.SrcIP, e.User, e.Verb = field.Address(get(8)), get(9), get(colSubtype)
	}
}

// decodeCEF reads PAN-OS logs that a custom log format or Cortex Data Lake writes as CEF.
func decodeCEF(r *line.Record, e *sekisho.Event) bool {
	if r.CEF.Vendor != "Palo Alto Networks" {
		return false
	}
	set := field.Collect(r.CEF.Fields())
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Palo Alto Networks", "PAN-OS", "paloalto_cef"
	field.TellTime(e, r.Zone, set.Get("rt"), set.Get("start"))
	e.Device = cmp.Or(set.Get("dvchost"), set.Get("deviceExternalId"), r.Host)
	e.SrcIP, e.SrcPort = field.Address(set.Get("src", "c6a2")), field.Port(set.Get("spt"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst", "c6a3")), field.Port(set.Get("dpt"))
	e.Protocol, e.User, e.Verb = field.Protocol(set.Get("proto")), set.Get("suser", "duser"), set.Get("act")
	kind, subtype := strings.ToUpper(r.CEF.Name), strings.ToLower(r.CEF.ID)
	if types[strings.ToUpper(r.CEF.ID)] && !types[kind] {
		kind, subtype = strings.ToUpper(r.CEF.ID), strings.ToLower(cmp.Or(set.Get("cat"), r.CEF.Name))
	}
	e.Code = strings.ToLower(kind + "/" + subtype)
	values := map[int]string{
		colType: kind, colSubtype: subtype, colAction: e.Verb, colMisc: set.Get("request", "fname"), colThreat: set.Get("cat", "PanOSThreatID"),
		colCategory: set.Labelled("URL Category"), colSeverity: cmp.Or(set.Get("PanOSSeverity"), r.CEF.Severity), colDirection: cmp.Or(set.Get("flexString2"), set.Labelled("Direction")),
		colRule: cmp.Or(set.Labelled("Rule"), set.Get("cs1")), colApplication: set.Get("app"), colFileDigest: set.Get("fileHash"),
		colSource: set.Get("src"), colDestination: set.Get("dst"), colSourceUser: e.User, colProtocol: set.Get("proto"), colSourcePort: set.Get("spt"), colDestPort: set.Get("dpt"),
	}
	get := func(i int) string { return values[i] }
	switch kind {
	case "THREAT":
		tellThreat(e, get)
	case "SYSTEM":
		e.Severity, e.Signature = r.CEF.Severity, set.Get("msg")
		judgeSystem(e, subtype, set.Get("cat", "act"), set.Get("msg"))
	case "CONFIG":
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded, cmp.Or(set.Get("msg"), e.Verb)
	default:
		e.Category = set.Get("app")
		tellTraffic(e, get)
	}
	return true
}
