package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nextRules writes a release of rules, a very small one, that stops one file name.
func nextRules(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"crs-setup.conf.example":                "SecDefaultAction \"phase:1,log,pass\"\nSecDefaultAction \"phase:2,log,pass\"\n",
		"rules/REQUEST-901-INITIALIZATION.conf": "SecAction \"id:901001,phase:1,pass,nolog,ver:'OWASP_CRS/9.9.9'\"\n",
		"rules/REQUEST-930-APPLICATION-ATTACK-LFI.conf": "SecRule REQUEST_FILENAME \"@endsWith /sekisho-secret.txt\" " +
			"\"id:930999,phase:2,deny,log,msg:'Secret file',ver:'OWASP_CRS/9.9.9'\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPolicy_anUpdateComesByShadowAndCanaryAndGoesBack(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir, rules := t.TempDir(), nextRules(t)
	p := serve(t, dir, "--site", "a.example="+origin, "--mode", "block")
	if _, stderr, code := sekisho(t, "policy", "promote", "--crs-dir", rules, "--data-dir", dir); code != 2 || !strings.Contains(stderr, "a.example") {
		t.Errorf("rules that the site's profile does not fit: exit %d %s, want the site named", code, stderr)
	}
	must(t, "site", "set", "a.example", "--profile", "stock", "--data-dir", dir)
	client := p.client()
	ask := func(p *process) int { return get(t, client, "https://a.example/sekisho-secret.txt").status }
	want := func(when string, status int) {
		t.Helper()
		if got := ask(p); got != status {
			t.Errorf("%s: got %d, want %d", when, got, status)
		}
	}
	want("before", http.StatusOK)

	must(t, "policy", "shadow", "--crs-dir", rules, "--percent", "100", "--data-dir", dir)
	var status struct {
		Current, Next, Stage string
		Shadow               *struct {
			Compared int `json:"compared"`
			Stricter int `json:"only_next_stops"`
			Rules    []struct {
				Rule     int `json:"rule"`
				OnlyNext int `json:"only_next"`
			} `json:"rules"`
		}
	}
	eventually(t, "a difference in the shadow", func() bool {
		want("in shadow", http.StatusOK)
		if err := json.Unmarshal([]byte(must(t, "policy", "status", "--json", "--data-dir", dir)), &status); err != nil {
			t.Fatal(err)
		}
		return status.Shadow != nil && status.Shadow.Stricter > 0
	})
	if len(status.Shadow.Rules) != 1 || status.Shadow.Rules[0].Rule != 930999 || status.Stage != "shadow" {
		t.Errorf("the shadow says %+v, want rule 930999 alone", status.Shadow)
	}

	must(t, "policy", "canary", "--percent", "100", "--data-dir", dir)
	want("as a canary", http.StatusForbidden)
	must(t, "policy", "rollback", "--data-dir", dir)
	want("taken back", http.StatusOK)

	must(t, "policy", "promote", status.Next, "--data-dir", dir)
	want("promoted", http.StatusForbidden)
	p.stop()
	p = serve(t, dir)
	client = p.client()
	want("after a restart", http.StatusForbidden)
	if list := must(t, "policy", "versions", "--data-dir", dir); !strings.Contains(list, status.Current) || !strings.Contains(list, "previous") {
		t.Errorf("versions: got\n%s", list)
	}
	must(t, "policy", "rollback", "--data-dir", dir)
	want("rolled back", http.StatusOK)

	empty := t.TempDir()
	if _, stderr, code := sekisho(t, "policy", "promote", "--crs-dir", empty, "--data-dir", dir); code != 2 || !strings.Contains(stderr, "crs-setup.conf.example") {
		t.Errorf("an empty folder: exit %d %s", code, stderr)
	}
	if _, stderr, code := sekisho(t, "policy", "canary", "crs-9.9.9-00000000", "--data-dir", dir); code != 2 || !strings.Contains(stderr, "not found") {
		t.Errorf("an unknown version: exit %d %s", code, stderr)
	}
}
