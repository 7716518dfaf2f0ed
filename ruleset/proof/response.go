package proof

import (
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/sekisho-waf/sekisho"
)

// Response looks at the response half of an exchange whose request was clean.
func (p *Proof) Response(x *sekisho.Exchange) Answer {
	if p.slowResponse != "" {
		return Answer{}
	}
	s := p.scans.Get().(*scan)
	s.begin(&p.response, len(x.ResponseBody))
	p.visitResponse(s, x)
	s.count()
	answer := Answer{s.end(), s.cause}
	p.scans.Put(s)
	return answer
}

// visitResponse visits every value of a response, as it is shown to Coraza.
func (p *Proof) visitResponse(s *scan, x *sekisho.Exchange) {
	s.value(responseStatus, "", s.text(strconv.AppendInt(s.room(20), int64(x.Status), 10)))
	s.value(responseProtocol, "", x.Protocol)
	kind, types := "", 0
	for _, f := range x.ResponseHeader {
		if f.Name == "" {
			s.slow(0)
			return
		}
		if x.ResponseBody != nil && strings.EqualFold(f.Name, "Content-Encoding") {
			continue // the body is decoded
		}
		value := f.Value
		if strings.EqualFold(f.Name, "Content-Type") {
			types++
			kind, _, _ = strings.Cut(value, ";")
			kind = strings.ToLower(strings.TrimSpace(kind))
			// The rules see the media type as kind, but only if somebody looks.
			if s.side.sources[responseHeaders] != nil {
				_, parameters, has := strings.Cut(value, ";")
				if value = kind; has {
					value += ";" + parameters
				}
			}
		}
		s.value(responseHeaders, f.Name, value)
		s.value(responseHeaderNames, f.Name, f.Name)
	}
	if types > 1 {
		s.slow(0)
		return
	}
	s.value(responseType, "", kind)

	limit := p.options.ResponseBodyLimit
	body := x.ResponseBody
	if int64(len(body)) > limit {
		body = body[:limit]
	}
	if limit == 0 || !slices.Contains(p.options.ResponseTypes, kind) {
		s.value(responseBody, "", "")
		s.value(responseLength, "", "")
		return
	}
	s.value(responseBody, "", unsafe.String(unsafe.SliceData(body), len(body)))
	s.value(responseLength, "", s.text(strconv.AppendInt(s.room(20), int64(len(body)), 10)))
}
