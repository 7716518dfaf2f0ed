// Package defender reads what the clouds of Microsoft send: alerts of Defender XDR and of the Graph security API, the tables of
// advanced hunting as they are streamed, Intune, sign-ins of Entra ID, and the unified audit log of Microsoft 365.
//
// What the antivirus writes on the PC itself stands in package windows.
package defender

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one alert or event.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if !r.JSON() {
		return false
	}
	o := r.Object()
	category := o.String("category", "Category")
	switch {
	case strings.HasPrefix(category, "AdvancedHunting-"):
		begin(e, "Defender XDR", "defender_xdr")
		tellHunting(strings.TrimPrefix(category, "AdvancedHunting-"), &fields{o, "properties."}, e)
		tellTime(e, o.String("properties.Timestamp", "time"))
	case o.Has("operationName") && o.Has("properties") && (category == "AuditLogs" || category == "OperationalLogs" || category == "DeviceComplianceOrg" || category == "Devices") && (o.Has("properties.AuditEventId") || o.Has("tenantId")):
		begin(e, "Intune", "intune")
		tellIntune(category, o, e)
		tellTime(e, o.String("time"))
	case o.Has("operationName") && (category == "SignInLogs" || category == "NonInteractiveUserSignInLogs") && o.Has("properties"):
		begin(e, "Entra ID", "entra_signin")
		tellSignIn(o, e)
		tellTime(e, o.String("properties.createdDateTime", "time"))
	case isAlert(o):
		begin(e, "Defender XDR", "defender_alert")
		tellAlert(o, e)
		tellTime(e, o.String("firstActivityDateTime", "firstEventTime", "eventDateTime", "createdDateTime", "alertCreationTime"))
	case o.Has("ActionType") && o.Has("DeviceName") && (o.Has("Timestamp") || o.Has("TimeGenerated")) && (o.Has("DeviceId") || o.Has("ReportId")):
		begin(e, "Defender XDR", "defender_xdr")
		tellHunting(o.String("Type"), &fields{o, ""}, e)
		tellTime(e, o.String("Timestamp", "TimeGenerated"))
	case isAudit(o):
		begin(e, "Microsoft 365", "m365_audit")
		tellAudit(o, e)
		tellTime(e, o.String("CreationTime", "creationtime"))
	default:
		return false
	}
	return true
}

func begin(e *sekisho.Event, product, format string) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "Microsoft", product, format
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "telemetry"
}

// tellTime reads a time of the cloud: UTC, whether it says so or not.
func tellTime(e *sekisho.Event, s string) {
	if when, _, ok := field.Time(s, time.UTC); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
}

// fields looks up members within a wrapper.
type fields struct {
	o      *line.Object
	prefix string
}

func (f *fields) text(names ...string) string {
	for _, name := range names {
		if s := f.o.String(f.prefix + name); s != "" {
			return s
		}
	}
	return ""
}

// isAlert tells the alerts of the Graph security API (v2 and the older ones) and of Defender for Endpoint by their own words.
func isAlert(o *line.Object) bool {
	if !o.Has("title") || !o.Has("severity") {
		return false
	}
	switch {
	case o.Has("serviceSource") || o.Has("providerAlertId"):
		return o.Has("createdDateTime") || o.Has("status")
	case o.Has("vendorInformation"):
		return strings.Contains(o.String("vendorInformation.vendor"), "Microsoft")
	}
	return o.Has("investigationState") && o.Has("machineId") || o.Has("computerDnsName") && o.Has("alertCreationTime")
}

// tellAlert reads an alert. What was done stands with its evidence.
func tellAlert(o *line.Object, e *sekisho.Event) {
	e.Signature, e.Severity, e.Category = o.String("title"), o.String("severity"), o.String("category")
	if name := o.String("productName", "vendorInformation.provider"); name != "" {
		e.Product = name
	} else if source := o.String("serviceSource"); strings.HasPrefix(source, "microsoft") {
		e.Product = "Microsoft " + spaced(strings.TrimPrefix(source, "microsoft"))
	}
	e.Code = o.String("detectorId", "detectionSource", "serviceSource")
	var ok bool
	if e.Class, e.Family, ok = behaviour.Threat(e.Signature, e.Category, o.String("threatName"), o.String("threatFamilyName")); !ok {
		e.Class, e.Family = sekisho.ClassSuspiciousFile, "suspicious_activity"
		if lowered := strings.ToLower(e.Category + e.Signature); strings.Contains(lowered, "anonymous") || strings.Contains(lowered, "unfamiliar") || strings.Contains(lowered, "impossible travel") {
			e.Class, e.Family = sekisho.ClassNewCountryVPN, "sign_in"
		}
	}
	e.Host, e.User = o.String("computerDnsName", "hostStates.0.fqdn", "hostStates.0.netBiosName"), o.String("userStates.0.userPrincipalName", "userStates.0.accountName", "relatedUser.userName")
	e.File = o.String("fileStates.0.path", "fileStates.0.name")
	e.Hash = field.Hash(o.String("fileStates.0.fileHash.hashValue"))
	e.SrcIP, e.DstIP = field.Address(o.String("networkConnections.0.sourceAddress", "userStates.0.logonIp")), field.Address(o.String("networkConnections.0.destinationAddress"))
	e.URL = o.String("networkConnections.0.destinationUrl", "networkConnections.0.destinationDomain")
	statuses := ""
	o.Get("evidence").ForEach(func(_, item gjson.Result) bool {
		statuses += " " + strings.ToLower(item.Get("remediationStatus").String()+" "+item.Get("detectionStatus").String()+" "+item.Get("remediationStatusDetails").String())
		tellEvidence(item, e)
		return len(statuses) < 4096
	})
	if strings.EqualFold(o.String("severity"), "informational") && e.Class == sekisho.ClassSuspiciousFile {
		e.Confidence = 0.6
	}
	e.Outcome = outcomeOf(statuses, e.Signature)
	e.Verb = strings.TrimSpace(firstWord(statuses))
}

