package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// redisChild is a real Redis server, reached through a relay that can delay and break what goes through it.
type redisChild struct {
	c      *chaos
	binary string
	dir    string
	addr   string
	server *child

	relay    net.Listener
	delay    atomic.Int64 // of each piece, each way
	breaking atomic.Bool
	answers  atomic.Int64 // pieces that came from Redis

	mu    sync.Mutex // guards conns
	conns map[net.Conn]bool
}

const redisDelay = 200 * time.Millisecond

func (c *chaos) startRedis(ctx context.Context, dir string) (_ *redisChild, err error) {
	s := &redisChild{c: c, dir: dir, conns: map[net.Conn]bool{}}
	if s.binary, err = findProgram(c.cfg.Redis); err != nil {
		return nil, err
	}
	if s.addr, err = freeAddress(); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	if s.relay, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		s.stop()
		return nil, fmt.Errorf("listen before Redis: %w", err)
	}
	go s.accept()
	return s, nil
}

func (s *redisChild) start(ctx context.Context) (err error) {
	_, port, _ := net.SplitHostPort(s.addr)
	s.server, err = startChild("redis-server", s.binary, nil, "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no", "--daemonize", "no")
	if err != nil {
		return err
	}
	if until(ctx, 10*time.Second, func() bool { return s.say("PING") == "+PONG" }) > 10 {
		s.server.stop()
		return fmt.Errorf("redis-server does not answer: %s", s.server.said)
	}
	return nil
}

// say sends one command, around the relay, and returns the first line of the answer.
func (s *redisChild) say(command string) string {
	conn, err := net.DialTimeout("tcp", s.addr, time.Second)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(conn, command+"\r\n")
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line)
}

func (s *redisChild) url() string { return "redis://" + s.relay.Addr().String() + "/0" }

// accept relays until the listener is closed. A connection ends with either of its sides.
func (s *redisChild) accept() {
	for {
		front, err := s.relay.Accept()
		if err != nil {
			return
		}
		back, err := net.DialTimeout("tcp", s.addr, 5*time.Second)
		if err != nil || s.breaking.Load() {
			shut(front)
			if err == nil {
				shut(back)
			}
			continue
		}
		s.mu.Lock()
		s.conns[front], s.conns[back] = true, true
		s.mu.Unlock()
		go s.carry(front, back, nil)
		go s.carry(back, front, &s.answers)
	}
}

func (s *redisChild) carry(from, to net.Conn, count *atomic.Int64) {
	defer func() {
		shut(from)
		shut(to)
		s.mu.Lock()
		delete(s.conns, from)
		delete(s.conns, to)
		s.mu.Unlock()
	}()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		if d := time.Duration(s.delay.Load()); d > 0 {
			time.Sleep(d)
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
		if count != nil {
			count.Add(1)
		}
	}
}

// shut ends a connection with a reset, as a machine does that is gone.
func shut(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (s *redisChild) breakAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		shut(conn)
	}
}

func (s *redisChild) stop() {
	if s.relay != nil {
		_ = s.relay.Close()
	}
	s.breakAll()
	_ = s.server.cmd.Process.Signal(syscall.SIGCONT)
	s.server.stop()
}

// The faults. Each returns what ends it.

func (s *redisChild) down(ctx context.Context) (end func() error) {
	_ = s.server.cmd.Process.Kill()
	<-s.server.ended
	return func() error { return s.start(ctx) }
}

func (s *redisChild) frozen(context.Context) (end func() error) {
	_ = s.server.cmd.Process.Signal(syscall.SIGSTOP)
	return func() error { return s.server.cmd.Process.Signal(syscall.SIGCONT) }
}

func (s *redisChild) slow(context.Context) (end func() error) {
	s.delay.Store(int64(redisDelay))
	return func() error { s.delay.Store(0); return nil }
}

func (s *redisChild) resets(context.Context) (end func() error) {
	s.breaking.Store(true)
	s.breakAll()
	return func() error { s.breaking.Store(false); return nil }
}

func (s *redisChild) emptied(ctx context.Context) (end func() error) {
	emptying, stop := context.WithCancel(ctx)
	go func() {
		for emptying.Err() == nil {
			s.say("FLUSHALL")
			pause(emptying, 100*time.Millisecond)
		}
	}()
	return func() error { stop(); return nil }
}

// redisFault measures visitors of a site with limits, which the proxy shares by Redis, before the fault, under it and behind it.
func redisFault(fault func(*redisChild, context.Context) func() error) func(context.Context, *chaos) ([]ChaosFigure, error) {
	return func(ctx context.Context, c *chaos) ([]ChaosFigure, error) {
		dir, err := c.newDir("redis")
		if err != nil {
			return nil, err
		}
		s, err := c.startRedis(ctx, dir)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		data, err := c.dataDir("redis" + s.addr[strings.LastIndexByte(s.addr, ':')+1:])
		if err != nil {
			return nil, err
		}
		r, err := c.newRig(ctx, data, "", "--redis-url", s.url())
		if err != nil {
			return nil, err
		}
		defer r.stop()
		if _, err := r.ask(ctx, "site", "limits", healthyHost, "--address", "1000000/1m", "--ban", "1000/10m:1h"); err != nil {
			return nil, err
		}
		v, err := startVisitors(ctx, r.healthy(), c.cfg.Rate)
		if err != nil {
			return nil, err
		}
		defer v.stop()
		pause(ctx, warmUp)
		asked := s.answers.Load()
		before := v.during(ctx, c.cfg.Hold/2)
		asked = s.answers.Load() - asked
		end := fault(s, ctx)
		under := r.hold(ctx, "redis", v, c.cfg.Hold)
		if err := end(); err != nil {
			return nil, fmt.Errorf("end the fault of Redis: %w", err)
		}
		answers := s.answers.Load()
		used := until(ctx, 10*time.Second, func() bool { return s.answers.Load() > answers+4 })
		after := v.during(ctx, c.cfg.Hold/2)
		all := v.stop()
		added := atMost("p99 ms added under the fault", round(under.p99()-min(before.p99(), after.p99()), 2), 5)
		added.Noise = round(max(before.p99(), after.p99())-min(before.p99(), after.p99()), 2)
		return append(all.failures(),
			atLeast("answers of Redis before the fault", float64(asked), 1),
			figure("p99 ms before", round(before.p99(), 2)), figure("p99 ms under the fault", round(under.p99(), 2)), figure("p99 ms behind it", round(after.p99(), 2)),
			added, atMost("s until Redis is used again", used, 5)), nil
	}
}
