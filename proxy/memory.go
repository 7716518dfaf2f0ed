package proxy

import (
	"math"
	"runtime/debug"
	"runtime/metrics"
)

// memory looks at what the program cannot give back: living objects as of the last collection, stacks, and what the
// runtime itself needs. Garbage does not count, for the collector lets as much of it gather as the limit allows.
type memory struct{ samples []metrics.Sample }

// The classes of memory that are looked at; see runtime/metrics.
const (
	memLiving = iota
	memTotal
	memObjects
	memUnused
	memFree
	memReleased
)

func newMemory() memory {
	return memory{samples: []metrics.Sample{
		memLiving: {Name: "/gc/heap/live:bytes"}, memTotal: {Name: "/memory/classes/total:bytes"},
		memObjects: {Name: "/memory/classes/heap/objects:bytes"}, memUnused: {Name: "/memory/classes/heap/unused:bytes"},
		memFree: {Name: "/memory/classes/heap/free:bytes"}, memReleased: {Name: "/memory/classes/heap/released:bytes"},
	}}
}

// look returns what is in use and how much may be (GOMEMLIMIT, or what was set in its place); 0 for no limit.
func (m *memory) look() (used, limit int64) {
	if limit = debug.SetMemoryLimit(-1); limit == math.MaxInt64 {
		return 0, 0
	}
	metrics.Read(m.samples)
	is := func(i int) int64 { return int64(m.samples[i].Value.Uint64()) } //nolint:gosec // bytes of one process
	return is(memTotal) - is(memObjects) - is(memUnused) - is(memFree) - is(memReleased) + is(memLiving), limit
}

const (
	// memoryEasy is the part of the limit up to which the whole room is open, memoryTight where the least of it is left.
	// Above, the collector would run all the time: half of the processor's time, by the runtime's own bound.
	memoryEasy, memoryTight = 0.60, 0.85
)

// roomAt is how much of the room is left at a use of memory.
func roomAt(used, limit int64) float64 {
	if limit <= 0 {
		return 1
	}
	part := float64(used) / float64(limit)
	return min(1, max(0, (memoryTight-part)/(memoryTight-memoryEasy)))
}

const (
	// requestBytes is what a request under way is taken for, its connection, buffers and headers together.
	requestBytes = 64 << 10
	// Of the memory limit, a quarter may be requests under way and another quarter bodies held.
	roomPart = 4

	mostRequests, fewestRequests = 16 << 10, 256
	mostHeld, fewestHeld         = 1 << 30, 16 << 20
	// What is left however short memory is: a node whose limit was set too low goes on, slowly, and says so.
	leastRequests, leastHeld = 32, 4 << 20
)

// roomFor returns how many requests a node takes at once and how many bytes of their bodies it holds.
func roomFor(limit int64) (requests, held int64) {
	if limit <= 0 {
		return mostRequests, mostHeld
	}
	requests = min(max(limit/roomPart/requestBytes, fewestRequests), mostRequests)
	held = min(max(limit/roomPart, fewestHeld), mostHeld)
	return requests, held
}
