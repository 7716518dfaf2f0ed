package endpoint

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// product is what is special about a vendor's events.
type product struct {
	head    string // the vendor in CEF and LEEF begins with this, in lower case
	in      string // and the product holds this, when it is not empty
	vendor  string
	product string // empty: as the event says
	format  string
	gateway bool // it looks at what passes, and not at what has landed
	kinds   []kind
	actions map[string]sekisho.Outcome // its own numbers for what it did
}

// kind is a part of an event's id, name or category that tells its class.
type kind struct {
	part, family string
	class        sekisho.Class
}

var usual = []kind{
	{"ransom", "ransomware", sekisho.ClassRansomware},
	{"web reputation", "malicious_web", sekisho.ClassMaliciousWeb},
	{"device control", "usb", sekisho.ClassUSB},
	{"devicecontrol", "usb", sekisho.ClassUSB},
	{"exploit", "exploit", sekisho.ClassExploit},
	{"intrusion", "exploit", sekisho.ClassExploit},
	{"malware", "malware", sekisho.ClassMalware},
	{"virus", "malware", sekisho.ClassMalware},
	{"threat", "malware", sekisho.ClassMalware},
	{"tamper", "tampering", sekisho.ClassTampering},
}

var trend = []kind{
	{"av:", "malware", sekisho.ClassMalware},
	{"spyware:", "malware", sekisho.ClassMalware},
	{"wb:", "malicious_web", sekisho.ClassMaliciousWeb},
	{"bm:", "suspicious_activity", sekisho.ClassSuspiciousFile},
	{"nci:", "c2", sekisho.ClassC2},
	{"cnc:", "c2", sekisho.ClassC2},
	{"cncp:", "c2", sekisho.ClassC2},
	{"ncie:", "c2", sekisho.ClassC2},
	{"nvw:", "exploit", sekisho.ClassExploit},
	{"ips:", "exploit", sekisho.ClassExploit},
	{"dlp:", "dlp", sekisho.ClassDLP},
	{"data loss prevention", "dlp", sekisho.ClassDLP},
	{"dac:", "usb", sekisho.ClassUSB},
	{"device access control", "usb", sekisho.ClassUSB},
	{"pml:", "malware", sekisho.ClassMalware},
	{"predictive machine learning", "malware", sekisho.ClassMalware},
	{"suspicious file", "suspicious_activity", sekisho.ClassSuspiciousFile},
	{"sandbox", "malware", sekisho.ClassMalware},
	{"anti-malware", "malware", sekisho.ClassMalware},
	{"intrusion prevention", "exploit", sekisho.ClassExploit},
	{"log inspection", "suspicious_activity", sekisho.ClassSuspiciousFile},
	{"integrity", "integrity", sekisho.ClassConfigChange},
	{"application control", "application_control", sekisho.ClassSuspiciousFile},
	{"behavior monitoring", "suspicious_activity", sekisho.ClassSuspiciousFile},
	{"workbench", "workbench", sekisho.ClassAPT},
	{"update", "update", sekisho.ClassNoise},
}

