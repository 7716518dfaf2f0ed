package export

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// unconfirmed returns how many bytes of a connection the other machine has not confirmed. A receiver that closes with
// something unread resets the connection instead of ending it, and what comes later is never confirmed: so an orderly end
// with nothing unconfirmed says that the receiver has read everything.
func unconfirmed(conn net.Conn) (left int, err error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	if failed := raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); failed != nil {
		return 0, failed
	}
	return left, err
}
