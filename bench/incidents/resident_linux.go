package incidents

import (
	"os"
	"syscall"
)

// mostResident is the largest resident set of an ended process, in megabytes. Linux counts it in kilobytes.
func mostResident(state *os.ProcessState) float64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return float64(usage.Maxrss) / 1024
	}
	return 0
}
