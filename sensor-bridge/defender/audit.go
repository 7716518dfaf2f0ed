package defender

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// isAudit tells the unified audit log of Microsoft 365, also with its names in lower case.
func isAudit(o *line.Object) bool {
	return o.Has("Operation") && o.Has("CreationTime") && (o.Has("RecordType") || o.Has("Workload")) && (o.Has("UserId") || o.Has("OrganizationId")) ||
		o.Has("operation") && o.Has("creationtime") && (o.Has("recordtype") || o.Has("workload")) && (o.Has("userid") || o.Has("organizationid"))
}

// tellAudit reads who did what in Microsoft 365.
func tellAudit(o *line.Object, e *sekisho.Event) {
	operation := o.String("Operation", "operation")
	e.Code, e.Family = operation, strings.ToLower(o.String("Workload", "workload"))
	if e.Family == "" {
		e.Family = "audit"
	}
	e.User, e.UserAgent = o.String("UserId", "userid"), o.String("UserAgent", "useragent")
	e.SrcIP, e.SrcPort = field.AddressPort(o.String("ClientIP", "clientip", "ClientIPAddress", "ActorIpAddress"))
	e.File = o.String("SourceFileName", "ObjectId", "objectid")
	if strings.HasPrefix(e.File, "http") {
		e.URL = e.File
	}
	lowered := strings.ToLower(operation)
	set := func(class sekisho.Class, family string, outcome sekisho.Outcome, signature string) {
		e.Class, e.Family, e.Outcome, e.Signature = class, family, outcome, signature
	}
	switch {
	case lowered == "userloginfailed":
		set(sekisho.ClassLoginFailure, "login", sekisho.OutcomePrevented, o.String("LogonError", "logonerror"))
	case lowered == "userloggedin":
		e.Family, e.Outcome = "login", sekisho.OutcomeSucceeded
	case lowered == "set-mailbox", lowered == "new-inboxrule", lowered == "set-inboxrule", lowered == "updateinboxrules":
		set(sekisho.ClassConfigChange, "mail_rule", sekisho.OutcomeSucceeded, operation)
		if to := forward(o); to != "" {
			e.Signature = "mail is forwarded to " + to
			if outside(to, cmp.Or(o.String("UserId", "userid"), o.String("organizationname"))) {
				e.Class, e.Family = sekisho.ClassDLP, "mail_forwarding"
			}
		}
	case strings.HasPrefix(lowered, "addedtosecurelink"), strings.HasPrefix(lowered, "sharingset"), strings.HasPrefix(lowered, "anonymouslink"), strings.HasPrefix(lowered, "sharinginvitation"), strings.HasPrefix(lowered, "securelink"):
		e.Family, e.Signature = "sharing", strings.TrimSpace(operation+" "+o.String("TargetUserOrGroupName"))
		if o.String("TargetUserOrGroupType") == "Guest" || strings.HasPrefix(lowered, "anonymouslinkcreated") {
			e.Class, e.Outcome = sekisho.ClassDLP, sekisho.OutcomeSucceeded
		}
	case strings.Contains(lowered, "malware"), strings.Contains(lowered, "threatintel"), strings.HasPrefix(lowered, "ti"):
		set(sekisho.ClassMalware, "malware", sekisho.OutcomeDetected, o.String("VirusInfo", "DetectionMethod", "Operation"))
	case strings.HasPrefix(lowered, "add "), strings.HasPrefix(lowered, "update "), strings.HasPrefix(lowered, "delete "), strings.HasPrefix(lowered, "remove "), strings.HasPrefix(lowered, "set "), strings.HasPrefix(lowered, "disable "), strings.HasPrefix(lowered, "consent "),
		strings.HasPrefix(lowered, "reset "), strings.HasPrefix(lowered, "change "), strings.HasPrefix(lowered, "set-"), strings.HasPrefix(lowered, "new-"), strings.HasPrefix(lowered, "remove-"), strings.HasPrefix(lowered, "add-"), strings.HasPrefix(lowered, "enable-"), strings.HasPrefix(lowered, "disable-"):
		set(sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded, strings.TrimSuffix(operation, "."))
		if result := strings.ToLower(o.String("ResultStatus", "resultstatus")); strings.HasPrefix(result, "fail") || result == "false" {
			e.Outcome = sekisho.OutcomePrevented
		}
		o.Get("ModifiedProperties").ForEach(func(_, item gjson.Result) bool {
			if item.Get("Name").String() == "StrongAuthenticationMethod" && item.Get("NewValue").String() == "[]" {
				e.Class, e.Family, e.Signature = sekisho.ClassTampering, "mfa", "the second factor was removed"
			}
			return true
		})
	}
}

