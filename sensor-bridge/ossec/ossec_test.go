package ossec

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	for _, c := range sample.Cases(t, "linux/sc4s_ossec") {
		sample.Expect(t, Decode, c.Input, sample.Want{"vendor": "OSSEC", "source": "edr"}, true)
	}
	for _, folder := range []string{"linux/sc4s_linux_syslog", "crowdstrike/panther_crowdstrike_rules", "osquery/panther_osquery_rules", "suricata/sc4s_suricata"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsGroupsAndLevels(t *testing.T) {
	const head = "<132>Mar  4 10:00:00 manager ossec: "
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"changed file", head + `Alert Level: 7; Rule: 552 - Integrity checksum changed again (3rd time).; Location: so1->syscheck; classification: ossec,syscheck,; Current SHA1: '1b1f0eaa6884e8398fd6ab92d9ebd96705d00a6b'; Integrity checksum changed for: '/etc/firewalld/zones/public.xml'`, sample.Want{
			"class": "config_change", "file": "/etc/firewalld/zones/public.xml", "hash": "1b1f0eaa6884e8398fd6ab92d9ebd96705d00a6b", "host": "so1", "severity": "7", "rule_ids": []int{552},
		}},
		{"wrong password", head + `Alert Level: 5; Rule: 5716 - SSHD authentication failed.; Location: srv1->/var/log/secure; classification: syslog,sshd,authentication_failed,; srcip: 203.0.113.9; user: root; Mar  4 10:00:00 srv1 sshd[1]: x`, sample.Want{"class": "login_failure", "outcome": "prevented", "src_ip": "203.0.113.9", "user": "root"}},
		{"Wazuh", `{"timestamp":"2026-03-04T10:00:01.250+0900","rule":{"level":10,"description":"sshd: brute force","id":"5763","groups":["syslog","sshd","authentication_failures"]},"agent":{"id":"1","name":"srv1"},"manager":{"name":"wz"},"data":{"srcip":"203.0.113.9","dstuser":"root"}}`, sample.Want{
			"class": "login_failure", "src_ip": "203.0.113.9", "user": "root", "host": "srv1", "device": "wz", "severity": "10", "time": "2026-03-04T01:00:01.25Z",
		}},
		{"Wazuh, malware", `{"timestamp":"2026-03-04T10:00:01.250+0900","rule":{"level":12,"description":"VirusTotal: Alert","id":"87105","groups":["virustotal"]},"agent":{"name":"pc1"},"data":{"virustotal":{"source":{"file":"/tmp/a"}}}}`, sample.Want{"class": "malware", "outcome": "detected", "file": "/tmp/a"}},
		{"nobody's", `{"rule":"x","level":3}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`ossec: Alert Level: 3; Rule: 1 - x; Location: (a) 1.1.1.1->b;`, `{"rule":{"level":3,"description":"x"},"agent":{}}`}, "linux/*")
}
