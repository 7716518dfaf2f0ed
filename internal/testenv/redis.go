package testenv

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Redis starts a Redis server for the test and returns its URL. It keeps nothing on disk.
func Redis(t testing.TB) (url string) {
	t.Helper()
	return StartRedis(t).URL()
}

// RedisServer is a real Redis that a test can take away and bring back. It ends with the test.
type RedisServer struct {
	t       testing.TB
	binary  string
	dir     string
	port    int
	process *process // nil while stopped
}

// StartRedis starts a Redis server on a free port of 127.0.0.1. It returns when the server answers.
func StartRedis(t testing.TB) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, binary: find(t, "redis-server"), dir: t.TempDir()}
	t.Cleanup(s.Stop)
	var err error
	for range 5 { // somebody else may have taken the port
		s.port = FreePort(t)
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// URL is the server's address, the same after a restart.
func (s *RedisServer) URL() string { return fmt.Sprintf("redis://127.0.0.1:%d/0", s.port) }

// Stop kills the server; all it held is gone.
func (s *RedisServer) Stop() {
	if s.process != nil {
		s.process.kill()
		s.process = nil
	}
}

// Start starts the server again after [RedisServer.Stop], empty and on the same port.
func (s *RedisServer) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Freeze makes the server hang: it accepts connections and answers nothing until [RedisServer.Thaw].
func (s *RedisServer) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw ends [RedisServer.Freeze].
func (s *RedisServer) Thaw() { s.signal(syscall.SIGCONT) }

func (s *RedisServer) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

func (s *RedisServer) start() error {
	logFile := filepath.Join(s.dir, "redis.log")
	cmd := exec.Command(s.binary, "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", logFile)
	process, err := start(cmd)
	if err != nil {
		return fmt.Errorf("starting %s: %w", s.binary, err)
	}
	s.process = process
	deadline := time.Now().Add(10 * time.Second)
	for !s.answers() {
		select {
		case <-process.ended:
			s.process = nil
			return fmt.Errorf("%s ended at once: %s", s.binary, lastLine(logFile))
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.Stop()
			return fmt.Errorf("%s does not answer: %s", s.binary, lastLine(logFile))
		}
	}
	return nil
}

// answers asks for our server's process id, because another server may have taken the port.
func (s *RedisServer) answers() bool {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", s.port), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("INFO server\r\nQUIT\r\n")); err != nil {
		return false
	}
	var reply bytes.Buffer
	_, _ = reply.ReadFrom(conn)
	return strings.Contains(reply.String(), fmt.Sprintf("process_id:%d\r\n", s.process.Pid))
}

func lastLine(file string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return lines[len(lines)-1]
}
