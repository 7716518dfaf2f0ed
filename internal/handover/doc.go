// Package handover lets a running process give its place to a new one without a visitor noticing: the listening sockets
// go over, and the two talk over a link until the new one serves.
//
// It owns sockets by name ([Sockets]; from the predecessor, from systemd, or bound here), the start of the successor and
// the words on the [Link]. It leaves to the caller what has to be stopped and opened in which order; docs/decisions tells
// why in that order. Unix only.
//
// Start with [Inherit], which every process calls once, then [Start].
package handover

import "github.com/sekisho-waf/sekisho"

// Brief is what a successor is told before it prepares.
type Brief struct {
	DataDir string    `json:"data_dir"` // from the root
	Schema  int       `json:"schema"`   // of the records, as the running process has them
	Engines []Compile `json:"engines"`  // what the sites are judged by now
}

// Compile names an engine that the successor will need.
type Compile struct {
	Policy sekisho.Policy `json:"policy"`
	Mode   sekisho.Mode   `json:"mode"`
}
