package sensorbridge

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

// The wrong vendor is worse than "unknown": a decoder for PCs and servers leaves alone every record of another vendor's folder.
func TestFormats_leaveAloneWhatIsAnothers(t *testing.T) {
	own := map[string][]string{
		"watchguard_epdr": nil, "symantec": {"symantec"}, "trellix": {"trellix"}, "ocsf": {"ocsf"}, "windows": {"windows", "microsoft_defender"}, "defender": {"microsoft_defender"},
		"crowdstrike": {"crowdstrike"}, "endpoint": {"sentinelone", "carbonblack", "edr_other", "kaspersky", "trellix", "microsoft_defender"},
	}
	files, _ := filepath.Glob(filepath.Join(sample.Folder(t), "*", "*"))
	for name, folders := range own {
		decode, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			vendor, group := filepath.Base(filepath.Dir(file)), filepath.Base(file)
			if slices.Contains(folders, vendor) {
				continue
			}
			for _, c := range sample.Cases(t, vendor+"/"+group) {
				r := sample.Read(c.Input)
				if e := decode(&r); e.Format != FormatUnknown && group != "ocsf_examples_aws_waf" {
					t.Errorf("%s reads %s/%s as %s: %s", name, vendor, group, e.Vendor, c.Input[:min(len(c.Input), 200)])
				}
			}
		}
	}
}
