package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommands_workWithAndWithoutARunningProcess does the same work over the socket and on the bare database.
func TestCommands_workWithAndWithoutARunningProcess(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{true, false} {
		t.Run(map[bool]string{true: "running", false: "not running"}[running], func(t *testing.T) {
			dir := t.TempDir()
			if running {
				serve(t, dir)
			}
			run := func(args ...string) string { t.Helper(); return must(t, append(args, "--data-dir", dir)...) }
			run("tenant", "add", "yamada", "--name", "やまだ工務店")
			if got := run("tenant", "list"); !strings.Contains(got, "やまだ工務店") {
				t.Errorf("tenant list: got %s", got)
			}
			run("site", "add", "--tenant", "yamada", "日本語.jp", "http://127.0.0.1:8080", "--mode", "block", "--trust-origin")
			if _, stderr, code := sekisho(t, "site", "add", "xn--wgv71a119e.jp", "http://127.0.0.1:1", "--data-dir", dir); code != 2 || !strings.Contains(stderr, "already there") {
				t.Errorf("adding a host twice: exit %d %s", code, stderr)
			}
			run("site", "set", "xn--wgv71a119e.jp", "--origin", "http://127.0.0.1:9090", "--trust-origin", "--paranoia-level", "2")
			var site struct {
				Origin        string `json:"origin"`
				Mode          string `json:"mode"`
				EffectiveMode string `json:"effective_mode"`
				Policy        struct {
					ParanoiaLevel int `json:"paranoia_level"`
				} `json:"policy"`
			}
			if err := json.Unmarshal([]byte(run("site", "show", "日本語.jp")), &site); err != nil {
				t.Fatal(err)
			}
			if site.Origin != "http://127.0.0.1:9090" || site.Mode != "block" || site.EffectiveMode != "block" || site.Policy.ParanoiaLevel != 2 {
				t.Errorf("site show: got %+v", site)
			}
			importSites(t, dir, run)
			run("site", "remove", "日本語.jp")
			if _, stderr, code := sekisho(t, "site", "show", "日本語.jp", "--data-dir", dir); code != 2 || !strings.Contains(stderr, "not found") {
				t.Errorf("showing a removed site: exit %d %s", code, stderr)
			}
			if got := run("incidents", "--json", "--since", "24h"); strings.TrimSpace(got) != "[]" {
				t.Errorf("incidents of an empty house: got %s, want []", got)
			}
			if got := run("events", "--json"); got != "" {
				t.Errorf("events of an empty house: got %s, want nothing", got)
			}
			if got := run("login-link", "--user", "op@example.com", "--operator"); !strings.Contains(got, "/login?token=") {
				t.Errorf("login link: got %s", got)
			}
			if got := run("migrate"); !strings.Contains(got, "is at schema") {
				t.Errorf("migrate: got %s", got)
			}
			var status struct {
				Running bool `json:"running"`
				Sites   int  `json:"sites"`
			}
			if err := json.Unmarshal([]byte(run("status", "--json")), &status); err != nil {
				t.Fatal(err)
			}
			if status.Running != running || status.Sites != 2 {
				t.Errorf("status: got %+v, want running=%v and 2 sites", status, running)
			}
		})
	}
}

// importSites also shows that a file with one bad site changes nothing.
func importSites(t *testing.T, dir string, run func(...string) string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sites.yaml")
	write := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("sites:\n  - {host: one.example, origin: 'http://127.0.0.1:1', tenant: yamada}\n  - {host: two.example, origin: 'ftp://127.0.0.1:1'}\n")
	if _, stderr, code := sekisho(t, "site", "import", file, "--data-dir", dir); code != 2 || !strings.Contains(stderr, "two.example") {
		t.Errorf("importing a bad file: exit %d %s", code, stderr)
	}
	if got := run("site", "list"); strings.Contains(got, "one.example") {
		t.Errorf("a bad file added a site:\n%s", got)
	}
	write("sites:\n  - {host: one.example, origin: 'http://127.0.0.1:1', tenant: yamada}\n  - {host: two.example, origin: 'http://127.0.0.1:1'}\n")
	run("site", "import", file)
}

func TestConfig_checkAndPrint(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(file, []byte("redis_url: redis://:hunter2@127.0.0.1:6379\nsites:\n  - host: a.example\n    origin: http://127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := must(t, "config", "check", "--config", file); !strings.Contains(got, "1 sites") {
		t.Errorf("config check: got %s", got)
	}
	if got := must(t, "config", "print", "--config", file, "--https", ":4443"); strings.Contains(got, "hunter2") || !strings.Contains(got, `https: ":4443"`) || !strings.Contains(got, "a.example") {
		t.Errorf("config print: got %s", got)
	}
}
