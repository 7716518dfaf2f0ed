package linux

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
)

// tellKernel reads storage that is plugged in and disks that fail.
func tellKernel(text string, e *sekisho.Event) bool {
	e.Family = "kernel"
	if strings.Contains(text, "USB Mass Storage device detected") {
		e.Class, e.Family, e.Outcome = sekisho.ClassUSB, "usb", sekisho.OutcomeSucceeded
		return true
	}
	return tellDisk(text, e)
}

// failures are words of a disk or array that has failed; signs are those of one that begins to.
var (
	failures = []string{"failed smart", "smart failure", "smart status failed", "failed smart usage", "disk failure on", "degradedarray", "fail event detected", "has degraded", "degraded mode", "volume degraded", "has crashed", "raid degraded", "disk failed", "drive failed", "predictive failure"}
	signs    = []string{"i/o error", "medium error", "unreadable (pending)", "uncorrectable sector", "error count increased", "ata error count", "bad sector", "ext4-fs error", "xfs: corruption", "failed command: read", "failed command: write", "bad block", "self-test failed", "read error corrected"}
)

// tellDisk reads the kernel, smartd, mdadm and NAS by their words for failing disks.
func tellDisk(text string, e *sekisho.Event) bool {
	lower := strings.ToLower(text)
	for _, part := range failures {
		if strings.Contains(lower, part) {
			e.Class, e.Family, e.Outcome = sekisho.ClassSMARTFailure, "disk", sekisho.OutcomeSucceeded
			return true
		}
	}
	for _, part := range signs {
		if strings.Contains(lower, part) {
			e.Class, e.Family, e.Outcome = sekisho.ClassDiskEvent, "disk", sekisho.OutcomeSucceeded
			return true
		}
	}
	return false
}

// tellLease reads "DHCPACK on 192.168.1.5 to 00:11:... (pc1) via eth0" and "DHCPACK(br0) 192.168.1.5 00:11:... pc1".
func tellLease(text string, e *sekisho.Event) bool {
	e.Family, e.Host = "dhcp", ""
	words := strings.Fields(text)
	if len(words) < 3 || !strings.HasPrefix(words[0], "DHCPACK") {
		return false
	}
	if words[1] == "on" && len(words) > 4 {
		e.SrcIP, e.Host = field.Address(words[2]), words[4]
		if name := field.WordBehind(text, " ("); name != "" && strings.HasPrefix(words[min(5, len(words)-1)], "(") {
			e.Host = name
		}
	} else {
		e.SrcIP, e.Host = field.Address(words[1]), words[len(words)-1]
	}
	if e.SrcIP.IsValid() {
		e.Family = sekisho.FamilyLease
	}
	return true
}

// tellClam reads ClamAV: "/srv/a.zip: Win.Test.EICAR_HDB-1 FOUND". It finds and leaves alone, unless told to move or remove.
func tellClam(text string, e *sekisho.Event) bool {
	e.Vendor, e.Product, e.Family = "Cisco", "ClamAV", "update"
	text = strings.TrimSuffix(text, ".")
	if before, found := strings.CutSuffix(text, " FOUND"); found {
		at := strings.LastIndex(before, ": ")
		if at < 0 {
			return false
		}
		e.File, e.Signature = strings.TrimSpace(before[:at]), before[at+2:]
		if name, hash, found := strings.Cut(e.Signature, "("); found {
			e.Signature, e.Hash = name, field.Hash(strings.TrimSuffix(hash, ")"))
		}
		if _, path, dated := strings.Cut(e.File, " -> "); dated { // "Wed Mar  4 10:00:00 2026 -> /srv/a.zip"
			e.File = path
		}
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", sekisho.OutcomeDetected
		if strings.HasPrefix(e.Signature, "PUA.") {
			e.Class, e.Family = sekisho.ClassPUA, "pua"
		}
		return true
	}
	switch lower := strings.ToLower(text); {
	case strings.Contains(text, ": moved to '"), strings.HasSuffix(text, ": Removed"):
		e.File, _, _ = strings.Cut(text, ": ")
		e.Class, e.Family, e.Outcome, e.Signature = sekisho.ClassMalware, "antivirus", sekisho.OutcomeContained, "infected file"
	case strings.Contains(lower, "infected by "):
		e.Signature = field.WordBehind(text, "infected by ")
		e.Class, e.Family, e.Outcome = sekisho.ClassMalware, "antivirus", sekisho.OutcomeDetected
		if strings.Contains(lower, "reject") || strings.Contains(lower, "quarantin") || strings.Contains(lower, "block") {
			e.Outcome = sekisho.OutcomePrevented
		}
	case strings.Contains(lower, "outdated"), strings.HasPrefix(lower, "error"), strings.Contains(lower, "update failed"), strings.Contains(lower, "can't download"), strings.Contains(lower, "older than 7 days"):
		e.Class, e.Family, e.Outcome = sekisho.ClassSensorFault, "sensor_fault", sekisho.OutcomeSucceeded
	}
	return true
}

// looksLikeNAS tells what a Synology calls "System" from other programs of that name.
func looksLikeNAS(text string) bool {
	return strings.HasPrefix(text, "System ") || strings.Contains(text, "Volume ") || strings.Contains(text, "Drive ") || strings.Contains(text, "isk ")
}

// tellNAS reads Synology DSM ("User [admin] from [203.0.113.9] failed to log in via [DSM] due to ..."), QNAP ("conn log: Users:
// admin, Source IP: 203.0.113.9, ... Action: Login Fail") and Buffalo.
func tellNAS(text string, e *sekisho.Event) bool {
	e.Vendor, e.Product, e.Family = "Synology", "DSM", "nas"
	switch e.Code {
	case "qulogd", "qlogd":
		e.Vendor, e.Product = "QNAP", "QTS"
	case "nasapi":
		e.Vendor, e.Product = "Buffalo", "TeraStation"
	}
	e.User = field.WordBehind(text, "User [", "Users: ")
	e.SrcIP = field.Address(field.WordBehind(text, "from [", "Source IP: "))
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "failed to log in"), strings.Contains(lower, "failed to sign in"), strings.Contains(lower, "action: login fail"):
		failed(e, "login")
	case strings.Contains(lower, "logged in successfully"), strings.Contains(lower, "signed in to") && strings.Contains(lower, "success"), strings.Contains(lower, "action: login ok"):
		entered(e, "login", "")
	default:
		return tellDisk(text, e)
	}
	return true
}
