package proxy

import "github.com/sekisho-waf/sekisho"

const requestIDHeader = "X-Request-Id"

// nameRequest gives the request its number. A number that the visitor brought is dropped: whoever could choose it could
// make two requests look like one.
func (s *Server) nameRequest(x *exchange) bool {
	x.ID = sekisho.NewEventID(x.began)
	delete(x.r.Header, requestIDHeader)
	return true
}
