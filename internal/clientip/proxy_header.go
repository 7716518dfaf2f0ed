package clientip

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ProxyHeader is what a balancer says ahead of a connection that it passes on (the PROXY protocol, haproxy.org,
// proxy-protocol.txt). Both addresses are zero where it speaks for itself, such as when it checks our health.
type ProxyHeader struct {
	Source      netip.AddrPort // the visitor, plain, see [Plain]
	Destination netip.AddrPort // where the visitor went
}

// MaxProxyHeader bounds a header, version 2's additions included. A reader's buffer must hold as much.
const MaxProxyHeader = 2 << 10

const (
	signatureV2 = "\r\n\r\n\x00\r\nQUIT\n"
	maxV1       = 107 // section 2.1, the line end included
)

var errNoProxyHeader = errors.New("the connection does not begin with a PROXY header")

// ReadProxyHeader reads a header of version 1 or 2 and nothing behind it. Any other beginning is an error, and so is a
// header that is not well formed: who is asking must not be guessed.
func ReadProxyHeader(r *bufio.Reader) (ProxyHeader, error) {
	start, err := r.Peek(1)
	if err != nil {
		return ProxyHeader{}, fmt.Errorf("read a PROXY header: %w", err)
	}
	if start[0] == 'P' {
		return readV1(r)
	}
	return readV2(r)
}

// readV1 reads "PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n".
func readV1(r *bufio.Reader) (ProxyHeader, error) {
	var line []byte
	for len(line) < maxV1 {
		c, err := r.ReadByte()
		if err != nil {
			return ProxyHeader{}, fmt.Errorf("read a PROXY header: %w", err)
		}
		line = append(line, c)
		if c == '\n' {
			break
		}
	}
	text, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok {
		return ProxyHeader{}, errNoProxyHeader
	}
	if text == "PROXY UNKNOWN" || strings.HasPrefix(text, "PROXY UNKNOWN ") {
		return ProxyHeader{}, nil
	}
	fields := strings.Split(text, " ")
	if len(fields) != 6 || fields[0] != "PROXY" || fields[1] != "TCP4" && fields[1] != "TCP6" {
		return ProxyHeader{}, errNoProxyHeader
	}
	source, err := v1Address(fields[2], fields[4], fields[1] == "TCP6")
	if err != nil {
		return ProxyHeader{}, err
	}
	destination, err := v1Address(fields[3], fields[5], fields[1] == "TCP6")
	if err != nil {
		return ProxyHeader{}, err
	}
	return ProxyHeader{source, destination}, nil
}

func v1Address(address, port string, six bool) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Is6() != six || addr.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("PROXY header: %q is no address of its family", address)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(port) > 1 && port[0] == '0' || port[0] == '+' {
		return netip.AddrPort{}, fmt.Errorf("PROXY header: %q is no port", port)
	}
	return Plain(netip.AddrPortFrom(addr, uint16(number))), nil
}

// readV2 reads the binary form, section 2.2. What may follow the addresses (TLVs) is skipped.
func readV2(r *bufio.Reader) (ProxyHeader, error) {
	fixed, err := r.Peek(16)
	if err != nil {
		return ProxyHeader{}, fmt.Errorf("read a PROXY header: %w", err)
	}
	if string(fixed[:12]) != signatureV2 || fixed[12]>>4 != 2 {
		return ProxyHeader{}, errNoProxyHeader
	}
	command, family := fixed[12]&15, fixed[13]
	length := int(binary.BigEndian.Uint16(fixed[14:16]))
	if 16+length > MaxProxyHeader {
		return ProxyHeader{}, fmt.Errorf("PROXY header: %d bytes, at most %d are read", 16+length, MaxProxyHeader)
	}
	whole, err := r.Peek(16 + length)
	if err != nil {
		return ProxyHeader{}, fmt.Errorf("read a PROXY header: %w", err)
	}
	header, err := v2Addresses(command, family, whole[16:])
	if err != nil {
		return ProxyHeader{}, err
	}
	_, err = r.Discard(16 + length)
	return header, err
}

func v2Addresses(command, family byte, b []byte) (ProxyHeader, error) {
	const local, proxied = 0, 1
	const tcp4, tcp6 = 0x11, 0x21
	switch {
	case command == local:
		return ProxyHeader{}, nil
	case command == proxied && family == tcp4 && len(b) >= 12:
		return ProxyHeader{
			v2Address(b[0:4], b[8:10]),
			v2Address(b[4:8], b[10:12]),
		}, nil
	case command == proxied && family == tcp6 && len(b) >= 36:
		return ProxyHeader{
			v2Address(b[0:16], b[32:34]),
			v2Address(b[16:32], b[34:36]),
		}, nil
	}
	// Unix sockets, UDP and the unspecified family name nobody whom a site could tell apart or ban.
	return ProxyHeader{}, fmt.Errorf("PROXY header: command %d of family %#x with %d bytes is not TCP over IP", command, family, len(b))
}

func v2Address(address, port []byte) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(address) // 4 or 16 bytes always fit
	return Plain(netip.AddrPortFrom(addr, binary.BigEndian.Uint16(port)))
}
