package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

const sensorLog = `<189>date=2026-03-04 time=10:00:00 devname="fw" vd="root" logid="0419016384" type="utm" subtype="ips" action="dropped" attack="x" srcip=203.0.113.7 dstip=192.168.1.10
<13>Mar  4 10:00:01 relay last message repeated 3 times
something nobody knows password=hunter2
`

func runSensors(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newSensors()
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestSensorsParse_printsAnEventPerRecord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.gz")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(sensorLog))
	_ = w.Close()
	if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"parse", "-", "--json"}, {"parse", file, "--json", "--zone", "Asia/Tokyo"}} {
		out, err := runSensors(t, sensorLog, args...)
		if err != nil {
			t.Fatal(err)
		}
		var events []sekisho.Event
		for line := range strings.Lines(out) {
			var e sekisho.Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			events = append(events, e)
		}
		if len(events) != 3 || events[0].Vendor != "Fortinet" || events[0].Time.Hour() != 1 || events[1].Count != 3 || events[1].Vendor != "Fortinet" ||
			events[2].Format != "unknown" || strings.Contains(out, "hunter2") || events[0].ID == "" {
			t.Errorf("%v: got\n%s", args, out)
		}
	}
}

func TestSensorsParse_saysWhatCannotWork(t *testing.T) {
	for _, args := range [][]string{{"parse", "/nowhere"}, {"parse", "-", "--format", "flibber"}, {"parse", "-", "--zone", "Mars/Olympus"}, {"parse"}} {
		if out, err := runSensors(t, "", args...); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%v: got %v, %q, want KindInvalid", args, err, out)
		}
	}
	out, err := runSensors(t, sensorLog, "parse", "-", "--format", "watchguard_firebox")
	if err != nil || strings.Count(out, "unknown ") != 6 {
		t.Errorf("got %v\n%s\nwant three records that are no Firebox's", err, out)
	}
}
