package radware

import (
	"testing"

	"github.com/sekisho-waf/sekisho/sensor-bridge/sample"
)

func TestDecode_readsTheSamples(t *testing.T) {
	sample.Check(t, Decode, "waf_thirdparty/sc4s_radware", map[string]sample.Want{
		"test_radware_sample_1": {"class": "noise", "code": "M_00796"},
		"test_radware_sample_2": {"class": "exploit", "outcome": "prevented", "src_ip": "92.1.1.1", "dst_ip": "206.1.1.1", "dst_port": 53, "signature": "DNS-named-version-attempt-UDP", "verb": "drop"},
	})
}

func FuzzDecode(f *testing.F) {
	sample.Fuzz(f, Decode, []string{`M_20000: 2 attacks of type "x" Attack name: y; Action: drop.`}, "waf_thirdparty/sc4s_radware")
}
