// Package ubiquiti reads UniFi: the CEF records of UniFi Network, and what access points and switches say of themselves. The
// packets that a gateway logs are read by package netfilter.
//
// In CEF the name says what happened ("Threat Detected and Blocked"), the severity how loud UniFi wants to be, UNIFIrisk how
// grave a threat is (Ubiquiti Help Center, "UniFi System Logs & SIEM Integration").
package ubiquiti

import (
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/attack"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one record.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.CEF != nil {
		if !strings.HasPrefix(r.CEF.Vendor, "Ubiquiti") {
			return false
		}
		decodeCEF(r, e)
		return true
	}
	return decodeDevice(r, e)
}

func decodeCEF(r *line.Record, e *sekisho.Event) {
	set := field.Collect(r.CEF.Fields())
	name := strings.ToLower(r.CEF.Name)
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Ubiquiti", r.CEF.Product, "unifi_cef"
	e.Code, e.Signature, e.Severity = r.CEF.ID, r.CEF.Name, r.CEF.Severity
	e.Device = set.Get("UNIFIhost", "UNIFIdeviceName", "dvchost")
	e.SrcIP, e.SrcPort = field.Address(set.Get("src", "UNIFIclientIp")), field.Port(set.Get("spt"))
	e.DstIP, e.DstPort = field.Address(set.Get("dst")), field.Port(set.Get("dpt"))
	e.Protocol, e.Verb = field.Protocol(set.Get("proto")), set.Get("act")
	e.User, e.Category = set.Get("UNIFIadmin", "suser", "duser"), set.Get("UNIFIsubCategory", "UNIFIcategory")
	field.TellTime(e, r.Zone, set.Get("UNIFIutcTime", "rt"))
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, strings.ToLower(strings.ReplaceAll(e.Category, " ", "_")), sekisho.OutcomeUnknown
	blocked := strings.Contains(name, "block")
	if outcome, known := verb.AtGateway(e.Verb); known && outcome == sekisho.OutcomePrevented {
		blocked = true
	}
	switch {
	case set.Get("UNIFIipsSignature") != "" || strings.Contains(name, "threat") || strings.Contains(strings.ToLower(e.Category), "intrusion"):
		if signature := set.Get("UNIFIipsSignature", "msg"); signature != "" {
			e.Signature = signature
		}
		if id, err := strconv.Atoi(set.Get("UNIFIipsSignatureId")); err == nil {
			e.RuleIDs = []int{id}
		}
		if risk := set.Get("UNIFIrisk"); risk != "" {
			e.Severity = risk
		}
		kind := attack.OfSignature(e.Signature, set.Get("UNIFIipsCategory"))
		e.Class, e.Family, e.Confidence, e.Outcome = kind.Class, kind.Family, kind.Confidence, sekisho.OutcomeDetected
		if blocked {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(name, "honeypot"):
		e.Class, e.Family, e.Outcome = sekisho.ClassScan, "scan", sekisho.OutcomeDetected
	case strings.Contains(name, "firewall") || e.Family == "firewall":
		if e.Family = "firewall"; blocked {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(name, "admin") || e.Family == "admin":
		tellAdmin(name, e)
	case strings.Contains(name, "vpn"):
		if e.Family = "vpn_login"; strings.Contains(name, "connected") && !strings.Contains(name, "disconnected") {
			e.Outcome = sekisho.OutcomeSucceeded
		} else if strings.Contains(name, "fail") {
			e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
		}
		if e.User == "" {
			e.User = set.Get("UNIFIvpnClientName", "UNIFIclientAlias")
		}
	case strings.Contains(name, "client connected") || strings.Contains(name, "client roamed"):
		if e.Host = set.Get("UNIFIclientHostname", "UNIFIclientAlias", "UNIFIclientMac"); e.SrcIP.IsValid() && e.Host != "" {
			e.Family = sekisho.FamilyLease
		}
	case strings.Contains(name, "rogue") || strings.Contains(name, "evil twin"):
		e.Class, e.Family, e.Outcome = sekisho.ClassOpenWiFi, "rogue_access_point", sekisho.OutcomeDetected
	case strings.Contains(name, "offline") || strings.Contains(name, "unreachable") || strings.Contains(name, "went down") || strings.Contains(name, "failover") || strings.Contains(name, "disk") && strings.Contains(name, "fail"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
		e.Host = set.Get("UNIFIdeviceName")
	}
}

// tellAdmin reads what administrators did.
func tellAdmin(name string, e *sekisho.Event) {
	e.Family = "admin_login"
	switch {
	case strings.Contains(name, "fail") || strings.Contains(name, "denied"):
		e.Class, e.Outcome = sekisho.ClassLoginFailure, sekisho.OutcomePrevented
	case strings.Contains(name, "access") || strings.Contains(name, "log"):
		if e.Outcome = sekisho.OutcomeSucceeded; e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
			e.Class = sekisho.ClassAdminLoginExternal
		}
	case strings.Contains(name, "chang") || strings.Contains(name, "made") || strings.Contains(name, "add") || strings.Contains(name, "delet") || strings.Contains(name, "creat"):
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
	}
}

// decodeDevice reads "U7PG2,788a2056b182,v4.0.66.10832: hostapd: ath0: STA 00:11:... IEEE 802.11: associated": model, number of
// the network card and version stand where others write a host.
func decodeDevice(r *line.Record, e *sekisho.Event) bool {
	name, ok := deviceName(r)
	if !ok {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Ubiquiti", "UniFi", "unifi_device"
	e.Device, e.Signature = name, r.Body
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "network", sekisho.OutcomeUnknown
	if strings.Contains(r.Body, "hostapd") || strings.Contains(r.Body, "stahtd") || strings.Contains(r.Body, " STA ") {
		e.Family = "wireless"
	}
	return true
}

// deviceName finds the twelve digits of the network card, followed by ",v4.", with or without a model before them.
func deviceName(r *line.Record) (name string, ok bool) {
	for _, text := range []string{r.Host, r.App, r.Body[:min(len(r.Body), 100)]} {
		word, _, _ := strings.Cut(text, " ")
		before, version, found := strings.Cut(word, ",v")
		if !found || version == "" || version[0] < '0' || version[0] > '9' || len(before) < 12 {
			continue
		}
		mac := before[len(before)-12:]
		if strings.Trim(mac, "0123456789abcdef") == "" && (len(before) == 12 || before[len(before)-13] == ',') {
			return strings.TrimSuffix(before, ","), true
		}
	}
	return "", false
}
