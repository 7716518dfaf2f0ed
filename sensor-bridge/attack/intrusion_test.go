package attack

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestOfSignature_readsGroupAndClassification(t *testing.T) {
	for _, test := range []struct {
		name, classification string
		class                sekisho.Class
		family               string
	}{
		{"ET SCAN Suspicious inbound to mySQL port 3306", "Potentially Bad Traffic", sekisho.ClassScan, "scan"},
		{"ET MALWARE Cobalt Strike Beacon Observed", "Malware Command and Control Activity Detected", sekisho.ClassC2, "c2"},
		{"ET PHISHING Successful Generic Credential Phish", "Successful Credential Theft Detected", sekisho.ClassPhishingPost, "phishing"},
		{"ET INFO Session Traversal Utilities for NAT", "Misc activity", sekisho.ClassNoise, "ips_info"},
		{"ET WEB_SERVER SELECT USER SQL Injection Attempt in URI", "Web Application Attack", sekisho.ClassExploit, "sqli"},
		{"ET CINS Active Threat Intelligence Poor Reputation IP group 7", "Misc Attack", sekisho.ClassScan, "reputation"}, // a list of addresses: no exploit was seen
		{"SURICATA STREAM excessive retransmissions", "Generic Protocol Command Decode", sekisho.ClassNoise, "ips_info"},
		{"local rule of the firm", "", sekisho.ClassExploit, "ips"},
		{"ETPRO TROJAN x", "", sekisho.ClassMalware, "malware"},
	} {
		got := OfSignature(test.name, test.classification)
		if got.Class != test.class || got.Family != test.family {
			t.Errorf("%q, %q: got %s %s, want %s %s", test.name, test.classification, got.Class, got.Family, test.class, test.family)
		}
	}
}
