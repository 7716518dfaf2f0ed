package slowlane

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// niceness is how far workers stand behind the rest of the program. Where both want a core, the rest gets nine tenths
// of it. More would starve a worker that holds a lock which the rest waits for, or that the collector must stop.
const niceness = 10

// stepBack gives the goroutine a thread of its own and lets the kernel prefer all others. Go knows no priorities among
// goroutines, and lets one run for 10 ms while others wait; Linux does, by thread (setpriority(2), notes). A worker that ends
// takes its thread with it, for a thread of this kind must not serve anybody else.
func stepBack() {
	runtime.LockOSThread()
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), niceness) // where it is forbidden, turns are fair all the same
}

// processorTime returns the time that this thread has used a processor.
func processorTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		return time.Duration(time.Now().UnixNano())
	}
	return time.Duration(now.Nano())
}
