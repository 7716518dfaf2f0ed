package proxy

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// loopField says which CDNs a request has been through (RFC 8586). Via says so too, but servers turn compression off when
// they see it (nginx: gzip_proxied), which is why the RFC made a field of its own.
const loopField = "Cdn-Loop"

// maxHops is how many of our kind a request may pass: one that stands before another is a chain, many are a circle.
const maxHops = 8

const loopName = "sekisho-"

// newLoopMark is this process's own: a second one on the way to an origin is no loop.
func newLoopMark() []string {
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand, Go 1.24)
	return []string{loopName + hex.EncodeToString(random[:])}
}

// endLoop ends a request that comes back from where we have sent it: an origin that leads to us over an address that
// nobody could know to be ours.
func (s *Server) endLoop(x *exchange) bool {
	passed := x.r.Header[loopField]
	if passed == nil {
		return true
	}
	hops := 0
	for _, value := range passed {
		if strings.Contains(value, s.loopMark[0]) {
			return x.refuse(http.StatusLoopDetected, sekisho.ReasonLoop)
		}
		hops += strings.Count(value, loopName)
	}
	if hops >= maxHops {
		return x.refuse(http.StatusLoopDetected, sekisho.ReasonLoop)
	}
	return true
}

// markLoop adds our mark behind those that are there. All requests share it: nobody writes into a value.
func (s *Server) markLoop(header http.Header) {
	if passed := header[loopField]; passed != nil {
		header[loopField] = append(slices.Clip(passed), s.loopMark[0])
		return
	}
	header[loopField] = s.loopMark
}
