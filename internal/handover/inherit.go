package handover

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/sekisho-waf/sekisho"
)

// variable tells a successor what it got. It is no setting.
const variable = "SEKISHO_HANDOVER"

type inheritance struct {
	Link    int       `json:"link"` // descriptor
	Sockets []offered `json:"sockets"`
}

// Inherited is what a process begins with.
type Inherited struct {
	Sockets *Sockets
	From    *Predecessor // nil: nobody serves yet
}

// Inherit takes what a predecessor or systemd (sd_listen_fds(3)) left for this process, and takes the word of it out of
// the environment. A socket of systemd's is known by its FileDescriptorName, which is the key of a setting: http, https,
// portal, sensors_tls, sensors_https, metrics, admin, or dns.
func Inherit() (Inherited, error) {
	in := Inherited{Sockets: &Sockets{inherited: map[key]passed{}}}
	if text, ok := os.LookupEnv(variable); ok {
		_ = os.Unsetenv(variable)
		return in, in.fromPredecessor(text)
	}
	return in, in.fromSystemd()
}

func (in *Inherited) fromPredecessor(text string) error {
	var left inheritance
	if err := json.Unmarshal([]byte(text), &left); err != nil {
		return fmt.Errorf("read what the running process hands over: %w", err)
	}
	for _, o := range left.Sockets {
		syscall.CloseOnExec(o.FD)
		in.Sockets.inherited[key{o.Name, o.Network}] = passed{o.Addr, o.FD}
	}
	file := os.NewFile(uintptr(left.Link), "link")
	defer func() { _ = file.Close() }()
	conn, err := net.FileConn(file)
	if err != nil {
		return fmt.Errorf("open the link to the running process: %w", err)
	}
	in.From = &Predecessor{link: newLink(conn)}
	return nil
}

// firstFD is SD_LISTEN_FDS_START.
const firstFD = 3

func (in *Inherited) fromSystemd() error {
	pid, names, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDNAMES"), os.Getenv("LISTEN_FDS")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_FDS"} {
		_ = os.Unsetenv(name)
	}
	if pid != strconv.Itoa(os.Getpid()) {
		return nil // meant for somebody else, or for nobody
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		return sekisho.Invalid(fmt.Sprintf("LISTEN_FDS %q is not a number", count))
	}
	given := strings.Split(names, ":")
	for i := range n {
		fd := firstFD + i
		syscall.CloseOnExec(fd)
		if i >= len(given) || !known[given[i]] {
			return sekisho.Invalid(fmt.Sprintf("socket %d of systemd has no name that is known; give its .socket unit FileDescriptorName=http (or https, portal, sensors_tls, sensors_https, metrics, admin, dns)", i+1))
		}
		network := "tcp"
		if kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE); err == nil && kind == syscall.SOCK_DGRAM {
			network = "udp"
		}
		in.Sockets.inherited[key{given[i], network}] = passed{"", fd}
	}
	return nil
}

var known = map[string]bool{"http": true, "https": true, "portal": true, "sensors_tls": true, "sensors_https": true, "metrics": true, "admin": true, "dns": true}
