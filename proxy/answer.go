package proxy

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// answer writes our own page where the origin's answer did not go out.
func (s *Server) answer(x *exchange) {
	if x.w.status != 0 {
		x.decision.Status = x.w.status
		return
	}
	if x.decision.Status == 0 || x.decision.Status == statusVisitorLeft {
		return // nobody is there
	}
	if x.reply != nil {
		x.reply.write(x)
		return
	}
	body, contentType := s.pages.render(x)
	header := x.w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept, Accept-Language")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header[requestIDHeader] = []string{string(x.ID)}
	if x.hangUp || x.conn != nil && (x.decision.Reason == sekisho.ReasonMalformed || x.decision.Reason == sekisho.ReasonBodyTooLarge) {
		header["Connection"] = []string{"close"} // where the next request would begin is in doubt, or the connection is to go
	}
	switch {
	case x.retryAfter > 0:
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(x.retryAfter.Seconds()))))
	case x.decision.Status == http.StatusServiceUnavailable:
		header.Set("Retry-After", "30")
	}
	x.w.WriteHeader(x.decision.Status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body) // a visitor who is gone misses nothing
	}
}

// wantsJSON reports whether the visitor is a program: it asks for JSON and not for a page.
func wantsJSON(header http.Header) bool {
	accept := strings.ToLower(strings.Join(header["Accept"], ","))
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// prefersEnglish reports whether English stands before Japanese in what the visitor reads. Japanese is the default:
// the sites' visitors are in Japan.
func prefersEnglish(header http.Header) bool {
	for language := range strings.SplitSeq(strings.ToLower(strings.Join(header["Accept-Language"], ",")), ",") {
		switch language = strings.TrimSpace(language); {
		case strings.HasPrefix(language, "ja"):
			return false
		case strings.HasPrefix(language, "en"):
			return true
		}
	}
	return false
}
