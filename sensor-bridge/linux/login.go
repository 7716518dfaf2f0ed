package linux

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellSSH reads OpenSSH (sshd, auth.c and packet.c).
func tellSSH(text string, e *sekisho.Event) bool {
	if strings.HasPrefix(text, "pam_") || strings.HasPrefix(text, "PAM ") {
		return tellPAM(text, e)
	}
	text = strings.TrimPrefix(text, "error: ")
	e.Family, e.Protocol = "ssh_login", "tcp"
	e.SrcIP, e.SrcPort = field.Address(field.WordBehind(text, " from ", "Unable to negotiate with ", "Connection from ")), field.Port(field.WordBehind(text, " port "))
	e.User = field.WordBehind(text, "nvalid user ", "authenticating user ", " for ", "User ", "user ")
	if !e.SrcIP.IsValid() && e.User != "" { // "Connection closed by authenticating user root 203.0.113.9 port 1 [preauth]"
		e.SrcIP = field.Address(field.WordBehind(text, "user "+e.User+" ", "closed by ", "reset by "))
	}
	switch {
	case strings.HasPrefix(text, "Accepted "):
		entered(e, "ssh_login", strings.TrimPrefix(text, "Accepted "))
		e.User, e.Verb = field.WordBehind(text, " for "), "Accepted"
	case strings.HasPrefix(text, "Failed none "):
		e.User = field.WordBehind(text, "invalid user ", " for ")
	case strings.HasPrefix(text, "Failed "), strings.HasPrefix(text, "Invalid user "), strings.HasPrefix(text, "maximum authentication"), strings.HasPrefix(text, "PAM: Authentication failure"),
		strings.Contains(text, "not allowed because"), strings.HasPrefix(text, "Bad password attempt"), strings.Contains(text, "by authenticating user"), strings.Contains(text, "by invalid user"), strings.Contains(text, "from authenticating user"),
		strings.Contains(text, "from invalid user"), strings.HasPrefix(text, "Disconnecting") && strings.Contains(text, "Too many authentication"):
		failed(e, "ssh_login")
		if !e.SrcIP.IsValid() {
			e.SrcIP = field.Address(field.WordBehind(text, "user "+e.User+" "))
		}
	case strings.HasPrefix(text, "Did not receive identification"), strings.HasPrefix(text, "Bad protocol version"), strings.HasPrefix(text, "banner exchange"), strings.HasPrefix(text, "Unable to negotiate"):
		e.Class, e.Family, e.Outcome, e.Confidence, e.User = sekisho.ClassScan, "scan", sekisho.OutcomePrevented, 0.7, ""
	default:
		e.User = ""
		return false
	}
	return true
}

// tellPAM reads "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root".
func tellPAM(text string, e *sekisho.Event) bool {
	lower := strings.ToLower(text)
	e.Family = "login"
	switch {
	case strings.Contains(lower, "authentication failure"), strings.Contains(lower, "failed login"), strings.Contains(lower, "check pass; user unknown"):
		failed(e, "login")
		e.User, e.SrcIP = field.WordBehind(text, " user=", " FOR "), field.Address(field.WordBehind(text, "rhost=", " FROM "))
	case strings.Contains(lower, "session opened for user"), strings.Contains(lower, "new session "):
		e.User, e.Verb = field.WordBehind(text, "for user ", "of user "), "session opened"
		e.User, _, _ = strings.Cut(e.User, "(")
	default:
		e.User = field.WordBehind(text, "for user ")
		return false
	}
	return true
}

// tellSudo reads "taro : TTY=pts/0 ; PWD=/home/taro ; USER=root ; COMMAND=/bin/ls".
func tellSudo(text string, e *sekisho.Event) bool {
	if strings.HasPrefix(text, "pam_") {
		return tellPAM(text, e)
	}
	user, rest, found := strings.Cut(text, " : ")
	if !found {
		return false
	}
	e.User, e.Family, e.Process = strings.TrimSpace(user), "privilege", after(rest, "COMMAND=")
	switch {
	case strings.Contains(rest, "incorrect password attempt"), strings.Contains(rest, "NOT in sudoers"), strings.Contains(rest, "command not allowed"), strings.Contains(rest, "not allowed to"):
		failed(e, "privilege")
		e.Signature, _, _ = strings.Cut(rest, " ; ")
		return true
	}
	e.Outcome, e.Signature = sekisho.OutcomeSucceeded, e.Process
	tellCommand(e)
	return true
}

// tellCommand looks for what attackers type.
func tellCommand(e *sekisho.Event) {
	if finding, ok := behaviour.Command(e.Process); ok {
		e.Class, e.Family, e.Confidence, e.Outcome, e.Signature = finding.Class, finding.Family, finding.Confidence, sekisho.OutcomeSucceeded, finding.Signature
	}
}

