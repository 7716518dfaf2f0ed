package proxy

import (
	"net/http"
	"strconv"
)

// reply is a short answer of ours to a request that needs no origin and no page.
type reply struct {
	status   int
	body     string
	location string // of a redirect
	maxAge   string // Cache-Control
}

func (r *reply) write(x *exchange) {
	header := x.w.Header()
	if r.location != "" {
		header.Set("Location", r.location)
	}
	if r.body != "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	header.Set("Cache-Control", r.maxAge)
	header[requestIDHeader] = []string{string(x.ID)}
	x.w.WriteHeader(r.status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write([]byte(r.body)) // a visitor who is gone misses nothing
	}
}
