// Package windows reads the event logs of Windows: Security, System, PowerShell, Microsoft Defender Antivirus, Sysmon and the
// logs of devices, in each of the ways in which they are sent: XML, JSON of Winlogbeat and of the Elastic Common Schema, flat
// JSON (NXLog, Fluent Bit, Azure), and the lines of Snare.
//
// Each way gives an [event]; what its number means stands in security.go, sysmon.go, defender.go and system.go.
package windows

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/behaviour"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// event is one record of an event log, however it came.
type event struct {
	id       int
	provider string // Microsoft-Windows-Security-Auditing
	channel  string // Security
	host     string
	user     string // of the record, where its data name none
	time     string
	level    string
	data     field.Set // the named values
	message  string    // the rendered text, where nothing else is there
}

// Decode reads one record of an event log.
func Decode(r *line.Record, e *sekisho.Event) bool {
	var w event
	switch {
	case r.JSON():
		if !w.readJSON(r.Object()) {
			return false
		}
	case r.XML() || strings.Contains(r.Body[:min(len(r.Body), 80)], "<Event"):
		if !w.readXML(r.Body) {
			return false
		}
	default:
		if !w.readSnare(r) {
			return false
		}
	}
	w.tell(r, e)
	return true
}

func (w *event) tell(r *line.Record, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceEDR, "Microsoft", "Windows", "windows_event"
	e.Class, e.Outcome, e.Family = sekisho.ClassNoise, sekisho.OutcomeUnknown, "system"
	e.Code, e.Severity, e.Host, e.User = number(w.id), severityOf(w.level), w.host, w.user
	field.TellTime(e, r.Zone, w.time)
	switch provider, channel := w.provider, w.channel; {
	case strings.Contains(provider, "Sysmon") || strings.Contains(channel, "Sysmon"):
		w.tellSysmon(e)
	case strings.Contains(provider, "Windows Defender") || strings.Contains(channel, "Windows Defender") || strings.HasPrefix(provider, "Microsoft Antimalware"):
		w.tellDefender(e)
	case strings.HasSuffix(provider, "Security-Auditing") || strings.HasSuffix(provider, "Windows-Eventlog") || channel == "Security" || provider == "Security":
		w.tellSecurity(e)
	case strings.Contains(provider, "PowerShell") || strings.Contains(channel, "PowerShell"):
		w.tellPowerShell(e)
	default:
		w.tellSystem(e)
	}
}

// ran says what a process that was started is up to.
func ran(e *sekisho.Event, command, image string) {
	if e.Process = command; command == "" {
		e.Process = image
	}
	if finding, ok := behaviour.Command(e.Process); ok {
		e.Class, e.Family, e.Signature, e.Confidence, e.Outcome = finding.Class, finding.Family, finding.Signature, finding.Confidence, sekisho.OutcomeSucceeded
		if finding.Class == sekisho.ClassMalware || finding.Class == sekisho.ClassC2 || finding.Class == sekisho.ClassRansomware {
			e.Outcome = sekisho.OutcomeDetected // it was started; whether it did what it was to do, nobody saw
		}
	}
}

// set says what an event means.
func set(e *sekisho.Event, class sekisho.Class, family string, outcome sekisho.Outcome) {
	e.Class, e.Family, e.Outcome = class, family, outcome
}

// text returns the first named value that is there; Windows writes "-" for none. Spaces, underscores and case of names do
// not count: the ways of sending differ in them.
func (w *event) text(names ...string) string {
	for _, name := range names {
		for i := range w.data {
			if value := w.data[i].Value; sameName(w.data[i].Key, name) && value != "" && value != "-" && value != "N/A" {
				return value
			}
		}
	}
	return ""
}

func sameName(key, name string) bool {
	k := 0
	for i := range len(name) {
		for k < len(key) && (key[k] == ' ' || key[k] == '_') {
			k++
		}
		if k == len(key) || lower(key[k]) != lower(name[i]) {
			return false
		}
		k++
	}
	return k == len(key)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// account returns DOMAIN\name, or the name alone where the domain says nothing.
func account(domain, name string) string {
	if name == "" || domain == "" || domain == "." || strings.ContainsAny(name, `\@`) {
		return name
	}
	return domain + `\` + name
}

func severityOf(level string) string {
	switch strings.ToLower(level) {
	case "1", "critical", "重大":
		return "Critical"
	case "2", "error", "エラー":
		return "Error"
	case "3", "warning", "warn", "警告":
		return "Warning"
	case "4", "0", "information", "info", "informational", "情報", "audit_success", "success audit":
		return "Information"
	case "5", "verbose":
		return "Verbose"
	}
	return level
}

// utc reads the time that Sysmon writes: UTC without saying so.
func utc(s string) (time.Time, bool) {
	when, _, ok := field.Time(s, time.UTC)
	return when, ok
}
