package app

import "runtime"

// addProcessors makes room in Go's scheduler for the workers of the slow lane, and returns what takes it away again.
//
// Go knows no priorities: while a worker has one of GOMAXPROCS processors, for up to 10 ms at a time, requests that are
// proven clean wait for it, although the kernel would rather run them. With a processor more for each worker, all of them
// are in the kernel's hands, and it prefers the rest of the program (slowlane.stepBack). A flood of requests for the rules on one
// core took the median wait of another site's visitors from 0.5 to 66 ms without this, and leaves it where it was with it.
func addProcessors(workers int) (restore func() error) {
	before := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(before + workers)
	return func() error {
		runtime.GOMAXPROCS(before)
		return nil
	}
}
