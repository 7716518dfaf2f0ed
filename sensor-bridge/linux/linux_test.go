package linux

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	for _, c := range sample.Cases(t, "linux/sc4s_linux_syslog") {
		sample.Expect(t, Decode, c.Input, sample.Want{"class": "noise", "vendor": "Linux", "code": "cron"}, true)
	}
	for _, c := range sample.Cases(t, "buffalo/sc4s_buffalo") {
		sample.Expect(t, Decode, c.Input, sample.Want{"class": "noise", "vendor": "Buffalo"}, true)
	}
	for _, folder := range []string{"fortinet/sc4s_fortinet_ngfw", "linux/sc4s_ossec", "cisco/sc4s_cisco_ios", "juniper/sc4s_juniper_junos_rfc3164", "mikrotik/sc4s_mikrotik", "waf_thirdparty/sc4s_f5_bigip", "sophos/sc4s_sophos_firewall_xg", "watchguard_firebox/datadog_tests"} {
		for _, c := range sample.Cases(t, folder) {
			sample.Expect(t, Decode, c.Input, nil, true)
		}
	}
}

func TestDecode_readsPrograms(t *testing.T) {
	const head = "<38>Mar  4 10:00:00 srv1 "
	for _, test := range []struct {
		name, input string
		want        sample.Want
	}{
		{"wrong password", head + "sshd[1]: Failed password for invalid user oracle from 203.0.113.9 port 40000 ssh2", sample.Want{"class": "login_failure", "outcome": "prevented", "user": "oracle", "src_ip": "203.0.113.9", "src_port": 40000, "host": "srv1"}},
		{"gave up", head + "sshd[1]: Connection closed by authenticating user root 203.0.113.9 port 40000 [preauth]", sample.Want{"class": "login_failure", "user": "root", "src_ip": "203.0.113.9"}},
		{"in", head + "sshd[1]: Accepted password for taro from 192.168.1.5 port 40000 ssh2", sample.Want{"class": "noise", "outcome": "succeeded", "user": "taro"}},
		{"in from outside", head + "sshd[1]: Accepted password for root from 203.0.113.9 port 40000 ssh2", sample.Want{"class": "admin_login_external", "outcome": "succeeded", "user": "root"}},
		{"PAM", head + "sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root", sample.Want{"class": "login_failure", "user": "root", "src_ip": "203.0.113.9"}},
		{"scan", head + "sshd[1]: Did not receive identification string from 203.0.113.9 port 40000", sample.Want{"class": "scan", "src_ip": "203.0.113.9"}},
		{"sudo", head + "sudo:     taro : TTY=pts/0 ; PWD=/home/taro ; USER=root ; COMMAND=/bin/ls", sample.Want{"class": "noise", "user": "taro", "process": "/bin/ls"}},
		{"sudo refused", head + "sudo:     taro : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", sample.Want{"class": "login_failure", "outcome": "prevented", "user": "taro"}},
		{"su", head + "su[1]: FAILED SU (to root) taro on pts/0", sample.Want{"class": "login_failure", "user": "taro"}},
		{"new user", head + "useradd[1]: new user: name=mallory, UID=1001, GID=1001, home=/home/mallory, shell=/bin/sh", sample.Want{"class": "config_change", "user": "mallory"}},
		{"ClamAV", head + "clamd[1]: /srv/share/a.zip: Win.Test.EICAR_HDB-1 FOUND", sample.Want{"class": "malware", "outcome": "detected", "file": "/srv/share/a.zip", "signature": "Win.Test.EICAR_HDB-1", "product": "ClamAV"}},
		{"old signatures", head + "freshclam[1]: WARNING: Your ClamAV installation is OUTDATED!", sample.Want{"class": "sensor_fault"}},
		{"SMART", head + "smartd[1]: Device: /dev/sda [SAT], FAILED SMART self-check. BACK UP DATA NOW!", sample.Want{"class": "smart_failure", "outcome": "succeeded", "host": "srv1"}},
		{"sectors", head + "smartd[1]: Device: /dev/sda [SAT], 8 Currently unreadable (pending) sectors", sample.Want{"class": "disk_event"}},
		{"kernel", head + "kernel: [123.4] blk_update_request: I/O error, dev sda, sector 123", sample.Want{"class": "disk_event"}},
		{"USB", head + "kernel: usb-storage 1-1:1.0: USB Mass Storage device detected", sample.Want{"class": "usb"}},
		{"lease", head + "dhcpd[1]: DHCPACK on 192.168.1.20 to 00:11:22:33:44:55 (pc1) via eth0", sample.Want{"family": "dhcp_lease", "src_ip": "192.168.1.20", "host": "pc1"}},
		{"lease of dnsmasq", head + "dnsmasq-dhcp[1]: DHCPACK(br0) 192.168.1.20 00:11:22:33:44:55 pc1", sample.Want{"family": "dhcp_lease", "src_ip": "192.168.1.20", "host": "pc1"}},
		{"mail", head + "postfix/smtpd[1]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", sample.Want{"class": "login_failure", "src_ip": "203.0.113.9"}},
		{"fail2ban", head + "fail2ban.actions[1]: NOTICE [sshd] Ban 203.0.113.9", sample.Want{"class": "login_failure", "src_ip": "203.0.113.9"}},
		{"audit", `type=USER_LOGIN msg=audit(1772586001.250:89): pid=1 uid=0 msg='op=login acct="root" exe="/usr/sbin/sshd" hostname=? addr=203.0.113.9 terminal=ssh res=failed'`, sample.Want{"class": "login_failure", "user": "root", "src_ip": "203.0.113.9", "time": "2026-03-04T01:00:01.25Z"}},
		{"Synology", head + "Connection: User [admin] from [203.0.113.9] failed to log in via [DSM] due to authorization failure.", sample.Want{"class": "login_failure", "vendor": "Synology", "user": "admin", "src_ip": "203.0.113.9"}},
		{"QNAP", head + "qulogd[1]: conn log: Users: admin, Source IP: 203.0.113.9, Computer name: ---, Connection type: HTTP, Accessed resources: Administration, Action: Login Fail", sample.Want{"class": "login_failure", "vendor": "QNAP", "src_ip": "203.0.113.9"}},
		{"degraded", head + "System: System Volume 1 has degraded.", sample.Want{"class": "smart_failure", "vendor": "Synology"}},
		{"nobody's", head + "myapp[1]: hello", nil},
	} {
		t.Run(test.name, func(t *testing.T) { sample.Expect(t, Decode, test.input, test.want, true) })
	}
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{"<1>Mar  4 10:00:00 h sshd[1]: Failed password for a from 1.1.1.1 port 1 ssh2", "<1>Mar  4 10:00:00 h dhcpd: DHCPACK on a to b (c", "type=EXECVE msg=audit(1:1): a0=x a1=y", "<1>Mar  4 10:00:00 h clamd: a: b(c FOUND"}, "linux/*")
}
