package behaviour

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestThreat_knowsTheNamesOfProducts(t *testing.T) {
	for _, test := range []struct {
		words  string
		class  sekisho.Class
		family string
	}{
		{"Ransom:Win32/Conti.A", sekisho.ClassRansomware, "ransomware"},
		{"Win32/Filecoder.WannaCryptor.D", sekisho.ClassRansomware, "ransomware"},
		{"PUA:Win32/Presenoker", sekisho.ClassPUA, "pua"},
		{"not-a-virus:AdWare.Win32.Agent", sekisho.ClassPUA, "pua"},
		{"Trojan:Win32/Wacatac.B!ml", sekisho.ClassMalware, "malware"},
		{"HackTool:Win32/Mimikatz.D", sekisho.ClassMalware, "credential_theft"},
		{"Backdoor.PHP.WebShell", sekisho.ClassWebShell, "web_shell"},
		{"不正プログラム", sekisho.ClassMalware, "malware"},
		{"CommandAndControl", sekisho.ClassC2, "c2"},
		{"LateralMovement", sekisho.ClassAPT, "lateral_movement"},
	} {
		if class, family, ok := Threat("", test.words); !ok || class != test.class || family != test.family {
			t.Errorf("%s: got %s %s, %t, want %s %s", test.words, class, family, ok, test.class, test.family)
		}
	}
	if class, _, ok := Threat("rule 7", ""); ok {
		t.Errorf("got %s, want nothing", class)
	}
}
