// Package incidents owns the benchmark of the incident engine: a calm year, the pilot's company X, and floods, each in a
// process of its own.
//
// It makes the events (stories.go), runs them through the engine on the events' own clock, or between the real spool and
// the real database, and counts what came of it: incidents, changes of state, messages. What the work cost is measured
// from outside: the parent reads processor time and memory of the finished child. It leaves the command line to
// cmd/sekisho. Start with [Run].
package incidents
