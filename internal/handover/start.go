package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sekisho-waf/sekisho"
)

// running is the program that this process was started from, whatever has been put in its place since.
const running = "/proc/self/exe"

// Start runs the program file anew, with the arguments and the environment of this process, and waits until it is
// prepared. This process goes on serving meanwhile, and afterwards when an error comes back: the error is the successor's
// own, with its kind. Until [Successor.Go] nothing has changed.
func Start(ctx context.Context, program string, sockets *Sockets, brief Brief) (*Successor, error) {
	copies, err := sockets.copies()
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, program, copies, brief)
	if err != nil {
		closeAll(copies)
		return nil, err
	}
	return s, nil
}

// Again starts the program that this process runs, on the sockets that a failed successor was given, and waits until it
// is prepared.
func (s *Successor) Again(ctx context.Context, brief Brief) (*Successor, error) {
	s.Kill()
	return start(ctx, running, s.sockets, brief)
}

// Kill ends a successor that is not to take over, and waits for its end.
func (s *Successor) Kill() {
	_ = syscall.Kill(s.PID, syscall.SIGKILL)
	<-s.end
	_ = s.link.conn.Close()
}

func start(ctx context.Context, program string, sockets []offered, brief Brief) (_ *Successor, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make the link to a new process: %w", err)
	}
	ours := os.NewFile(uintptr(pair[0]), "link")
	conn, err := net.FileConn(ours)
	_ = ours.Close()
	if err != nil {
		_ = syscall.Close(pair[1])
		return nil, fmt.Errorf("make the link to a new process: %w", err)
	}
	pid, err := spawn(program, pair[1], sockets)
	_ = syscall.Close(pair[1])
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	end := make(chan error, 1)
	s := &Successor{PID: pid, sockets: sockets, end: end, link: newLink(conn)}
	go func() { // reaps it; ends with the process, at the latest with ours
		process, err := os.FindProcess(pid)
		if err == nil {
			_, err = process.Wait()
		}
		end <- err
		close(end)
	}()
	err = s.link.say(word{Is: isBrief, Brief: &brief})
	if err == nil || errors.Is(err, syscall.EPIPE) { // it may have said why before it ended
		_, err = s.link.hear(ctx, isPrepared)
	}
	if err != nil {
		s.Kill()
		if sekisho.MessageOf(err) == "" {
			err = &sekisho.Error{Kind: sekisho.KindUnavailable, Err: err, Msg: "the new process ended before it was prepared; its reason is in the log"}
		}
		return nil, err
	}
	return s, nil
}

// spawn starts the program with the link and the sockets behind standard error. os/exec is not used because it would
// switch the sockets to blocking mode (see copies).
func spawn(program string, link int, sockets []offered) (pid int, err error) {
	files := []uintptr{0, 1, 2, uintptr(link)}
	left := inheritance{Link: 3}
	for _, o := range sockets {
		given := o
		given.FD = len(files)
		files = append(files, uintptr(o.FD))
		left.Sockets = append(left.Sockets, given)
	}
	text, err := json.Marshal(left)
	if err != nil {
		return 0, fmt.Errorf("say what is handed over: %w", err)
	}
	dir, err := os.Getwd()
	if err != nil {
		return 0, fmt.Errorf("find the working directory: %w", err)
	}
	pid, err = syscall.ForkExec(program, os.Args, &syscall.ProcAttr{Dir: dir, Env: append(os.Environ(), variable+"="+string(text)), Files: files})
	if err != nil {
		return 0, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("%s cannot be started (%v); check that the program is in its place", program, err)}
	}
	return pid, nil
}

// Notify tells systemd how this process is doing (sd_notify(3)); without systemd it does nothing. With READY, systemd is
// told too that this process is the main one now.
func Notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if path[0] == '@' {
		path = "\x00" + path[1:]
	}
	conn, err := net.DialTimeout("unixgram", path, time.Second)
	if err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("MAINPID=" + strconv.Itoa(os.Getpid()) + "\n" + state)); err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	return nil
}
