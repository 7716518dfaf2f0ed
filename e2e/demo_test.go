package e2e

import (
	"bufio"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDemo_isAWholeHouseInOneCommand does what the demo's own text says to try.
func TestDemo_isAWholeHouseInOneCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(binary, "demo", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--portal", "127.0.0.1:0", "--data-dir", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	log := &lockedBuffer{}
	cmd.Stderr = log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := &lockedBuffer{}
	exited := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			_, _ = said.Write(append(lines.Bytes(), '\n'))
		}
		_ = cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			t.Error("the demo did not stop")
		}
		if strings.Contains(log.String(), "DATA RACE") {
			t.Errorf("data race in the demo:\n%s", log)
		}
	})
	eventually(t, "the demo to say what to try", func() bool {
		select {
		case <-exited:
			t.Fatalf("the demo ended:\n%s\n%s", said, log)
		default:
		}
		return strings.Contains(said.String(), "Ctrl-C")
	})
	text := said.String()
	port := regexp.MustCompile(`https://yamada\.localhost:(\d+)/`).FindStringSubmatch(text)
	links := regexp.MustCompile(`http://\S+/login\?token=\S+`).FindAllString(text, -1)
	if port == nil || len(links) != 2 {
		t.Fatalf("the demo names no site or links:\n%s", text)
	}
	p := &process{t: t, dataDir: dir, https: "127.0.0.1:" + port[1]}
	if got := get(t, p.client(), "https://yamada.localhost/"); got.status != http.StatusOK || !strings.Contains(got.body, "やまだ工務店") {
		t.Errorf("the site: got %d", got.status)
	}
	injection := "/search?q=1%27%20OR%20%271%27=%271"
	if got := get(t, p.client(), "https://yamada.localhost"+injection); got.status != http.StatusForbidden {
		t.Errorf("an attack on the protected site: got %d, want 403", got.status)
	}
	if got := get(t, p.client(), "https://preview.yamada.localhost"+injection); got.status != http.StatusOK {
		t.Errorf("an attack on the watched site: got %d, want 200", got.status)
	}
	for _, link := range links {
		signIn(t, link)
	}
	if _, err := stdin.Write([]byte("t\n")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the traffic to be switched off", func() bool { return strings.Contains(said.String(), "visitors and attackers are off") })
	eventually(t, "incidents", func() bool { return len(incidents(t, dir)) > 0 })
}

// signIn opens a login link without a browser, presses its button, and expects a page that is not the login's.
func signIn(t *testing.T, link string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	if got := get(t, client, link); got.status != http.StatusOK || !strings.Contains(got.body, "<form") {
		t.Fatalf("%s: got %d without a button", link, got.status)
	}
	parsed, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.PostForm(parsed.Scheme+"://"+parsed.Host+"/login", parsed.Query())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK || strings.HasPrefix(response.Request.URL.Path, "/login") {
		t.Errorf("signing in: got %d at %s", response.StatusCode, response.Request.URL)
	}
}
