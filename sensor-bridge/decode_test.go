package sensorbridge

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func decodeText(s string) sekisho.Event {
	r := sample.Read(s)
	return Decode(&r)
}

func TestDecode_keepsWhatNobodyKnows(t *testing.T) {
	sample.Compare(t, decodeText("<13>Apr 15 10:12:13 host something nobody knows password=hunter2"), sample.Want{
		"format": "unknown", "class": "noise", "outcome": "unknown", "action": "", "vendor": nil, "marks": []string{MarkUnparsed},
		"device": "host", "raw": "<13>Apr 15 10:12:13 host something nobody knows password=[redacted]", "count": 1,
		"time": "2025-04-15T10:12:13Z", "time_trust": "year_assumed",
	})
}

func TestDecode_saysTheActionInTheWordsOfTheProxy(t *testing.T) {
	const head = `<1>date=2026-03-04 time=10:00:00 vd="root" logid="0419016384" type="utm" subtype="ips" attack="x" `
	for verb, want := range map[string]string{"dropped": "blocked", "detected": "detected", "flibber": "detected"} {
		sample.Compare(t, decodeText(head+"action="+verb), sample.Want{"action": want, "verb": verb})
	}
	sample.Compare(t, decodeText(`<1>date=2026-03-04 time=10:00:00 vd="root" logid="0000000013" type="traffic" action="accept"`), sample.Want{"action": "passed"})
}

func TestDecode_countsWhatARelayFolded(t *testing.T) {
	e := decodeText(`<1>Apr 15 10:12:13 relay a: message repeated 7 times: [ date=2026-03-04 time=10:00:00 vd="root" logid="1" type="traffic" action="deny"]`)
	if e.Count != 7 || e.Vendor != "Fortinet" {
		t.Errorf("got count %d of %q, want 7 of Fortinet", e.Count, e.Vendor)
	}
}

func TestDecode_marksWhatWasCut(t *testing.T) {
	e := decodeText("<13>" + strings.Repeat("x", 1020))
	sample.Compare(t, e, sample.Want{"marks": []string{MarkUnparsed, MarkCut}})
}

func TestFind_namesTheFormats(t *testing.T) {
	if _, err := Find("flibber"); sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(sekisho.MessageOf(err), "fortinet_fortigate") {
		t.Errorf("got %v, want KindInvalid that names the formats", err)
	}
	decode, err := Find("fortinet_fortigate")
	if err != nil {
		t.Fatal(err)
	}
	r := line.Read([]byte("{}"), line.Origin{Received: time.Now()})
	if e := decode(&r); e.Format != FormatUnknown {
		t.Errorf("got format %q, want unknown", e.Format)
	}
}
