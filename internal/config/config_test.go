package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadFile_namesTheMistakeAndTheWayOut(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"unknown key", "https: :443\nportl: :9090\n", "sekisho.yaml:2: unknown key portl; did you mean portal?"},
		{"unknown site key", "sites:\n  - host: a.example\n    origen: http://127.0.0.1\n", "sekisho.yaml:3: unknown key origen; did you mean origin?"},
		{"key twice", "http: :80\nhttp: :81\n", "http"},
		{"not YAML", "http: [\n", "not YAML"},
		{"a group for a value", "http:\n  port: 80\n", "http: use one value"},
		{"site without origin", "sites:\n  - host: a.example\n", "a site needs host and origin"},
		{"bad mode", "mode: watch\n", `mode "watch": use detect, block, off`},
		{"bad network", "trusted_proxies: [10.0.0.0/8, home]\n", `"home" is not a network such as 10.0.0.0/8`},
		{"sites is a word", "sites: none\n", "use a list of sites"},
		{"secret file missing", "redis_url_file: /does/not/exist\n", "/does/not/exist cannot be read"},
		{"top level list", "- a\n", "use keys and values"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := Default()
			err := cfg.ReadFile(writeFile(t, test.yaml))
			if err == nil || !strings.Contains(err.Error(), test.want) || sekisho.KindOf(err) != sekisho.KindInvalid {
				t.Errorf("got %v, want an invalid error with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("got an error of several lines: %q", err)
			}
		})
	}
}

func TestConfig_flagBeatsVariableBeatsFile(t *testing.T) {
	cfg := Default()
	if err := cfg.ReadFile(writeFile(t, "http: :1001\nhttps: :1002\nportal: 127.0.0.1:1003\n")); err != nil {
		t.Fatal(err)
	}
	if err := cfg.ReadEnvironment([]string{"SEKISHO_HTTPS=:2002", "SEKISHO_PORTAL=127.0.0.1:2003", "SEKISHO_TEST_SHARED=x", "PATH=/bin"}); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Set("portal", "127.0.0.1:3003"); err != nil {
		t.Fatal(err)
	}
	got := []string{cfg.HTTP, cfg.HTTPS, cfg.Portal}
	want := []string{":1001", ":2002", "127.0.0.1:3003"}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReadEnvironment_refusesAMisspeltVariable(t *testing.T) {
	cfg := Default()
	err := cfg.ReadEnvironment([]string{"SEKISHO_DATADIR=/srv"})
	if err == nil || !strings.Contains(err.Error(), "did you mean SEKISHO_DATA_DIR?") {
		t.Errorf("got %v, want the nearest name", err)
	}
}

func TestYAML_roundTripsAndHidesSecrets(t *testing.T) {
	secretFile := filepath.Join(t.TempDir(), "redis")
	if err := os.WriteFile(secretFile, []byte("redis://:hunter2@127.0.0.1:6379\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	if err := cfg.ReadFile(writeFile(t, `
redis_url_file: `+secretFile+`
mode: block
trusted_proxies: [10.0.0.0/8, 192.0.2.1]
drain_timeout: 3s
sites:
  - host: shop.example
    origin: http://127.0.0.1:8080
    tenant: yamada
    fail_mode: open
    profile: stock
    paranoia_level: 2
`)); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := string(cfg.RedisURL); got != "redis://:hunter2@127.0.0.1:6379" {
		t.Errorf("got secret %q from its file", got)
	}
	printed := string(cfg.YAML())
	if strings.Contains(printed, "hunter2") || !strings.Contains(printed, "[redacted]") {
		t.Errorf("got %s, want the secret redacted", printed)
	}
	again := Default()
	if err := again.ReadFile(writeFile(t, printed)); err != nil {
		t.Fatalf("the printed configuration cannot be read: %v\n%s", err, printed)
	}
	again.RedisURL = cfg.RedisURL
	if got := string(again.YAML()); got != printed {
		t.Errorf("got after a round trip\n%s\nwant\n%s", got, printed)
	}
	if site := again.Sites[0]; site.Policy == nil || site.Policy.ParanoiaLevel != 2 || site.Policy.Profile != sekisho.ProfileStock || site.FailMode == nil || *site.FailMode != sekisho.FailOpen {
		t.Errorf("got site %+v", site)
	}
}

func TestValidate_namesTheKey(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"address", func(c *Config) { c.HTTPS = "443" }, `https "443"`},
		{"portal url", func(c *Config) { c.PortalURL = "portal.example" }, "portal_url"},
		{"redis url", func(c *Config) { c.RedisURL = "hunter2" }, "redis_url"},
		{"database url", func(c *Config) { c.DatabaseURL = "mysql://u:hunter2@db/sekisho" }, "database_url"},
		{"database url without a database", func(c *Config) { c.DatabaseURL = "postgres://u:hunter2@db" }, "database_url"},
		{"retention", func(c *Config) { c.Storage.RetentionDays = -1 }, "retention_days"},
		{"quota", func(c *Config) { c.Storage.QuotaBytes = 10 }, "quota_bytes"},
		{"log level", func(c *Config) { c.LogLevel = "loud" }, "log_level"},
		{"log format", func(c *Config) { c.LogFormat = "xml" }, "log_format"},
		{"spool", func(c *Config) { c.SpoolBytes = 1 }, "spool_bytes"},
		{"drain", func(c *Config) { c.DrainTimeout = 0 }, "drain_timeout"},
		{"same host twice", func(c *Config) {
			c.Sites = []Site{{Host: "a.example", Origin: "http://127.0.0.1"}, {Host: "a.example", Origin: "http://127.0.0.2"}}
		}, "site a.example: given twice"},
		{"origin", func(c *Config) { c.Sites = []Site{{Host: "a.example", Origin: "ftp://x"}} }, "scheme must be http or https"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := Default()
			test.change(&cfg)
			err := cfg.Validate()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q named", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got a secret in the error: %v", err)
			}
		})
	}
}

func TestNearest_findsTheMisspeltWord(t *testing.T) {
	for word, want := range map[string]string{"portl": "portal", "htpp": "http", "datadir": "data_dir", "": "http"} {
		if got := Nearest(word, []string{"http", "https", "portal", "data_dir"}); got != want {
			t.Errorf("Nearest(%q): got %q, want %q", word, got, want)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add("http: :80\nsites:\n  - host: a.example\n    origin: http://127.0.0.1\n")
	f.Add("a: &x\n  b: *x\n")
	f.Add("? [a]\n: b")
	f.Fuzz(func(t *testing.T, content string) {
		cfg := Default()
		if err := cfg.ReadFile(writeFile(t, content)); err != nil && sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("got %v (%s), want an invalid error", err, sekisho.KindOf(err))
		}
	})
}
