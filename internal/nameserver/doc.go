// Package nameserver answers DNS for one zone of ours: under it each site has a name that its owner points to, so that the
// way past us (the origin's addresses instead of ours) needs nobody else's DNS, and a name that _acme-challenge is
// delegated to, so that a certificate can be ordered before the switch.
//
// It is authoritative and nothing else. Answers are small, are counted per network, and are never larger than a few times
// the question, so that it is of no use to anybody who sends questions in another's name. What a name answers is decided
// by its callers, who hand over a whole [Zone] at a time.
//
// Start with [Server.Run], then answer.go.
package nameserver