var products = []product{
	{head: "sentinelone", vendor: "SentinelOne", product: "Singularity", format: "sentinelone", kinds: usual},
	{head: "trend", vendor: "Trend Micro", format: "trendmicro", kinds: append(trend, usual...), actions: map[string]sekisho.Outcome{
		"IDS:Reset": sekisho.OutcomeDetected, "Detect Only: Reset": sekisho.OutcomeDetected, // Deep Security in tap mode
	}},
	{head: "eset", vendor: "ESET", product: "PROTECT", format: "eset", kinds: usual},
	{head: "kaspersky", vendor: "Kaspersky", product: "Security Center", format: "kaspersky", kinds: []kind{
		{"gnrl_ev_virus_found_and_blocked", "malware", sekisho.ClassMalware},
		{"gnrl_ev_virus_found", "malware", sekisho.ClassMalware},
		{"gnrl_ev_object", "malware", sekisho.ClassMalware},
		{"gnrl_ev_suspicious", "suspicious_activity", sekisho.ClassSuspiciousFile},
		{"gnrl_ev_attack_detected", "exploit", sekisho.ClassExploit},
		{"gnrl_ev_application_launch_den", "application_control", sekisho.ClassSuspiciousFile},
		{"gnrl_ev_web_url", "malicious_web", sekisho.ClassMaliciousWeb},
		{"gnrl_ev_devctrl", "usb", sekisho.ClassUSB},
		{"klprci_", "task", sekisho.ClassNoise},
	}},
	{head: "fireeye", in: "hx", vendor: "Trellix", product: "Endpoint Security HX", format: "trellix", kinds: []kind{{"hit", "malware", sekisho.ClassMalware}, {"malware", "malware", sekisho.ClassMalware}, {"exploit", "exploit", sekisho.ClassExploit}}},
	{head: "fireeye", vendor: "Trellix", format: "trellix", gateway: true, kinds: fireeye},
	{head: "trellix", vendor: "Trellix", format: "trellix", gateway: true, kinds: fireeye},
	{head: "mcafee", vendor: "Trellix", format: "trellix", kinds: usual},
	{head: "musarubra", vendor: "Trellix", format: "trellix", kinds: usual},
	{head: "carbon black", vendor: "VMware Carbon Black", format: "carbonblack", kinds: usual},
	{head: "carbonblack", vendor: "VMware Carbon Black", format: "carbonblack", kinds: usual},
	{head: "vmware", in: "carbon", vendor: "VMware Carbon Black", format: "carbonblack", kinds: usual},
	{head: "cylance", vendor: "Cylance", product: "PROTECT", format: "cylance", kinds: usual},
	{head: "blackberry", vendor: "Cylance", product: "PROTECT", format: "cylance", kinds: usual},
	{head: "withsecure", vendor: "WithSecure", format: "withsecure", kinds: usual},
	{head: "f-secure", vendor: "WithSecure", format: "withsecure", kinds: usual},
	{head: "bitdefender", vendor: "Bitdefender", product: "GravityZone", format: "bitdefender", kinds: append([]kind{
		{"av", "malware", sekisho.ClassMalware},
		{"aph", "phishing", sekisho.ClassMaliciousWeb},
		{"fw", "exploit", sekisho.ClassExploit},
		{"hd", "malware", sekisho.ClassMalware},
		{"exchange-malware", "malware", sekisho.ClassMalware},
		{"network-attack", "exploit", sekisho.ClassExploit},
		{"new-incident", "incident", sekisho.ClassAPT},
	}, usual...), actions: map[string]sekisho.Outcome{"still present": sekisho.OutcomeDetected}},
	{head: "symantec", vendor: "Symantec", format: "symantec", kinds: usual},
	{head: "cybereason", vendor: "Cybereason", format: "cybereason", kinds: append([]kind{{"malop", "malop", sekisho.ClassAPT}}, usual...)},
	{head: "harfanglab", vendor: "HarfangLab", format: "harfanglab", kinds: append([]kind{{"alert", "suspicious_activity", sekisho.ClassSuspiciousFile}}, usual...)},
	{head: "fortinet", in: "fortiedr", vendor: "Fortinet", product: "FortiEDR", format: "fortiedr", kinds: append([]kind{{"malicious", "malware", sekisho.ClassMalware}, {"suspicious", "suspicious_activity", sekisho.ClassSuspiciousFile}, {"inconclusive", "suspicious_activity", sekisho.ClassSuspiciousFile}}, usual...)},
	{head: "mcas", vendor: "Microsoft", product: "Defender for Cloud Apps", format: "mcas", kinds: []kind{{"event_category_login", "login", sekisho.ClassNoise}, {"alert_", "cloud_alert", sekisho.ClassSuspiciousFile}}},
	{head: "opswat", vendor: "OPSWAT", format: "opswat", kinds: usual},
}

var fireeye = []kind{
	{"malware-callback", "c2", sekisho.ClassC2},
	{"domain-match", "c2", sekisho.ClassC2},
	{"infection-match", "malware", sekisho.ClassMalware},
	{"malware-object", "malware", sekisho.ClassMalware},
	{"web-infection", "exploit", sekisho.ClassExploit},
	{"binary-analysis", "malware", sekisho.ClassMalware},
	{"ips-event", "exploit", sekisho.ClassExploit},
	{"riskware", "pua", sekisho.ClassPUA},
	{"malicious email", "phishing", sekisho.ClassMaliciousWeb},
	{"smartvision", "lateral_movement", sekisho.ClassAPT},
}

// find returns the product of a head, or nil.
func find(vendor, name string) *product {
	var buffer [32]byte
	head := buffer[:0]
	for i := 0; i < len(vendor) && i < len(buffer); i++ {
		c := vendor[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		head = append(head, c)
	}
	for i := range products {
		p := &products[i]
		if strings.HasPrefix(string(head), p.head) && (p.in == "" || strings.Contains(strings.ToLower(name), p.in)) {
			if p.head == "trend" && !strings.HasPrefix(string(head), "trend micro") && !strings.HasPrefix(string(head), "trendmicro") && !strings.HasPrefix(string(head), "trendai") {
				continue
			}
			return p
		}
	}
	return nil
}

// quiet reports whether a kind of event is one that a product calls by words of threats without having found one.
func (p *product) quiet(kind string) bool {
	switch p.format {
	case "kaspersky":
		return strings.Contains(kind, "klprci_") || strings.Contains(kind, "klsrv_")
	case "trellix":
		return strings.Contains(kind, "acquisition")
	case "mcas":
		return strings.Contains(kind, "event_category_login")
	case "trendmicro":
		return strings.Contains(kind, "update")
	}
	return false
}
