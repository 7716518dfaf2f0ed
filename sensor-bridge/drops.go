package sensorbridge

import (
	"bufio"
	"net"
	"os"
	"strconv"
	"strings"
)

// socketDrops returns how many datagrams the system has dropped so far at each local UDP port, because the socket's buffer was
// full: nobody else counts those. Empty where the system does not say (anything but Linux).
func socketDrops() map[uint16]uint64 {
	drops := map[uint16]uint64{}
	for _, table := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops
			fields := strings.Fields(lines.Text())
			if len(fields) < 13 {
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			port, err := strconv.ParseUint(hex, 16, 16)
			if err != nil {
				continue
			}
			n, err := strconv.ParseUint(fields[len(fields)-1], 10, 64)
			if err == nil {
				drops[uint16(port)] += n
			}
		}
		_ = file.Close()
	}
	return drops
}

// bookDrops counts what the system dropped at the sensor's UDP port since the last call as received and rejected.
func (in *intake) bookDrops(drops map[uint16]uint64) {
	if in.udp == nil {
		return
	}
	at, ok := in.udp.LocalAddr().(*net.UDPAddr)
	if !ok {
		return
	}
	now := drops[uint16(at.Port)]
	if now > in.dropped {
		in.reject(int(now - in.dropped))
	}
	in.dropped = now
}