// forward returns where a rule or mailbox sends mail.
func forward(o *line.Object) (to string) {
	for _, name := range []string{"Parameters", "parameters"} {
		o.Get(name).ForEach(func(_, item gjson.Result) bool {
			switch item.Get("Name").String() {
			case "ForwardingSmtpAddress", "ForwardTo", "RedirectTo", "ForwardAsAttachmentTo", "ForwardingAddress":
				to = strings.TrimPrefix(item.Get("Value").String(), "smtp:")
			}
			return to == ""
		})
	}
	return to
}

// outside reports whether mail leaves the firm: the last two words of the domain differ from the sender's, or its first word
// is none of the firm's under onmicrosoft.com.
func outside(to, user string) bool {
	_, target, found := strings.Cut(strings.ToLower(to), "@")
	if !found {
		return false
	}
	_, own, _ := strings.Cut(strings.ToLower(user), "@")
	own = strings.TrimSuffix(strings.TrimSuffix(own, ".onmicrosoft.com"), ".onmicrosoft")
	target, _, _ = strings.Cut(target, ";")
	if own == "" || target == own || strings.HasSuffix(target, "."+own) {
		return false
	}
	return !strings.HasPrefix(target, own+".") && !strings.Contains(target, "."+own+".")
}

// tellIntune reads what administrators of Intune did, and what it says of devices.
func tellIntune(category string, o *line.Object, e *sekisho.Event) {
	e.Code, e.Family = o.String("operationName"), "device_management"
	e.User, e.Host = o.String("identity", "properties.Actor.UPN", "properties.UserName"), o.String("properties.DeviceHostName", "properties.DeviceName")
	if category == "AuditLogs" {
		e.Class, e.Family, e.Outcome = sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded
		e.Signature = strings.TrimSpace(e.Code + " " + strings.ReplaceAll(o.String("properties.TargetDisplayNames.0"), "<null>", ""))
		e.File = strings.ReplaceAll(o.String("properties.TargetDisplayNames.0"), "<null>", "")
		if strings.EqualFold(o.String("resultType"), "Failure") {
			e.Outcome = sekisho.OutcomePrevented
		}
		if strings.HasPrefix(e.Code, "Get ") {
			e.Class, e.Outcome = sekisho.ClassNoise, sekisho.OutcomeUnknown
		}
		return
	}
	if strings.Contains(o.String("properties.AlertType"), "Not Compliant") {
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassSensorFault, "not_compliant", sekisho.OutcomeSucceeded, o.String("properties.AlertDisplayName")
	}
}

// tellSignIn reads a sign-in to Entra ID.
func tellSignIn(o *line.Object, e *sekisho.Event) {
	e.Family, e.User, e.SrcIP = "login", o.String("properties.userPrincipalName", "identity"), field.Address(o.String("properties.ipAddress", "callerIpAddress"))
	e.UserAgent, e.Code = o.String("properties.userAgent"), o.String("resultType", "properties.status.errorCode")
	if e.Outcome = sekisho.OutcomeSucceeded; e.Code != "0" && e.Code != "" {
		e.Class, e.Outcome, e.Signature = sekisho.ClassLoginFailure, sekisho.OutcomePrevented, o.String("resultDescription", "properties.status.failureReason")
	}
}

func first2(a, b netip.Addr) netip.Addr {
	if a.IsValid() {
		return a
	}
	return b
}
