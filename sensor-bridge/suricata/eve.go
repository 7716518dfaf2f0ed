package suricata

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// decodeEVE reads one object of EVE. Other sensors have an event_type, too: one of ours also has a flow, or an object that
// bears the name of its type.
func decodeEVE(r *line.Record, e *sekisho.Event) bool {
	if !strings.Contains(r.Body[:min(len(r.Body), 4096)], `"event_type"`) {
		return false
	}
	o := r.Object()
	kind := o.String("event_type")
	if kind == "" || kind[0] < 'a' || kind[0] > 'z' || !o.Has("flow_id") && !(o.Has("dest_ip") && o.Has("proto")) && !o.Get(kind).IsObject() && r.App != "suricata" {
		return false
	}
	if !o.Has("timestamp") && !o.Has("flow_id") {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format, e.Code = sekisho.SourceUTM, "Suricata", "Suricata", "suricata_eve", kind
	field.TellTime(e, r.Zone, o.String("timestamp"))
	e.Device = o.String("host", "sensor_name")
	e.SrcIP, e.SrcPort = field.Address(o.String("src_ip")), field.Port(o.String("src_port"))
	e.DstIP, e.DstPort = field.Address(o.String("dest_ip")), field.Port(o.String("dest_port"))
	e.Protocol, e.Direction = field.Protocol(o.String("proto")), field.Direction(e.SrcIP, e.DstIP)
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, kind, sekisho.OutcomeUnknown
	tellApplication(o, e)
	switch kind {
	case "alert":
		tellAlert(o, e)
	case "drop":
		e.Family, e.Outcome, e.Verb = "firewall", sekisho.OutcomePrevented, "drop"
		e.Signature = o.String("drop.reason")
		if o.Has("alert") {
			tellAlert(o, e)
			e.Outcome = sekisho.OutcomePrevented
		}
	case "anomaly":
		e.Signature, e.Category = o.String("anomaly.event", "anomaly.type"), o.String("anomaly.layer", "anomaly.type")
	case "dhcp":
		tellLease(o, e)
	case "engine":
		if level := strings.ToLower(o.String("log_level", "engine.log_level")); level == "error" || level == "critical" || level == "emergency" {
			e.Class, e.Family, e.Outcome, e.Severity = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded, level
		}
		e.Signature = o.String("engine.message", "message", "engine.error")
	}
	return true
}

// tellAlert reads what a rule found and what was done with it. The verdict, where there is one, is what became of the packet
// in the end: a rule may say drop and a later one pass.
func tellAlert(o *line.Object, e *sekisho.Event) {
	alert := o.Get("alert")
	e.Signature, e.Category, e.Severity = alert.Get("signature").String(), alert.Get("category").String(), alert.Get("severity").String()
	if id := int(alert.Get("signature_id").Int()); id > 0 {
		e.RuleIDs = []int{id}
	}
	e.Verb = alert.Get("action").String()
	judge(e)
	e.Outcome = sekisho.OutcomeDetected
	if verdict := o.String("verdict.action"); verdict == "drop" || verdict == "reject" || blocked(e.Verb) && verdict == "" {
		e.Outcome = sekisho.OutcomePrevented
	}
	if field.Inside(e.DstIP) && !field.Inside(e.SrcIP) && o.String("direction") == "to_client" {
		e.Direction = sekisho.DirectionOutbound // the answer to something that a PC inside asked for
	}
}

// tellApplication reads what the protocols within say: a name, an address, a file.
func tellApplication(o *line.Object, e *sekisho.Event) {
	if http := o.Get("http"); http.IsObject() {
		e.Method, e.UserAgent, e.Status = http.Get("http_method").String(), http.Get("http_user_agent").String(), int(http.Get("status").Int())
		e.URL = http.Get("url").String()
		if host := http.Get("hostname").String(); host != "" && strings.HasPrefix(e.URL, "/") {
			e.URL = "http://" + host + e.URL
		}
	}
	if e.URL == "" {
		e.URL = o.String("tls.sni", "quic.sni", "dns.rrname", "dns.query.0.rrname", "dns.queries.0.rrname")
	}
	for _, path := range []string{"fileinfo", "files.0"} {
		if file := o.Get(path); file.IsObject() {
			e.File = file.Get("filename").String()
			e.Hash = field.Hash(file.Get("sha256").String(), file.Get("sha1").String(), file.Get("md5").String())
			break
		}
	}
	e.User = o.String("ftp.user", "smb.ntlmssp.user", "krb5.cname", "email.from")
}

// tellLease reads DHCP: an acknowledged address belongs to a host.
func tellLease(o *line.Object, e *sekisho.Event) {
	address := field.Address(o.String("dhcp.assigned_ip", "dhcp.client_ip"))
	if o.String("dhcp.dhcp_type") != "ack" || !address.IsValid() {
		return
	}
	e.Family, e.SrcIP, e.SrcPort, e.Direction = sekisho.FamilyLease, address, 0, ""
	e.Host = o.String("dhcp.hostname", "dhcp.client_mac")
}
