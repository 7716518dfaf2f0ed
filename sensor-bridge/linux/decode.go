// Package linux reads what servers, NAS and Unix machines say by syslog of what matters here: logins, rights, accounts,
// disks, USB storage, leases, and the finds of ClamAV.
//
// Every program writes in its own words and says nothing of severity; the name of the program decides how its words are
// read. A program that is not known is left alone.
package linux

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// programs are the readers by the program's name. A reader returns false for words that it does not know; the line is then
// noise.
var programs = map[string]func(text string, e *sekisho.Event) bool{
	"sshd": tellSSH, "sshd-session": tellSSH, "dropbear": tellSSH, "sshd-auth": tellSSH,
	"sudo": tellSudo, "su": tellSu, "login": tellPAM, "gdm-password]": tellPAM, "systemd-logind": tellPAM, "polkitd": tellPAM,
	"useradd": tellAccount, "adduser": tellAccount, "usermod": tellAccount, "userdel": tellAccount, "groupadd": tellAccount, "passwd": tellAccount, "chpasswd": tellAccount, "gpasswd": tellAccount,
	"cron": nil, "crond": nil, "anacron": nil, "systemd": nil, "ntpd": nil, "chronyd": nil, "rsyslogd": nil, "syslogd": nil, "syslog-ng": nil, "dhclient": nil, "dbus-daemon": nil,
	"kernel": tellKernel, "smartd": tellDisk, "mdadm": tellDisk, "mdmonitor": tellDisk,
	"dhcpd": tellLease, "dnsmasq-dhcp": tellLease,
	"clamd": tellClam, "clamscan": tellClam, "clamdscan": tellClam, "clamonacc": tellClam, "clamav-milter": tellClam, "freshclam": tellClam, "clamav": tellClam,
	"fail2ban": tellBan, "fail2ban.actions": tellBan, "fail2ban.filter": tellBan, "fail2ban-server": tellBan,
	"postfix/smtpd": tellMail, "smtpd": tellMail, "dovecot": tellMail, "vsftpd": tellMail, "proftpd": tellMail, "pure-ftpd": tellMail,
	"audit": tellAudit, "auditd": tellAudit, "audispd": tellAudit, "qulogd": tellNAS, "qlogd": tellNAS, "Connection": tellNAS, "System": tellNAS, "nasapi": tellNAS,
}

// Decode reads one line.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.JSON() || r.CEF != nil || r.LEEF != nil || r.App == "" && r.Priority < 0 && !strings.HasPrefix(r.Body, "type=") {
		return false
	}
	name, text := r.App, r.Body
	if at := strings.LastIndexByte(name, '/'); at >= 0 && name != "postfix/smtpd" {
		name = name[at+1:]
	}
	if strings.HasPrefix(name, "postfix/") {
		name = "postfix/smtpd"
	}
	read, known := programs[name]
	switch {
	case strings.HasPrefix(text, "type=") && strings.Contains(text, "msg=audit("):
		read, known = tellAudit, true
	case !known && strings.HasPrefix(text, "nasapi["):
		name, read, known = "nasapi", tellNAS, true
	case !known && strings.HasPrefix(text, "pam_unix("):
		read, known = tellPAM, true
	}
	if !known || name == "System" && !looksLikeNAS(text) || name == "Connection" && !strings.HasPrefix(text, "User [") {
		return false
	}
	e.Source, e.Vendor, e.Product, e.Code = sekisho.SourceEDR, "Linux", name, name
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "system", sekisho.OutcomeUnknown
	e.Host, e.Signature = r.Host, text
	if read != nil {
		read(text, e)
	}
	return true
}

// failed marks a login that was refused.
func failed(e *sekisho.Event, family string) {
	e.Class, e.Family, e.Outcome = sekisho.ClassLoginFailure, family, sekisho.OutcomePrevented
}

// entered marks a login that worked. From the internet it is worth a look, by key less than by password.
func entered(e *sekisho.Event, family, method string) {
	e.Family, e.Outcome = family, sekisho.OutcomeSucceeded
	if e.SrcIP.IsValid() && !field.Inside(e.SrcIP) {
		e.Class = sekisho.ClassAdminLoginExternal
		if strings.HasPrefix(method, "publickey") {
			e.Confidence = 0.7
		}
	}
}

func after(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}
