package testenv

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRedis_answersAndIsGoneAfterTheTest(t *testing.T) {
	var server *RedisServer
	var pid int
	t.Run("inner test", func(t *testing.T) {
		server = StartRedis(t)
		pid = server.process.Pid
		if !server.answers() {
			t.Error("got no answer")
		}
		server.Stop()
		if server.process != nil || alive(pid) {
			t.Error("got a running server after Stop")
		}
		server.Start()
		pid = server.process.Pid
		if !server.answers() {
			t.Error("got no answer after a restart")
		}
	})
	if alive(pid) {
		t.Errorf("process %d outlived its test", pid)
	}
}

const childTest = "SEKISHO_TEST_CHILD"

func TestRedis_diesWithAKilledTest(t *testing.T) {
	if os.Getenv(childTest) != "" {
		fmt.Printf("redis=%d\n", StartRedis(t).process.Pid)
		select {} // until killed
	}
	find(t, "redis-server")
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childTest+"=1")
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child, err := start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer child.kill()
	lines, pid := bufio.NewScanner(output), 0
	for pid == 0 && lines.Scan() {
		if number, ok := strings.CutPrefix(lines.Text(), "redis="); ok {
			if pid, err = strconv.Atoi(number); err != nil {
				t.Fatal(err)
			}
		}
	}
	if pid == 0 || !alive(pid) {
		t.Fatalf("got no running server from the child (pid %d)", pid)
	}
	child.kill()
	for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlived the killed test", pid)
		}
	}
}

// alive tells whether a process runs; a zombie, whose new parent has not looked yet, does not.
func alive(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestFreePort_canBeListenedOn(t *testing.T) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", FreePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
}

// ended is what a test framework would have been told.
type ended struct {
	testing.TB
	skipped, failed string
}

func (e *ended) Helper() {}

func (e *ended) Skipf(format string, args ...any) {
	e.skipped = fmt.Sprintf(format, args...)
	panic(e)
}

func (e *ended) Fatalf(format string, args ...any) {
	e.failed = fmt.Sprintf(format, args...)
	panic(e)
}

func TestMissingProgram_skipsOrFailsByTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		required string
		get      func(*ended) string
	}{
		{"", func(e *ended) string { return e.skipped }},
		{"1", func(e *ended) string { return e.failed }},
	} {
		t.Run("required="+c.required, func(t *testing.T) {
			t.Setenv(requireServers, c.required)
			t.Setenv("CHROME_PATH", "/nowhere/chromium")
			got := &ended{}
			func() {
				defer func() { _ = recover() }()
				Chromium(got)
			}()
			if text := c.get(got); !strings.Contains(text, "/nowhere/chromium is not installed") || !strings.Contains(text, "make test") {
				t.Errorf("got %+v, want the program and the way out", got)
			}
		})
	}
}

func TestChromium_prefersTheChosenOne(t *testing.T) {
	t.Setenv("CHROME_PATH", os.Args[0])
	if got := Chromium(t); got != os.Args[0] {
		t.Errorf("got %s, want %s", got, os.Args[0])
	}
}
