package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// layout is who runs where. Without pinning all lists are empty.
type layout struct {
	proxy, origin, client []int
}

// plan gives each server one core and the client the rest; on two cores the client shares the origin's, so that the
// program under test has a core for itself.
func plan(cores []int) layout {
	switch {
	case len(cores) < 2:
		return layout{}
	case len(cores) == 2:
		return layout{proxy: cores[:1], origin: cores[1:], client: cores[1:]}
	default:
		return layout{proxy: cores[:1], origin: cores[1:2], client: cores[2:]}
	}
}

// String says the layout in words, for the report.
func (l layout) String() string {
	if len(l.proxy) == 0 {
		return "not pinned: figures of different programs disturb one another"
	}
	return fmt.Sprintf("proxy on core %v, origin on core %v, client on core %v", l.proxy, l.origin, l.client)
}

// cpuName is the processor's name as the system gives it, or its architecture.
func cpuName() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(content)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// clockTick is Linux's unit of /proc/PID/stat; USER_HZ is 100 on every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

var errNoProc = errors.New("no /proc on this system")

// cpuTime is what a process has used of all cores so far.
func cpuTime(pid int) (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, errNoProc
	}
	// The second field is a name in parentheses that may hold blanks; utime and stime are the 12th and 13th behind it.
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	if len(fields) < 13 {
		return 0, errNoProc
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the processor time of process %d: %w", pid, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// memory is the resident set of a process in megabytes, 0 where the system does not tell.
func memory(pid int) float64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			if err == nil {
				return kilobytes / 1024
			}
		}
	}
	return 0
}
