package sensorbridge

import (
	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/accesslog"
	"github.com/sekisho-waf/sekisho/sensor-bridge/aws"
	"github.com/sekisho-waf/sekisho/sensor-bridge/barracuda"
	"github.com/sekisho-waf/sekisho/sensor-bridge/checkpoint"
	"github.com/sekisho-waf/sekisho/sensor-bridge/cisco"
	"github.com/sekisho-waf/sekisho/sensor-bridge/cloudflare"
	"github.com/sekisho-waf/sekisho/sensor-bridge/crowdstrike"
	"github.com/sekisho-waf/sekisho/sensor-bridge/defender"
	"github.com/sekisho-waf/sekisho/sensor-bridge/endpoint"
	"github.com/sekisho-waf/sekisho/sensor-bridge/eventformat"
	"github.com/sekisho-waf/sekisho/sensor-bridge/f5"
	"github.com/sekisho-waf/sekisho/sensor-bridge/fortinet"
	"github.com/sekisho-waf/sekisho/sensor-bridge/fortiweb"
	"github.com/sekisho-waf/sekisho/sensor-bridge/imperva"
	"github.com/sekisho-waf/sekisho/sensor-bridge/juniper"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/linux"
	"github.com/sekisho-waf/sekisho/sensor-bridge/mikrotik"
	"github.com/sekisho-waf/sekisho/sensor-bridge/modsecurity"
	"github.com/sekisho-waf/sekisho/sensor-bridge/netfilter"
	"github.com/sekisho-waf/sekisho/sensor-bridge/ocsf"
	"github.com/sekisho-waf/sekisho/sensor-bridge/osquery"
	"github.com/sekisho-waf/sekisho/sensor-bridge/ossec"
	"github.com/sekisho-waf/sekisho/sensor-bridge/paloalto"
	"github.com/sekisho-waf/sekisho/sensor-bridge/panda"
	"github.com/sekisho-waf/sekisho/sensor-bridge/pfsense"
	"github.com/sekisho-waf/sekisho/sensor-bridge/radware"
	"github.com/sekisho-waf/sekisho/sensor-bridge/sonicwall"
	"github.com/sekisho-waf/sekisho/sensor-bridge/sophos"
	"github.com/sekisho-waf/sekisho/sensor-bridge/suricata"
	"github.com/sekisho-waf/sekisho/sensor-bridge/symantec"
	"github.com/sekisho-waf/sekisho/sensor-bridge/trellix"
	"github.com/sekisho-waf/sekisho/sensor-bridge/ubiquiti"
	"github.com/sekisho-waf/sekisho/sensor-bridge/watchguard"
	"github.com/sekisho-waf/sekisho/sensor-bridge/windows"
	"github.com/sekisho-waf/sekisho/sensor-bridge/yamaha"
	"github.com/sekisho-waf/sekisho/sensor-bridge/zscaler"
)

// format is a decoder and the name that --format and Event.Format give it.
type format struct {
	name   string
	decode func(*line.Record, *sekisho.Event) bool
}

// formats are asked in this order; the first that says yes reads the record. What is told apart by a vendor's own words
// comes before generic CEF, LEEF, JSON and text, so that the wrong vendor never wins: it is worse than "unknown".
var formats = []format{
	{"watchguard_epdr", panda.Decode},
	{"watchguard_firebox", watchguard.Decode},
	{"fortinet_fortigate", fortinet.Decode},
	{"paloalto", paloalto.Decode},
	{"cisco", cisco.Decode},
	{"sonicwall", sonicwall.Decode},
	{"sophos", sophos.Decode},
	{"checkpoint", checkpoint.Decode},
	{"yamaha_rtx", yamaha.Decode},
	{"aws_waf", aws.Decode},
	{"cloudflare", cloudflare.Decode},
	{"crowdstrike", crowdstrike.Decode},
	{"defender", defender.Decode},
	{"windows", windows.Decode},
	{"endpoint", endpoint.Decode},
	{"trellix", trellix.Decode},
	{"symantec", symantec.Decode},
	{"ocsf", ocsf.Decode},
	{"barracuda", barracuda.Decode},
	{"radware", radware.Decode},
	{"modsecurity", modsecurity.Decode},
	{"fortinet_fortiweb", fortiweb.Decode},
	{"f5", f5.Decode},
	{"imperva", imperva.Decode},
	{"suricata", suricata.Decode},
	{"osquery", osquery.Decode},
	{"unifi", ubiquiti.Decode},
	{"netfilter", netfilter.Decode},
	{"pfsense", pfsense.Decode},
	{"mikrotik", mikrotik.Decode},
	{"juniper", juniper.Decode},
	{"ossec", ossec.Decode},
	{"zscaler", zscaler.Decode},
	{"linux", linux.Decode},
	{"weblog", accesslog.Decode},
	{"cef_leef", eventformat.Decode}, // behind every vendor: it would take their records
}

// Formats returns the names of the formats that can be read, in the order in which they are tried.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}
