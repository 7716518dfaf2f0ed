package proxy

import (
	"net/http"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Challenges knows what certificate authorities ask for while a certificate of ours is on order (RFC 8555, 8.3).
type Challenges interface {
	// HTTPChallenge returns what is to be answered to a token. It answers from memory.
	HTTPChallenge(token string) (answer string, ok bool)
}

const challengePath = "/.well-known/acme-challenge/"

// answerChallenge answers the tokens of our own orders, whatever host they are asked of: an origin that is not ours yet
// may send the authority on to us. The tokens are the authority's random numbers, so they tell nothing. Any other token
// goes on to the origin, so that the origin's own renewals live.
func (s *Server) answerChallenge(x *exchange) bool {
	token, asked := strings.CutPrefix(x.r.URL.Path, challengePath)
	if !asked || s.challenges == nil || x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return true
	}
	answer, ours := s.challenges.HTTPChallenge(token)
	if !ours {
		return true
	}
	x.decision = sekisho.Decision{Action: sekisho.ActionPassed, Reason: sekisho.ReasonChallenge, Status: http.StatusOK}
	x.reply = &reply{status: http.StatusOK, body: answer, maxAge: "no-store"}
	return false
}
