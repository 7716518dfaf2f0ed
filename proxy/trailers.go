package proxy

import (
	"net/http"

	"github.com/sekisho-waf/sekisho/proxy/wire"
)

// Trailers end here: no origin gets any. An attack in one is judged all the same, as a field of the head, because who
// sends it means an application that reads it so. Where the body goes on behind what is read ahead, its trailers come too
// late for that, and are dropped unseen.

// soundTrailers refuses trailers that say how a request is framed or read. On HTTP/1 the connection has done so.
func soundTrailers(x *exchange) bool {
	for name := range x.r.Trailer {
		if wire.NotBehind(name) {
			return x.malformed(http.StatusBadRequest, wire.BadTrailer.Code)
		}
	}
	return true
}
