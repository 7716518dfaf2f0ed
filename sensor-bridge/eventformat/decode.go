// Package eventformat reads CEF and LEEF records of products that have no decoder of their own, by what the formats
// themselves promise (ArcSight, "Common Event Format"; IBM, "Log Event Extended Format").
//
// The keys are common, the meaning is not: what happened is told from the words of name, category and message, and only plain
// words count. What none of them says is noise.
package eventformat

import (
	"cmp"
	"iter"
	"net/netip"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/verb"
)

// Decode reads one record. It is asked after every decoder that knows its vendor.
func Decode(r *line.Record, e *sekisho.Event) bool {
	switch {
	case r.CEF != nil:
		h := head{vendor: r.CEF.Vendor, product: r.CEF.Product, id: r.CEF.ID, name: r.CEF.Name, severity: r.CEF.Severity, format: "cef"}
		decode(r, h, r.CEF.Fields(), e)
	case r.LEEF != nil:
		h := head{vendor: r.LEEF.Vendor, product: r.LEEF.Product, id: r.LEEF.ID, format: "leef"}
		decode(r, h, r.LEEF.Fields(), e)
	default:
		return false
	}
	return true
}

// head is what stands before the fields.
type head struct{ vendor, product, id, name, severity, format string }

func decode(r *line.Record, h head, fields iter.Seq2[string, string], e *sekisho.Event) {
	set := field.Collect(fields)
	e.Source, e.Vendor, e.Product, e.Format, e.Code = sekisho.SourceUTM, h.vendor, h.product, h.format, h.id
	if e.Vendor == "" {
		e.Vendor = "unknown"
	}
	tellTime(r, set, e)
	e.SrcIP, e.SrcPort = address(set, "src", "c6a2", "sourceTranslatedAddress"), field.Port(set.Get("spt", "srcPort"))
	e.DstIP, e.DstPort = address(set, "dst", "c6a3", "destinationTranslatedAddress"), field.Port(set.Get("dpt", "dstPort"))
	e.Protocol = field.Protocol(set.Get("proto", "protocol"))
	e.User = set.Get("suser", "usrName", "duser", "accountName", "suid", "duid", "user")
	e.Device = set.Get("dvchost", "dvc", "deviceExternalId", "devName")
	e.Host = set.Get("shost", "identHostName", "dhost", "hostname", "srcHostName", "dstHostName")
	e.File, e.Hash = set.Get("filePath", "fname", "fileName", "oldFilePath"), field.Hash(set.Get("fileHash"), set.Get("sha256"), set.Get("sha1"), set.Get("md5"), set.Get("hash"))
	e.Process = set.Get("sproc", "deviceProcessName", "dproc", "processName")
	e.URL, e.Method, e.UserAgent = set.Get("request", "url"), set.Get("requestMethod", "method"), set.Get("requestClientApplication", "userAgent")
	e.Severity, e.Category = cmp.Or(h.severity, set.Get("sev", "severity")), set.Get("cat", "deviceEventCategory")
	e.Verb = set.Get("act", "action", "outcome", "disposition")
	e.Signature = cmp.Or(h.name, set.Get("eventName", "eventDesc", "title", "msg", "reason"), h.id)
	switch strings.ToLower(set.Get("deviceDirection")) {
	case "0":
		e.Direction = sekisho.DirectionInbound
	case "1":
		e.Direction = sekisho.DirectionOutbound
	}
	if onHost(h.product, set) {
		e.Source = sekisho.SourceEDR
	}
	judge(h, set, e)
}

// onHost reports whether the product runs on PCs, by its name.
func onHost(product string, set field.Set) bool {
	lower := strings.ToLower(product)
	for _, word := range []string{"endpoint", "edr", "antivirus", "anti-virus", "anti-malware", "xdr", "agent"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

func address(set field.Set, keys ...string) (ip netip.Addr) {
	for _, key := range keys {
		if ip = field.Address(set.Get(key)); ip.IsValid() {
			return ip
		}
	}
	return ip
}

// layouts are the dates of CEF and LEEF that package field does not know: without year.
var layouts = []string{"Jan _2 15:04:05.999", "Jan _2 15:04:05"}

func tellTime(r *line.Record, set field.Set, e *sekisho.Event) {
	for _, key := range []string{"rt", "devTime", "start", "end", "deviceReceiptTime"} {
		text := set.Get(key)
		if text == "" {
			continue
		}
		if field.TellTime(e, r.Zone, text) {
			return
		}
		for _, layout := range layouts {
			if when, err := time.ParseInLocation(layout, text, r.Zone); err == nil && !r.Received.IsZero() {
				when = when.AddDate(r.Received.In(r.Zone).Year(), 0, 0)
				if when.After(r.Received.Add(7 * 24 * time.Hour)) {
					when = when.AddDate(-1, 0, 0)
				}
				e.Time, e.Trust = when.UTC(), sekisho.TimeYear
				return
			}
		}
	}
}

// outcomeOf reads the action in the words of a gateway or of an agent.
func outcomeOf(e *sekisho.Event) (sekisho.Outcome, bool) {
	if e.Source == sekisho.SourceEDR {
		return verb.OnHost(e.Verb)
	}
	return verb.AtGateway(e.Verb)
}
