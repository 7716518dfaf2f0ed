// Package fortinet reads the logs of FortiGate firewalls: key=value, CEF and JSON, which carry the same fields.
//
// Start with [Decode].
package fortinet

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// log is what is read of a record (FortiOS Log Message Reference, log field format).
type log struct {
	date, time, tz, eventtime             string
	devname, devid, logid, typ, subtype   string
	eventtype, logdesc, msg, reason, ui   string
	action, utmaction, status, level      string
	srcip, srcport, dstip, dstport, proto string
	srcintfrole, dstintfrole, remip       string
	user, unauthuser, srcname, group      string
	attack, attackid, severity, crlevel   string
	virus, virusid, file, hash            string
	hostname, url, cat, catdesc, qname    string
	app, appid, appcat, botnet, agent     string
	tunneltype, scheme, method            string
}

// set keeps a field by its FortiOS name.
func (l *log) set(key, value string) {
	switch key {
	case "date":
		l.date = value
	case "time":
		l.time = value
	case "tz":
		l.tz = value
	case "eventtime":
		l.eventtime = value
	case "devname":
		l.devname = value
	case "devid":
		l.devid = value
	case "logid", "log_id":
		l.logid = value
	case "type":
		l.typ = value
	case "subtype":
		l.subtype = value
	case "eventtype":
		l.eventtype = value
	case "logdesc":
		l.logdesc = value
	case "msg":
		l.msg = value
	case "reason":
		l.reason = value
	case "ui":
		l.ui = value
	case "action":
		l.action = value
	case "utmaction":
		l.utmaction = value
	case "status":
		l.status = value
	case "level":
		l.level = value
	case "srcip", "src":
		l.srcip = value
	case "srcport", "src_port":
		l.srcport = value
	case "dstip", "dst":
		l.dstip = value
	case "dstport", "dst_port":
		l.dstport = value
	case "proto":
		l.proto = value
	case "srcintfrole":
		l.srcintfrole = value
	case "dstintfrole":
		l.dstintfrole = value
	case "remip":
		l.remip = value
	case "user":
		l.user = value
	case "unauthuser":
		l.unauthuser = value
	case "srcname":
		l.srcname = value
	case "group":
		l.group = value
	case "attack", "attackname", "attack_name":
		l.attack = value
	case "attackid", "attack_id":
		l.attackid = value
	case "severity":
		l.severity = value
	case "crlevel":
		l.crlevel = value
	case "virus":
		l.virus = value
	case "virusid":
		l.virusid = value
	case "filename", "file":
		l.file = value
	case "filehash", "analyticscksum", "checksum":
		if h := field.Hash(value, l.hash); h != "" {
			l.hash = h
		}
	case "hostname":
		l.hostname = value
	case "url":
		l.url = value
	case "cat":
		l.cat = value
	case "catdesc":
		l.catdesc = value
	case "qname":
		l.qname = value
	case "app":
		l.app = value
	case "appid":
		l.appid = value
	case "appcat":
		l.appcat = value
	case "botnetdomain", "botnetip":
		if value != "" {
			l.botnet = value
		}
	case "agent":
		l.agent = value
	case "tunneltype":
		l.tunneltype = value
	case "httpmethod":
		l.method = value
	case "scheme":
		l.scheme = value
	}
}

// Decode reads a FortiGate record in any of its three forms.
func Decode(r *line.Record, e *sekisho.Event) bool {
	var l log
	switch {
	case r.CEF != nil:
		if !strings.EqualFold(r.CEF.Vendor, "Fortinet") || !strings.EqualFold(r.CEF.Product, "FortiGate") && !strings.HasPrefix(r.CEF.Product, "FortiGate-") {
			return false
		}
		l.readCEF(r.CEF)
		e.Format = "fortinet_cef"
	case r.JSON():
		o := r.Object()
		if !o.Has("logid") || !o.Has("type") || !o.Has("devid") && !o.Has("vd") {
			return false
		}
		gjson.Parse(r.Body).ForEach(func(key, value gjson.Result) bool {
			l.set(key.Str, value.String())
			return true
		})
		e.Format = "fortinet_json"
	default:
		if !looksLikeKV(r.Body) {
			return false
		}
		for key, value := range field.Pairs(r.Body) {
			l.set(key, value)
		}
		if l.logid == "" || l.typ == "" {
			return false
		}
		e.Format = "fortinet_kv"
	}
	e.Source, e.Vendor, e.Product = sekisho.SourceUTM, "Fortinet", "FortiGate"
	l.tell(r, e)
	return true
}

// looksLikeKV is cheap: every FortiGate log says its logid and type within the first fields.
func looksLikeKV(body string) bool {
	head := body[:min(len(body), 600)]
	at := strings.Index(head, "logid=")
	if at < 0 || at > 0 && head[at-1] != ' ' && head[at-1] != ',' {
		return false
	}
	return strings.Contains(head[at:], "type=") && (strings.Contains(head, "devid=") || strings.Contains(head, "vd=") || strings.Contains(head, "eventtime="))
}

// readCEF takes the fields back to their FortiOS names.
func (l *log) readCEF(c *line.CEF) {
	for key, value := range c.Fields() {
		if name, found := strings.CutPrefix(key, "FTNTFGT"); found {
			l.set(name, value)
			continue
		}
		if name, found := strings.CutPrefix(key, "ad."); found {
			l.set(name, value)
			continue
		}
		if name := cefNames[key]; name != "" {
			l.set(name, value)
		}
		if key == "cat" { // "utm:ips"
			l.typ, l.subtype, _ = strings.Cut(value, ":")
			l.cat = ""
		}
	}
	if l.logid == "" {
		l.logid = c.ID
	}
	if l.typ == "" {
		kind, _, _ := strings.Cut(c.Name, " ")
		l.typ, l.subtype, _ = strings.Cut(kind, ":")
	}
}

// cefNames are the CEF keys that FortiOS uses for its own fields (FortiOS, "FortiOS to CEF log field mapping").
var cefNames = map[string]string{
	"act": "action", "src": "srcip", "spt": "srcport", "dst": "dstip", "dpt": "dstport", "proto": "proto", "msg": "msg",
	"dvchost": "devname", "deviceExternalId": "devid", "suser": "user", "duser": "user", "dhost": "hostname", "request": "url",
	"fname": "filename", "fileHash": "filehash", "reason": "reason", "outcome": "status", "requestClientApplication": "agent",
	"deviceSeverity": "level", "requestMethod": "httpmethod", "sourceServiceName": "app", "start": "eventtime", "shost": "srcname",
}
