package testenv

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresServer is a real PostgreSQL that a test can freeze, take away and bring back. It ends with the test.
type PostgresServer struct {
	t       testing.TB
	bin     string // folder of its programs
	dir     string
	port    int
	process *process // nil while stopped
	named   atomic.Int64
}

// nobody runs the server where the tests run as root, which PostgreSQL refuses.
const nobody = 65534

// StartPostgres starts a PostgreSQL server on a free port of 127.0.0.1. It sorts text as a dictionary does, which ours must
// not lean on, and does not sync, because a test's records need not outlive the machine. It returns when the server answers.
func StartPostgres(t testing.TB) *PostgresServer {
	t.Helper()
	s := &PostgresServer{t: t, bin: filepath.Dir(find(t, "initdb", newest("/usr/lib/postgresql/*/bin/initdb")))}
	var err error
	if s.dir, err = os.MkdirTemp("", "sekisho-postgres-"); err != nil { // t.TempDir lies in a folder that nobody else may enter
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	if os.Geteuid() == 0 {
		if err := os.Chown(s.dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	initdb := s.command("initdb", "--pgdata", s.data(), "--username", "sekisho", "--auth", "trust", "--no-sync", "--encoding", "UTF8",
		"--locale", "C", "--locale-provider", "icu", "--icu-locale", "en")
	if output, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", initdb, err, output)
	}
	t.Cleanup(s.Stop)
	for range 5 { // somebody else may have taken the port
		s.port = FreePort(t)
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// newest returns the last file that a pattern finds, or the pattern.
func newest(pattern string) string {
	found, _ := filepath.Glob(pattern) // the pattern is well-formed
	if len(found) == 0 {
		return pattern
	}
	return found[len(found)-1]
}

// Database creates an empty database and returns its URL.
func (s *PostgresServer) Database(t testing.TB) (url string) {
	t.Helper()
	name := fmt.Sprintf("test%d", s.named.Add(1))
	s.execute(t, "CREATE DATABASE "+name)
	return s.url(name)
}

// Schema creates an empty schema in a database that others have theirs in, and returns the URL that leads to it. For all
// that one program can see it is a database of its own, and it costs a tenth of one.
func (s *PostgresServer) Schema(t testing.TB) (url string) {
	t.Helper()
	name := fmt.Sprintf("test%d", s.named.Add(1))
	s.execute(t, "CREATE SCHEMA "+name)
	return s.url("postgres") + "&search_path=" + name
}

func (s *PostgresServer) execute(t testing.TB, command string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), command); err != nil {
		t.Fatal(err)
	}
}

func (s *PostgresServer) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("sekisho", "hunter2"), Host: fmt.Sprintf("127.0.0.1:%d", s.port), Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Stop ends the server at once; what was committed is there after [PostgresServer.Start].
func (s *PostgresServer) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Signal(syscall.SIGCONT)
	_ = s.process.Signal(syscall.SIGQUIT) // without a checkpoint, but leaves no child and no shared memory
	<-s.process.ended
	s.process = nil
}

// Start starts the server again after [PostgresServer.Stop], on the same port.
func (s *PostgresServer) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *PostgresServer) data() string { return filepath.Join(s.dir, "data") }

// command is one of the server's programs, run as a user that the server accepts.
func (s *PostgresServer) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "LC_ALL=C")
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

func (s *PostgresServer) start() error {
	logFile := filepath.Join(s.dir, "postgres.log")
	log, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB", "-c", "max_wal_size=64MB", "-c", "jit=off")
	cmd.Stdout, cmd.Stderr = log, log
	process, err := start(cmd)
	if err != nil {
		return fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	s.process = process
	deadline := time.Now().Add(20 * time.Second)
	for {
		if content, err := os.ReadFile(logFile); err == nil && strings.Contains(string(content), "ready to accept connections") {
			return nil
		}
		select {
		case <-process.ended:
			s.process = nil
			return fmt.Errorf("%s ended at once: %s", cmd.Path, lastLine(logFile))
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.Stop()
			return fmt.Errorf("%s does not answer: %s", cmd.Path, lastLine(logFile))
		}
	}
}