// tellSu reads "FAILED SU (to root) taro on pts/0" and "Successful su for root by taro".
func tellSu(text string, e *sekisho.Event) bool {
	e.Family = "privilege"
	switch {
	case strings.HasPrefix(text, "FAILED "), strings.HasPrefix(text, "BAD SU "), strings.HasPrefix(text, "- "):
		failed(e, "privilege")
	case strings.HasPrefix(text, "Successful "), strings.HasPrefix(text, "(to "), strings.HasPrefix(text, "+ "):
		e.Outcome = sekisho.OutcomeSucceeded
	default:
		return tellPAM(text, e)
	}
	if e.User = field.WordBehind(text, " by "); e.User == "" {
		e.User = field.WordBehind(text, ") ")
	}
	return true
}

// tellAccount reads shadow-utils: users that come, go and change.
func tellAccount(text string, e *sekisho.Event) bool {
	lower := strings.ToLower(text)
	if strings.HasPrefix(lower, "new ") || strings.HasPrefix(lower, "add ") || strings.HasPrefix(lower, "delete ") || strings.HasPrefix(lower, "change ") || strings.Contains(lower, "password changed") || strings.HasPrefix(lower, "removed ") {
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "account", sekisho.OutcomeSucceeded
		e.User = field.WordBehind(text, "name=", "user '", "add '", " for ")
		return true
	}
	return false
}

// tellBan reads fail2ban: "NOTICE [sshd] Ban 203.0.113.9".
func tellBan(text string, e *sekisho.Event) bool {
	ip := field.Address(field.WordBehind(text, "] Ban ", "] Found ", "] Increase Ban "))
	if !ip.IsValid() {
		return false
	}
	failed(e, "login")
	e.SrcIP, e.Verb = ip, "Ban"
	if strings.Contains(text, "] Found ") {
		e.Verb = "Found"
	}
	return true
}

// tellMail reads logins to mail and file servers.
func tellMail(text string, e *sekisho.Event) bool {
	lower := strings.ToLower(text)
	e.Family = "mail_login"
	e.User, e.SrcIP = field.WordBehind(text, "user=", "sasl_username=", "USER "), field.Address(field.WordBehind(text, "rip=", `Client "`, "from ", "["))
	switch {
	case strings.Contains(lower, "authentication failed"), strings.Contains(lower, "auth failed"), strings.Contains(lower, "fail login"), strings.Contains(lower, "incorrect password"), strings.Contains(lower, "no such user found"), strings.Contains(lower, "login failed"):
		failed(e, "mail_login")
	case strings.Contains(text, "Login: user="), strings.Contains(text, "OK LOGIN"), strings.Contains(text, "sasl_username="):
		e.Outcome = sekisho.OutcomeSucceeded
	default:
		return false
	}
	return true
}

// tellAudit reads the audit daemon: type=USER_LOGIN msg=audit(1772586001.250:89): pid=1 ... addr=203.0.113.9 res=failed'
func tellAudit(text string, e *sekisho.Event) bool {
	kind := field.WordBehind(text, "type=")
	e.Code, e.Family = kind, "audit"
	if when, ok := field.Epoch(field.WordBehind(text, "msg=audit(")[:min(14, len(field.WordBehind(text, "msg=audit(")))]); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.User, e.SrcIP = field.WordBehind(text, "acct="), field.Address(field.WordBehind(text, " addr="))
	bad := strings.Contains(text, "res=failed")
	switch kind {
	case "USER_LOGIN", "USER_AUTH", "USER_ERR":
		if e.Family = "login"; bad {
			failed(e, "login")
		} else if kind == "USER_LOGIN" {
			entered(e, "login", "")
		}
	case "ADD_USER", "DEL_USER", "ADD_GROUP", "DEL_GROUP", "USER_CHAUTHTOK", "USER_MGMT":
		if !bad {
			e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "account", sekisho.OutcomeSucceeded
		}
	case "CONFIG_CHANGE", "DAEMON_END", "MAC_STATUS":
		if strings.Contains(text, "audit_enabled=0") || strings.Contains(text, "enforcing=0") {
			e.Class, e.Family, e.Outcome = sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded
		}
	case "EXECVE":
		var command []string
		for key, value := range field.Pairs(after(text, "): ")) {
			if len(key) > 1 && key[0] == 'a' && key[1] >= '0' && key[1] <= '9' && len(command) < 100 {
				command = append(command, value)
			}
		}
		e.Process, e.Family = strings.Join(command, " "), "process"
		tellCommand(e)
	default:
		e.Process = field.WordBehind(text, " exe=")
	}
	return true
}
