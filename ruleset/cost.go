package ruleset

import (
	"bytes"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

// What the rules will take for an exchange is told from a few numbers, because Coraza cannot be interrupted by anybody but
// its own operators, and a queue that is fair needs to know before it begins what is large. It need not be exact: what work
// really took is charged afterwards, and a budget ends it in the middle ([budgeted]).
//
// The prices are of paranoia level 1, measured as docs/benchmarks.md says ("The price list of the slow lane").
const (
	priceExchange  = 600 * time.Microsecond // the rules, with nothing to look at
	priceArgument  = 210 * time.Microsecond // each, for a hundred rules that look at its name and its value
	priceElement   = 45 * time.Microsecond  // of XML
	priceArgByte   = 600 * time.Nanosecond  // of arguments, cookies and text in XML
	priceHeadByte  = 150 * time.Nanosecond  // of the target and of headers
	priceFileByte  = 15 * time.Nanosecond   // of an uploaded file: only the multipart reader looks at it
	priceNoiseByte = 5 * time.Microsecond   // of binary that rules read as text: the automata know no noise
	priceAnswer    = 400 * time.Microsecond // the rules of a response
	priceShownByte = 400 * time.Nanosecond  // of a response body
)

// levelPrice is how much more the rules of a paranoia level take, in tenths.
var levelPrice = [...]time.Duration{10, 10, 14, 16, 17}

// predictRequest says what the rules will probably take for a request.
func predictRequest(x *sekisho.Exchange, policy sekisho.Policy, mode sekisho.Mode) time.Duration {
	cost := priceExchange + time.Duration(len(x.Target))*priceHeadByte
	limit := argLimit{profileOf(policy).args, mode == sekisho.ModeBlock}
	if _, query, ok := strings.Cut(x.Target, "?"); ok {
		cost += limit.pairs(strings.Count(query, "&")+1, len(query))
	}
	contentType := ""
	for _, f := range x.Header {
		price := priceHeadByte
		switch {
		case len(f.Name) == 6 && strings.EqualFold(f.Name, "cookie"):
			cost += time.Duration(min(limit.most, strings.Count(f.Value, ";")+1)) * priceArgument / 2
			price = priceArgByte
		case strings.EqualFold(f.Name, "content-type"):
			contentType = strings.ToLower(strings.TrimSpace(f.Value))
		}
		cost += time.Duration(len(f.Value)) * price
	}
	if len(x.Body) > 0 {
		body := x.Body[:min(int64(len(x.Body)), policy.BodyLimit)]
		cost += bodyPrice(contentType, body, policy.Profile, limit)
	}
	return cost * levelPrice[policy.ParanoiaLevel] / 10
}

// predictResponse says what the rules will probably take for a response.
func predictResponse(x *sekisho.Exchange, policy sekisho.Policy) time.Duration {
	shown := min(int64(len(x.ResponseBody)), policy.ResponseBodyLimit)
	return (priceAnswer + time.Duration(shown)*priceShownByte) * levelPrice[policy.ParanoiaLevel] / 10
}

// An argLimit is how many arguments are looked at, and whether more of them end the exchange before anything else looks.
type argLimit struct {
	most int
	ends bool
}

func (l argLimit) pairs(pairs, size int) time.Duration {
	if pairs > l.most && l.ends {
		return time.Duration(size) * priceFileByte
	}
	if pairs > l.most { // the rest is cut off
		size = size / pairs * l.most
		pairs = l.most
	}
	return time.Duration(pairs)*priceArgument + time.Duration(size)*priceArgByte
}

func bodyPrice(contentType string, body []byte, profile sekisho.Profile, limit argLimit) time.Duration {
	switch {
	case strings.HasPrefix(contentType, "multipart/form-data"):
		return partsPrice(body, limit.most)
	case jsonType.MatchString(contentType):
		return limit.pairs(bytes.Count(body, []byte(","))+1, len(body))
	case xmlType.MatchString(contentType):
		return time.Duration(bytes.Count(body, []byte("<"))/2)*priceElement + time.Duration(len(body))*priceArgByte
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded") || profile == sekisho.ProfileStock: // which reads everything else as a form too
		return limit.pairs(bytes.Count(body, []byte("&"))+1, len(body)) + noisePrice(body)
	}
	return limit.pairs(1, len(body))
}

// partsPrice tells fields from files by what begins a part.
func partsPrice(body []byte, limit int) time.Duration {
	parts := bytes.Count(body, []byte("Content-Disposition"))
	files := bytes.Count(body, []byte("filename="))
	cost := time.Duration(min(parts, limit)) * priceArgument
	if files == 0 {
		return cost + time.Duration(len(body))*priceArgByte
	}
	return cost + time.Duration(len(body))*priceFileByte
}

// noisePrice is for what stands in no text: control characters and broken runes, told from a sample.
func noisePrice(body []byte) time.Duration {
	const samples = 256
	step := max(1, len(body)/samples)
	seen, noise := 0, 0
	for i := 0; i < len(body); i += step {
		seen++
		if c := body[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7F {
			noise++
		}
	}
	if noise*50 < seen { // one in fifty: random bytes have six
		return 0
	}
	return time.Duration(len(body)) * priceNoiseByte
}

// UseLane makes the rules run in a lane that the caller runs: no more at once, and for no longer, than the lane allows.
// Without one they run at once, in the caller's goroutine. It is for the time before the first [Pool.Acquire].
func (p *Pool) UseLane(lane *slowlane.Lane) { p.lane = lane }
