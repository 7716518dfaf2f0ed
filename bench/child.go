package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is one program that the benchmark has started.
type child struct {
	name  string
	cmd   *exec.Cmd
	said  *tail
	ended chan struct{} // closed when the process is gone
	err   error         // why it went; read behind ended
}

// startChild runs the binary with args on the given cores. It is stopped by [child.stop], and at the latest with us.
func startChild(name, binary string, cores []int, args ...string) (*child, error) {
	return startChildWith(nil, name, binary, cores, args...)
}

// startChildWith is startChild with variables added to the environment.
func startChildWith(environment []string, name, binary string, cores []int, args ...string) (*child, error) {
	c := &child{name: name, said: &tail{}, ended: make(chan struct{})}
	c.cmd = exec.Command(binary, args...)
	c.cmd.Env = append(ownEnvironment(), environment...)
	c.cmd.Stderr = c.said // standard output, the access log, goes to the null device: written, but not to a disk
	if err := startPinned(c.cmd, cores); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	return c, nil
}

// ownEnvironment keeps settings of the person who measures out of what is measured.
func ownEnvironment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "SEKISHO_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

const (
	readyTimeout = 30 * time.Second
	readyPause   = 2 * time.Millisecond
	stopTimeout  = 5 * time.Second
)

// await asks the target until it answers with the wanted status, and fails when the process ends or time is up.
func (c *child) await(ctx context.Context, t target, path string, want int) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + t.host + "\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) sekisho-bench\r\nAccept: */*\r\n\r\n")
	last := "no answer"
	for {
		conn := &connection{target: t}
		status, err := conn.do(ctx, request)
		conn.close()
		switch {
		case err != nil:
			last = err.Error()
		case status == want:
			return nil
		default:
			last = fmt.Sprintf("answered %d", status)
		}
		select {
		case <-c.ended:
			return fmt.Errorf("%s ended before it answered: %w: %s", c.name, errors.Join(c.err), c.said)
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer %s with %d (%s): %s", c.name, path, want, last, c.said)
		case <-time.After(readyPause):
		}
	}
}

// stop asks the process to end, and kills it when it does not.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(stopTimeout):
		_ = c.cmd.Process.Kill()
		<-c.ended
	}
}

// running reports whether the process has not ended.
func (c *child) running() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// freeAddress returns a loopback address that nobody listens on now.
func freeAddress() (string, error) { return freeAddressOn("127.0.0.1") }

// freeAddressOn does so on another loopback address; one of IPv6 stands in brackets.
func freeAddressOn(host string) (string, error) {
	listener, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}

// tail keeps the last words of a process, for the error that says why it ended.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 2 << 10

// Write keeps the last bytes.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > tailSize {
		t.text = append([]byte(nil), t.text[len(t.text)-tailSize:]...)
	}
	return len(p), nil
}

// String returns what was kept, on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.Fields(string(t.text)), " ")
}
