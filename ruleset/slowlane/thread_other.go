//go:build !linux

package slowlane

import "time"

// stepBack does nothing: threads have no priorities of their own here, or none that Go can reach.
func stepBack() {}

// processorTime returns the time by the clock, for want of a thread's own.
func processorTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