// outcomeOf reads what was done with each piece of evidence: one piece that is still active outweighs what was cleaned, and
// what was cleaned outweighs what was prevented. Without evidence the title says it.
func outcomeOf(statuses, title string) sekisho.Outcome {
	if statuses = strings.TrimSpace(statuses); statuses == "" {
		statuses = strings.ToLower(title)
		if strings.Contains(statuses, "active") && !strings.Contains(statuses, "blocked") && !strings.Contains(statuses, "prevented") {
			return sekisho.OutcomeDetected
		}
		statuses = strings.ReplaceAll(strings.ReplaceAll(statuses, "active", ""), "detected", "")
	}
	switch {
	case strings.Contains(statuses, "unremediated"), strings.Contains(statuses, "active"), strings.Contains(statuses, "pending"), strings.Contains(statuses, "partially"), strings.Contains(statuses, "declined"), strings.Contains(statuses, "running"):
		return sekisho.OutcomeDetected
	case strings.Contains(statuses, "remediated"), strings.Contains(statuses, "quarantined"):
		return sekisho.OutcomeContained
	case strings.Contains(statuses, "prevented"), strings.Contains(statuses, "blocked"):
		return sekisho.OutcomePrevented
	}
	return sekisho.OutcomeDetected
}

func firstWord(s string) string {
	for word := range strings.FieldsSeq(s) {
		if word != "none" && word != "unknown" {
			return word
		}
	}
	return ""
}

// tellEvidence takes the first of each thing out of the pieces of evidence, of the Graph API and of Defender for Endpoint.
func tellEvidence(item gjson.Result, e *sekisho.Event) {
	keep := func(to *string, paths ...string) {
		for _, path := range paths {
			if s := item.Get(path).String(); *to == "" && s != "" {
				*to = s
			}
		}
	}
	keep(&e.Host, "deviceDnsName", "hostName")
	keep(&e.User, "userAccount.userPrincipalName", "userAccount.accountName", "userPrincipalName", "accountName", "mailboxPrimaryAddress")
	keep(&e.Process, "processCommandLine")
	keep(&e.URL, "url")
	if e.File == "" {
		folder, name := item.Get("fileDetails.filePath").String()+item.Get("filePath").String(), item.Get("fileDetails.fileName").String()+item.Get("fileName").String()
		if folder == "" {
			folder, name = item.Get("imageFile.filePath").String(), item.Get("imageFile.fileName").String()
		}
		e.File = joined(folder, name)
	}
	if e.Hash == "" {
		e.Hash = field.Hash(item.Get("fileDetails.sha256").String(), item.Get("imageFile.sha256").String(), item.Get("sha256").String(), item.Get("fileDetails.sha1").String(), item.Get("sha1").String())
	}
	if ip := field.Address(item.Get("ipAddress").String()); ip.IsValid() && !e.SrcIP.IsValid() && !e.DstIP.IsValid() {
		if e.SrcIP = ip; e.Class == sekisho.ClassC2 {
			e.SrcIP, e.DstIP = e.DstIP, ip
		}
	}
}

func joined(folder, name string) string {
	switch {
	case folder == "":
		return name
	case name == "" || strings.HasSuffix(folder, name):
		return folder
	case strings.Contains(folder, "/"):
		return strings.TrimSuffix(folder, "/") + "/" + name
	}
	return strings.TrimSuffix(folder, `\`) + `\` + name
}

// spaced makes words of DefenderForIdentity.
func spaced(s string) string {
	var out strings.Builder
	for i, r := range s {
		if i > 0 && r >= 'A' && r <= 'Z' {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return strings.ReplaceAll(out.String(), " For ", " for ")
}
