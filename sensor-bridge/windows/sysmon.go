package windows

import (
	"cmp"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellSysmon reads Sysmon. It reports what happens and judges nothing: most of it is noise.
func (w *event) tellSysmon(e *sekisho.Event) {
	e.Product, e.Format = "Sysmon", "sysmon"
	if when, ok := utc(w.text("UtcTime")); ok {
		e.Time, e.Trust = when, sekisho.TimeExact
	}
	e.User = cmp.Or(w.text("User", "SourceUser"), e.User)
	e.Process = w.text("Image", "SourceImage")
	e.Hash = field.Hash(w.text("Hashes", "Hash"))
	if rule := w.text("RuleName"); rule != "" && rule != "-" {
		e.Signature = rule
	}
	switch w.id {
	case 1:
		e.Family, e.File = "process", w.text("Image")
		ran(e, w.text("CommandLine"), w.text("Image"))
	case 2:
		e.Family, e.File = "file", w.text("TargetFilename")
	case 3:
		e.Family = "network"
		e.SrcIP, e.SrcPort = field.Address(w.text("SourceIp")), field.Port(w.text("SourcePort"))
		e.DstIP, e.DstPort = field.Address(w.text("DestinationIp")), field.Port(w.text("DestinationPort"))
		e.Protocol, e.URL = field.Protocol(w.text("Protocol")), w.text("DestinationHostname")
	case 4, 255:
		e.Family = "sensor"
		if w.id == 255 || strings.EqualFold(w.text("State"), "Stopped") {
			set(e, sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded)
			e.Signature = cmp.Or(w.text("Description"), "Sysmon stopped")
		}
	case 6, 7:
		e.Family, e.File = "image", w.text("ImageLoaded")
		if w.id == 6 && strings.EqualFold(w.text("Signed"), "false") {
			set(e, sekisho.ClassSuspiciousFile, "driver", sekisho.OutcomeSucceeded)
			e.Signature, e.Confidence = "unsigned driver loaded", 0.7
		}
	case 8:
		e.Family, e.File = "process", w.text("TargetImage")
		set(e, sekisho.ClassSuspiciousFile, "injection", sekisho.OutcomeDetected)
		e.Signature, e.Confidence = cmp.Or(e.Signature, "a thread was started in another process"), 0.6 // T1055
	case 9:
		e.Family, e.File = "file", w.text("Device")
	case 10:
		e.Family, e.File = "process", w.text("TargetImage")
		if strings.HasSuffix(strings.ToLower(e.File), `\lsass.exe`) && dumps(w.text("GrantedAccess")) {
			set(e, sekisho.ClassMalware, "credential_theft", sekisho.OutcomeDetected)
			e.Signature, e.Confidence = "reads the memory of lsass", 0.7 // T1003.001
		}
	case 11, 15, 23, 26, 29:
		e.Family, e.File = "file", w.text("TargetFilename")
	case 12, 13, 14:
		e.Family, e.File = "registry", w.text("TargetObject")
		registry(e, e.File, w.text("Details"))
	case 16:
		set(e, sekisho.ClassConfigChange, "config", sekisho.OutcomeSucceeded)
		e.Signature = "Sysmon configuration changed"
	case 17, 18:
		e.Family, e.File = "pipe", w.text("PipeName")
	case 19, 20, 21:
		set(e, sekisho.ClassSuspiciousFile, "persistence", sekisho.OutcomeSucceeded)
		e.Signature, e.Confidence = "WMI subscription", 0.7 // T1546.003
		if command := w.text("Destination"); command != "" {
			ran(e, command, "")
		}
	case 22:
		e.Family, e.URL = "dns", w.text("QueryName")
	case 25:
		set(e, sekisho.ClassMalware, "injection", sekisho.OutcomeDetected)
		e.Signature, e.Confidence = "process image was replaced ("+w.text("Type")+")", 0.7 // T1055.012
	case 27, 28:
		e.File = w.text("TargetFilename")
		set(e, sekisho.ClassSuspiciousFile, "suspicious_activity", sekisho.OutcomePrevented)
		e.Signature = "file was blocked"
	}
}

// dumps reports whether rights to lsass are those that the usual tools ask for.
func dumps(access string) bool {
	switch strings.ToLower(access) {
	case "0x1010", "0x1410", "0x1438", "0x143a", "0x1418", "0x1f0fff", "0x1f1fff", "0x1f2fff", "0x1f3fff", "0x1fffff":
		return true
	}
	return false
}

// registry says what a value that was written means, where it is one of those that intruders write.
func registry(e *sekisho.Event, key, value string) {
	lowered := strings.ToLower(key)
	switch {
	case strings.Contains(lowered, `\windows defender\`) && (strings.Contains(lowered, "disable") || strings.Contains(lowered, "exclusions")) && !strings.Contains(value, "0x00000000"):
		set(e, sekisho.ClassTampering, "tampering", sekisho.OutcomeSucceeded)
		e.Signature = "Microsoft Defender switched off or told to look away"
	case strings.Contains(lowered, `\currentversion\run\`), strings.Contains(lowered, `\currentversion\runonce\`), strings.Contains(lowered, `\image file execution options\`) && strings.HasSuffix(lowered, `\debugger`),
		strings.Contains(lowered, `\winlogon\shell`), strings.Contains(lowered, `\winlogon\userinit`):
		set(e, sekisho.ClassConfigChange, "persistence", sekisho.OutcomeSucceeded)
		e.Signature = "starts with Windows: " + value
	}
}
