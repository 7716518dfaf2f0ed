// Package crowdstrike reads CrowdStrike Falcon: the event streams (detections, identity, audit of the console), the raw
// stream of the Falcon Data Replicator, and detections in CEF and LEEF as the SIEM connector writes them.
package crowdstrike

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// falcon is one event. Event streams and FDR wrap the fields in "event"; others have them at the top.
type falcon struct {
	o      *line.Object
	prefix string
}

// Decode reads one event.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.CEF != nil || r.LEEF != nil {
		return decodeConnector(r, e)
	}
	if !r.JSON() {
		return false
	}
	f := falcon{o: r.Object()}
	kind := f.kind()
	if kind == "" {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "CrowdStrike", "Falcon", "crowdstrike_json"
	f.tellPlace(e)
	e.Code = kind
	switch {
	case strings.Contains(kind, "DetectionSummary") || strings.Contains(kind, "IdpDetection") || strings.Contains(kind, "XdrDetection") || strings.Contains(kind, "MobileDetection"):
		f.tellDetection(e)
	case strings.Contains(kind, "IncidentSummary"):
		e.Class, e.Family, e.Outcome = sekisho.ClassAPT, "incident", sekisho.OutcomeDetected
		e.Signature = "incident, score " + f.text("FineScore")
	case strings.Contains(kind, "AuditEvent") || strings.Contains(kind, "AuthActivity") || strings.Contains(kind, "UserActivity"):
		f.tellAudit(e)
	case strings.Contains(kind, "RemoteResponseSession"):
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassRemoteTool, "remote_response", sekisho.OutcomeSucceeded, kind
		if strings.Contains(kind, "End") {
			e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
		}
	case strings.Contains(kind, "FirewallMatch"):
		f.tellFirewall(e)
	default:
		f.tellRaw(kind, e)
	}
	return true
}

// kind returns what an event is, empty for JSON that is not Falcon's.
func (f *falcon) kind() string {
	if f.o.Has("event") && f.o.Get("event").IsObject() {
		f.prefix = "event."
	} else if f.o.Has("unknown_payload") {
		f.prefix = "unknown_payload."
	}
	for _, path := range []string{"metadata.eventType", "event_simpleName", "fdr_event_type", f.prefix + "ExternalApiType", f.prefix + "event_simpleName"} {
		kind := f.o.String(path)
		if kind == "" || path == "metadata.eventType" && !f.o.Has("metadata.customerIDString") && f.o.String("metadata.customerIDString") == "" {
			continue
		}
		if path != "metadata.eventType" && !f.o.Has("cid") && !f.o.Has("aid") && f.text("cid", "CustomerIdString", "aid", "AgentIdString", "SensorId") == "" {
			continue
		}
		return strings.TrimPrefix(kind, "Event_")
	}
	if f.text("PatternDispositionDescription") != "" && f.text("AgentIdString", "SensorId", "FalconHostLink") != "" {
		return "DetectionSummaryEvent"
	}
	if f.text("composite_id") != "" && f.text("falcon_host_link", "pattern_disposition_description") != "" {
		return "DetectionSummaryEvent" // the alerts API
	}
	return ""
}

// text returns the first field among several names that is not empty, within the wrapper or beside it.
func (f *falcon) text(names ...string) string {
	for _, name := range names {
		if s := f.o.String(f.prefix + name); s != "" && s != "N/A" {
			return s
		}
		if f.prefix != "" {
			if s := f.o.String(name); s != "" && s != "N/A" {
				return s
			}
		}
	}
	return ""
}

// tellPlace says when, where and who. The zero hash that Falcon writes for "not computed" is none.
func (f *falcon) tellPlace(e *sekisho.Event) {
	for _, name := range []string{
		"metadata.eventCreationTime", "UTCTimestamp", "p_event_time", "ContextTimeStamp", "timestamp", "created_timestamp", "ProcessStartTime", "StartTimestamp",
	} {
		if when, ok := f.utc(f.text(name)); ok {
			e.Time, e.Trust = when, sekisho.TimeExact
			break
		}
	}
	e.Host = f.text("ComputerName", "Hostname", "HostnameField", "device.hostname", "aid_computer_name", "EndpointName", "SourceEndpointHostName")
	e.User = f.text("UserName", "UserPrincipal", "user_name", "SourceAccountName", "UserId")
	e.SrcIP, e.SrcPort = field.Address(f.text("LocalIP", "LocalAddressIP4", "LocalAddressIP6", "LocalAddress", "device.local_ip", "SourceEndpointIpAddress")), field.Port(f.text("LocalPort"))
	e.DstIP, e.DstPort = field.Address(f.text("RemoteAddressIP4", "RemoteAddressIP6", "RemoteAddress")), field.Port(f.text("RemotePort"))
	e.Protocol = field.Protocol(f.text("Protocol"))
	e.Process = f.text("CommandLine", "cmdline", "ImageFileName", "FilePath")
	e.File = f.file()
	e.Hash = field.Hash(f.text("SHA256String", "SHA256HashData", "sha256"), f.text("SHA1String", "SHA1HashData"), f.text("MD5String", "MD5HashData", "md5"))
	e.URL = f.text("DomainName", "RequestUrl")
	if f.text("ConnectionDirection") == "1" {
		e.Direction = sekisho.DirectionInbound
	}
}

// utc reads a time as Falcon writes it: UTC in any of its forms, with or without a zone. 1970 is none.
func (f *falcon) utc(s string) (time.Time, bool) {
	when, _, ok := field.Time(s, time.UTC)
	if !ok { // "2021-10-01 00:00:00.000Z"
		when, _, ok = field.Time(strings.TrimSuffix(s, "Z"), time.UTC)
	}
	return when, ok && when.Year() > 1971
}

// file returns the whole path where Falcon gives folder and name apart.
func (f *falcon) file() string {
	path, name := f.text("FilePath", "ImageFileName", "TargetFileName", "filepath"), f.text("FileName", "filename")
	switch {
	case path == "":
		return name
	case name == "" || strings.HasSuffix(strings.ToLower(path), strings.ToLower(name)):
		return path
	case strings.Contains(path, `\`) && !strings.HasSuffix(path, `\`):
		return path + `\` + name
	case !strings.HasSuffix(path, "/") && !strings.HasSuffix(path, `\`):
		return path + "/" + name
	}
	return path + name
}
