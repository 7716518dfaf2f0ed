package e2e

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// known are testssl's remarks that are not about what we speak.
var known = map[string]string{
	"engine_problem":     "the OpenSSL of the machine that tests",
	"secure_renego":      "its OpenSSL cannot tell; Go offers no renegotiation at all",
	"cert_revocation":    "the local authority has no revocation service",
	"DNS_CAArecord":      "localhost has none",
	"TLS_session_ticket": "crypto/tls promises a week; its keys change daily, and only TLS 1.3, which agrees on new keys each time, is given tickets",
}

// TestTLS_hasNoWarningOfTestssl lets testssl.sh look at protocols, ciphers, forward secrecy, server defaults and known
// attacks.
func TestTLS_hasNoWarningOfTestssl(t *testing.T) {
	t.Parallel()
	testenv.Programs(t, "testssl")
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "localhost="+origin)
	_, port, err := net.SplitHostPort(p.https)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "testssl.json")
	output, err := exec.CommandContext(t.Context(), "testssl", "--quiet", "--warnings", "off", "--color", "0", "--ip", "127.0.0.1", "--add-ca", filepath.Join(dir, "ca", "ca.crt"),
		"-p", "-s", "-f", "-P", "-S", "-U", "--severity", "LOW", "--jsonfile", file, "https://localhost:"+port).CombinedOutput()
	content, readErr := os.ReadFile(file)
	if readErr != nil {
		t.Fatalf("testssl: %v\n%s", err, output)
	}
	var findings []struct{ ID, Severity, Finding string }
	if err := json.Unmarshal(content, &findings); err != nil {
		t.Fatalf("testssl wrote %s: %v", content, err)
	}
	for _, finding := range findings {
		if why, ok := known[finding.ID]; ok {
			t.Logf("%s %s: %s (%s)", finding.Severity, finding.ID, finding.Finding, why)
			continue
		}
		t.Errorf("%s %s: %s", finding.Severity, finding.ID, finding.Finding)
	}
	if len(findings) == 0 {
		t.Error("testssl remarked on nothing, not even what it always does: did it look?")
	}
}
