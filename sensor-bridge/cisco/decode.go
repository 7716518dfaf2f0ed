// Package cisco reads what devices of Cisco say by syslog: ASA, FTD and Firepower, IOS, IOS XE and NX-OS by their
// %FACILITY-n-MNEMONIC, and Meraki MX in its own form, Umbrella in JSON.
//
// The digit in the mnemonic is a syslog level and says nothing of an attack; the message number or mnemonic decides (Cisco
// Secure Firewall ASA Series Syslog Messages; Meraki, "Syslog Event Types and Log Samples").
package cisco

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one message.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if r.JSON() {
		return decodeUmbrella(r, e)
	}
	if m, ok := findMnemonic(r.Raw); ok {
		e.Source, e.Vendor, e.Severity, e.Code = sekisho.SourceUTM, "Cisco", m.level, m.facility+"-"+m.name
		switch m.facility {
		case "ASA", "PIX", "FWSM":
			e.Product, e.Format, e.Code = "ASA", "cisco_asa", m.name
			tellASA(m, e)
		case "FTD", "NGIPS":
			e.Product, e.Format, e.Code = "FTD", "cisco_ftd", m.name
			if strings.HasPrefix(m.name, "43000") {
				tellFTD(m.name, pairs(m.text), e)
			} else {
				tellASA(m, e)
			}
		default:
			e.Product, e.Format = "IOS", "cisco_ios"
			tellIOS(m, e)
		}
		return true
	}
	if strings.HasPrefix(r.App, "SFIMS") || strings.HasPrefix(r.Body, "SFIMS:") {
		e.Source, e.Vendor, e.Product, e.Format = sekisho.SourceUTM, "Cisco", "Firepower", "cisco_ftd"
		tellSFIMS(strings.TrimPrefix(strings.TrimPrefix(r.Body, "SFIMS:"), " "), e)
		return true
	}
	return decodeMeraki(r, e)
}

// mnemonic is %FACILITY-level-NAME: text.
type mnemonic struct {
	facility, level, name, text string
}

// findMnemonic finds the mnemonic behind whatever headers a device and its relays put before it.
func findMnemonic(s string) (m mnemonic, ok bool) {
	head := s[:min(len(s), 400)]
	for at := strings.IndexByte(head, '%'); at >= 0 && at < len(head); {
		if m, ok := readMnemonic(s[at+1:]); ok {
			return m, true
		}
		next := strings.IndexByte(head[at+1:], '%')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return m, false
}

// readMnemonic reads ASA-3-106014: ..., SEC_LOGIN-4-LOGIN_FAILED: ..., SYSMGR-STANDBY-3-SHUTDOWN_START: ...
func readMnemonic(s string) (m mnemonic, ok bool) {
	end := strings.IndexAny(s, ": ") // NX-OS and IOS XR put a space before the colon, or have none
	if end < 5 || end > 80 {
		return m, false
	}
	tag := s[:end]
	for i := range len(tag) {
		c := tag[i]
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' && c != '/' {
			return m, false
		}
	}
	last := strings.LastIndexByte(tag, '-')
	if last < 2 {
		return m, false
	}
	middle := strings.LastIndexByte(tag[:last], '-')
	if middle < 1 || last-middle != 2 || tag[middle+1] < '0' || tag[middle+1] > '7' || tag[0] < 'A' || tag[0] > 'Z' {
		return m, false
	}
	return mnemonic{facility: tag[:middle], level: tag[middle+1 : last], name: tag[last+1:], text: strings.TrimLeft(s[end:], " :")}, true
}

// endpoint takes "outside:203.0.113.7/4000" to its address and port; without an interface it stays as it is.
func endpoint(s string) string {
	if at := strings.IndexByte(s, ':'); at > 0 && !field.Address(s).IsValid() {
		if ip, _ := field.AddressPort(s[at+1:]); ip.IsValid() {
			return s[at+1:]
		}
	}
	return s
}

// flow puts both ends of a connection into the event.
func flow(e *sekisho.Event, from, to string) {
	e.SrcIP, e.SrcPort = field.AddressPort(endpoint(from))
	e.DstIP, e.DstPort = field.AddressPort(endpoint(to))
}

// pairs reads "Name: value, Name: value" as FTD and Firepower write it.
func pairs(s string) field.Set {
	var set field.Set
	for part := range strings.SplitSeq(s, ", ") {
		name, value, found := strings.Cut(part, ": ")
		if found && len(set) < 200 {
			set = append(set, struct{ Key, Value string }{strings.TrimSpace(name), strings.Trim(value, `"`)})
		}
	}
	return set
}
