// Package testenv owns the real servers and tools that tests run against: it starts each on a free port of the loopback
// address with a temporary directory, and makes sure that it ends with the test, whatever ends the test.
//
// It is for tests only, and leaves what is tested to them. Start with [Redis] and [Chromium].
//
// A tool that is missing skips the test loudly. With SEKISHO_TEST_REQUIRE_SERVERS=1 it fails the test instead, so that nothing
// is skipped quietly where everything should be there; `make test` installs what is missing and sets it.
package testenv

import (
	"fmt"
	"go/build"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const requireServers = "SEKISHO_TEST_REQUIRE_SERVERS"

// find returns the path of the first of several programs that is installed: in PATH, where `go install` puts programs, or
// where Debian puts servers. It skips or fails the test without any.
func find(t testing.TB, programs ...string) string {
	t.Helper()
	for _, program := range programs {
		if path, err := exec.LookPath(program); err == nil {
			return path
		}
		for _, dir := range []string{os.Getenv("GOBIN"), filepath.Join(build.Default.GOPATH, "bin"), "/usr/sbin"} {
			if path, err := exec.LookPath(filepath.Join(dir, program)); dir != "" && err == nil {
				return path
			}
		}
	}
	const message = "%s is not installed: run `make test`, which installs it"
	name := programs[0]
	if os.Getenv(requireServers) == "1" {
		t.Fatalf(message+" ("+requireServers+"=1 forbids to skip)", name)
	}
	t.Skipf(message, name)
	return ""
}

// FreePort returns a TCP port of 127.0.0.1 that nobody listened on a moment ago, and that the system gives to nobody who asks
// for port 0: it lies below those. Prefer port 0 where the server under test can tell its address.
func FreePort(t testing.TB) int {
	t.Helper()
	var err error
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		var listener net.Listener
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatalf("no free port: %v", err)
	return 0
}

// Chromium returns the path of a Chromium or Chrome: $CHROME_PATH, or the first one installed. Run as root it needs
// --no-sandbox.
func Chromium(t testing.TB) string {
	t.Helper()
	programs := []string{"chromium", "chromium-browser", "google-chrome"}
	if chosen := os.Getenv("CHROME_PATH"); chosen != "" {
		programs = []string{chosen}
	}
	return find(t, programs...)
}

// process is a started program. It dies with the test process even if that is killed (on Linux).
type process struct {
	*os.Process
	ended chan struct{} // closed when the program has ended
}

// start starts cmd. The goroutine keeps its thread for the program's whole life: Linux sends the death signal when the
// thread that started a program ends, not only when the process does.
func start(cmd *exec.Cmd) (*process, error) {
	dieWithParent(cmd)
	started := make(chan error)
	p := &process{ended: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.Process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is the business of who ended it
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// kill ends the program and waits until it has ended.
func (p *process) kill() {
	_ = p.Kill()
	<-p.ended
}

// Tool returns the path of a test tool that tools/go.mod pins, built for this run. root is the module's folder. Where it
// cannot be built, such as without a network on the first run, the test is skipped as for a missing server.
func Tool(t testing.TB, root, name string) string {
	t.Helper()
	cmd := exec.Command("go", "tool", "-modfile=tools/go.mod", "-n", name)
	cmd.Dir = root
	out, err := cmd.Output() // -n builds the tool and prints its path
	if path := strings.TrimSpace(string(out)); err == nil && path != "" {
		return path
	}
	if os.Getenv(requireServers) == "1" {
		t.Fatalf("%s cannot be built from tools/go.mod: %v (%s=1 forbids to skip)", name, err, requireServers)
	}
	t.Skipf("SKIPPED: %s cannot be built from tools/go.mod: %v", name, err)
	return ""
}

// Programs skips or fails the test unless all of these programs are installed.
func Programs(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		find(t, name, "/usr/sbin/"+name)
	}
}
