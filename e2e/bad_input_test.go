package e2e

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadInput_isOneLineThatNamesTheThing runs command lines that cannot work: exit code 2, one line, the thing named,
// and nothing left behind.
func TestBadInput_isOneLineThatNamesTheThing(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	file := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	notADirectory := file("data", "")
	ports := []string{"--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--portal", "127.0.0.1:0"}
	serveWith := func(args ...string) []string { return append(append([]string{"serve"}, ports...), args...) }

	tests := []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"serv"}, `did you mean "sekisho serve"`},
		{"unknown subcommand", []string{"site", "ad"}, `did you mean "sekisho site add"`},
		{"unknown flag", []string{"serve", "--portl", ":1"}, "did you mean --portal?"},
		{"missing argument", []string{"site", "add", "a.example"}, "ORIGIN_URL is missing"},
		{"too many arguments", []string{"site", "remove", "a.example", "b.example"}, `unexpected argument "b.example"`},
		{"site without origin", serveWith("--site", "a.example"), "HOST=ORIGIN_URL"},
		{"bad origin", serveWith("--site", "a.example=ftp://b"), "scheme must be http or https"},
		{"bad host", serveWith("--site", "a_b..example=http://127.0.0.1"), "host"},
		{"same host twice", serveWith("--site", "a.example=http://127.0.0.1", "--site", "A.example.=http://127.0.0.2"), "host a.example is given twice"},
		{"bad mode", serveWith("--mode", "watch"), "--mode"},
		{"bad address", serveWith("--https", "443"), "https"},
		{"port in use", []string{"serve", "--http", taken.Addr().String(), "--https", "127.0.0.1:0", "--portal", "127.0.0.1:0"}, taken.Addr().String()},
		{"portal port in use", []string{"serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--portal", taken.Addr().String()}, taken.Addr().String()},
		{"data directory is a file", serveWith("--data-dir", notADirectory), notADirectory},
		{"broken config", serveWith("--config", file("c.yaml", "htps: :1\n")), "c.yaml:1: unknown key htps; did you mean https?"},
		{"no such config", serveWith("--config", "/does/not/exist.yaml"), "/does/not/exist.yaml"},
		{"no such data directory", []string{"events", "--data-dir", "/does/not/exist"}, "/does/not/exist"},
		{"bad event number", []string{"events", "--id", "12", "--data-dir", t.TempDir()}, "not an event number"},
		{"bad language", []string{"incidents", "--lang", "fr", "--data-dir", t.TempDir()}, "--lang"},
		{"unknown user", []string{"login-link", "--user", "a@b.example", "--data-dir", t.TempDir()}, "--operator or --tenant"},
		{"bad e-mail", []string{"login-link", "--user", "owner", "--data-dir", t.TempDir()}, "e-mail address"},
		{"bad tenant", []string{"tenant", "add", "Yamada Inc", "--data-dir", t.TempDir()}, "lower-case letters"},
		{"bad duration", []string{"incidents", "--since", "yesterday", "--data-dir", t.TempDir()}, "--since"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			dir := filepath.Join(t.TempDir(), "fresh")
			if args[0] == "serve" && !strings.Contains(strings.Join(args, " "), "--data-dir") {
				args = append(args, "--data-dir", dir)
			}
			stdout, stderr, code := sekisho(t, args...)
			if code != 2 || !strings.Contains(stderr, test.want) || strings.Count(strings.TrimSpace(stderr), "\n") != 0 || stdout != "" {
				t.Errorf("exit %d\nstdout %q\nstderr %q\nwant exit 2 and one line with %q", code, stdout, stderr, test.want)
			}
		})
	}
}

func TestServe_refusesADatabaseOfANewerVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, "tenant", "add", "yamada", "--data-dir", dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "sekisho.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO sekisho_schema (version, name, applied) VALUES (9999, 'later', 0)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := sekisho(t, "serve", "--data-dir", dir, "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--portal", "127.0.0.1:0")
	if code != 2 || !strings.Contains(stderr, "9999") || !strings.Contains(stderr, "newer") {
		t.Errorf("exit %d, %q; want exit 2 and the newer schema named", code, stderr)
	}
}

func TestServe_refusesTheDataDirectoryOfAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serve(t, dir)
	_, stderr, code := sekisho(t, "serve", "--data-dir", dir, "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--portal", "127.0.0.1:0")
	if code != 2 || !strings.Contains(stderr, "another sekisho is using it") {
		t.Errorf("exit %d, %q; want exit 2 and the reason", code, stderr)
	}
}
