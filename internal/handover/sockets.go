package handover

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Sockets hands out listening sockets by name: the one that was inherited under it, else a fresh one. It remembers them,
// so that a successor can have them. Safe for concurrent use; the zero value has inherited none.
type Sockets struct {
	mu        sync.Mutex // guards what follows
	inherited map[key]passed
	open      map[key]opened
}

type key struct{ name, network string }

// passed is a socket that somebody left for us.
type passed struct {
	addr string // what the setting said when it was bound; empty: whatever it says (systemd binds by its own unit)
	fd   int
}

type opened struct {
	addr   string
	socket syscall.Conn
}

// Has reports whether a socket of this name and address was inherited and is still to be taken.
func (s *Sockets) Has(name, network, addr string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, ok := s.inherited[key{name, network}]
	return ok && (left.addr == "" || left.addr == addr)
}

// Listen returns the TCP socket of a name. One that was inherited is taken only where the setting still says the same
// address.
func (s *Sockets) Listen(name, addr string) (net.Listener, error) {
	k := key{name, "tcp"}
	file, err := s.take(k, addr)
	if err != nil {
		return nil, err
	}
	var listener net.Listener
	if file != nil {
		listener, err = net.FileListener(file) // of a copy
		_ = file.Close()
	} else {
		listener, err = net.Listen("tcp", addr)
	}
	if err != nil {
		return nil, err
	}
	s.remember(k, addr, listener)
	return listener, nil
}

// ListenPacket does the same for UDP.
func (s *Sockets) ListenPacket(name, addr string) (net.PacketConn, error) {
	k := key{name, "udp"}
	file, err := s.take(k, addr)
	if err != nil {
		return nil, err
	}
	var conn net.PacketConn
	if file != nil {
		conn, err = net.FilePacketConn(file)
		_ = file.Close()
	} else {
		conn, err = net.ListenPacket("udp", addr)
	}
	if err != nil {
		return nil, err
	}
	s.remember(k, addr, conn)
	return conn, nil
}

func (s *Sockets) take(k key, addr string) (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, ok := s.inherited[k]
	if !ok {
		return nil, nil //nolint:nilnil // nobody left one
	}
	delete(s.inherited, k)
	file := os.NewFile(uintptr(left.fd), k.name)
	if left.addr != "" && left.addr != addr {
		return nil, file.Close() // the setting has changed
	}
	return file, nil
}

func (s *Sockets) remember(k key, addr string, socket any) {
	raw, ok := socket.(syscall.Conn)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[key]opened{}
	}
	s.open[k] = opened{addr, raw}
}

// Unclaimed closes what was inherited and that nobody asked for, and names it.
func (s *Sockets) Unclaimed() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, left := range s.inherited {
		_ = syscall.Close(left.fd)
		names = append(names, k.name+"/"+k.network)
	}
	s.inherited = nil
	return names
}

// offered is a socket on its way to a successor. The copy stays open until the successor serves, so that a second one
// can have it too when the first fails.
type offered struct {
	Name    string `json:"name"`
	Network string `json:"network"`
	Addr    string `json:"addr"`
	FD      int    `json:"fd"`
}

// copies duplicates every open socket. Sockets that have been closed meanwhile are left out.
//
// os.File.Fd would switch the socket, which both processes share, to blocking mode, and a blocked Accept cannot be ended;
// so the copies are bare numbers.
func (s *Sockets) copies() ([]offered, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []offered
	for k, o := range s.open {
		raw, err := o.socket.SyscallConn()
		if err != nil {
			delete(s.open, k)
			continue
		}
		fd, dupErr := -1, error(nil)
		err = raw.Control(func(from uintptr) { fd, dupErr = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) })
		if errors.Is(err, net.ErrClosed) {
			delete(s.open, k)
			continue
		}
		if err = errors.Join(err, dupErr); err != nil {
			closeAll(all)
			return nil, fmt.Errorf("copy the socket of %s: %w", k.name, err)
		}
		all = append(all, offered{k.name, k.network, o.addr, fd})
	}
	return all, nil
}

func closeAll(sockets []offered) {
	for _, o := range sockets {
		_ = syscall.Close(o.FD)
	}
}
