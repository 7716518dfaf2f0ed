package proof

import (
	"net/url"
	"strconv"
	"strings"
	"unsafe"

	"github.com/sekisho-waf/sekisho"
)

// An Answer is what the proof says of one half of an exchange.
type Answer struct {
	Clean bool
	// Rule is the first rule that could not be excluded; 0 when the exchange is clean, or when it is of a kind that the
	// proof does not look at, or when looking became too expensive.
	Rule int
}

// Request looks at the request half of an exchange. It keeps nothing of it.
func (p *Proof) Request(x *sekisho.Exchange) Answer {
	if p.slow != "" {
		return Answer{}
	}
	s := p.scans.Get().(*scan)
	s.begin(&p.request, len(x.Target)+len(x.Body))
	p.visitRequest(s, x)
	s.count()
	answer := Answer{s.end(), s.cause}
	p.scans.Put(s)
	return answer
}

// visitRequest visits every value of a request, as Coraza would make it.
func (p *Proof) visitRequest(s *scan, x *sekisho.Exchange) {
	if x.BodyCut || int64(len(x.Body)) > p.options.BodyLimit || strings.IndexByte(x.Target, '#') >= 0 {
		s.slow(0)
		return
	}
	contentType, hosts := p.headers(s, x)
	if hosts == 0 && x.Host != "" {
		s.value(headers, "Host", x.Host)
		s.value(headerNames, "Host", "Host")
	}
	address := ""
	if addr := x.Client.Addr(); addr.IsValid() {
		address = s.text(addr.Unmap().WithZone("").AppendTo(s.room(64)))
	}
	s.value(clientAddress, "", address)
	s.value(serverName, "", x.Host)
	p.target(s, x)

	reader := p.bodyProcessor(contentType)
	s.value(bodyProcessor, "", reader)
	body := unsafe.String(unsafe.SliceData(x.Body), len(x.Body))
	if body == "" {
		s.value(requestBody, "", "")
		s.value(bodyLength, "", "0")
		return
	}
	switch reader {
	case urlencoded:
		s.pairs(bodyArgs, bodyArgNames, body, p.options.ArgumentLimit)
		s.value(requestBody, "", body)
		s.value(bodyLength, "", s.text(strconv.AppendInt(s.room(20), int64(len(body)), 10)))
	case jsonBody: // the text itself is not shown to the rules
		if !s.json(body, p.options.ArgumentLimit, p.options.JSONDepth) {
			s.slow(0)
		}
		s.value(requestBody, "", "")
		s.value(bodyLength, "", "0")
	case multipart:
		if p.slowParts != "" || !s.parts(contentType, body, p.options.ArgumentLimit) {
			s.slow(0)
		}
		s.value(requestBody, "", "")
		s.value(bodyLength, "", "0")
	default:
		s.slow(0)
	}
}

// headers visits the fields of the header and the cookies in them. It returns the Content-Type, and how many times there
// is a Host.
func (p *Proof) headers(s *scan, x *sekisho.Exchange) (contentType string, hosts int) {
	types := 0
	for _, f := range x.Header {
		if f.Name == "" {
			s.slow(0)
			return
		}
		s.value(headers, f.Name, f.Value)
		s.value(headerNames, f.Name, f.Name)
		switch len(f.Name) {
		case 4:
			if strings.EqualFold(f.Name, "host") {
				hosts++
			}
		case 12:
			if strings.EqualFold(f.Name, "content-type") {
				contentType = f.Value
				types++
			}
		default:
			if len(f.Name) < 6 || len(f.Name) > 9 || s.lowered(f.Name) != "cookie" {
				continue
			}
			s.cookies(f.Value)
		}
	}
	if types > 1 {
		s.slow(0)
	}
	return contentType, hosts
}

// cookies visits the pairs of a Cookie field.
func (s *scan) cookies(text string) {
	for part := range strings.SplitSeq(trimControls(text), ";") {
		name, value, _ := strings.Cut(trimControls(part), "=")
		name, value = trimControls(name), trimControls(value)
		if name == "" && value == "" {
			continue
		}
		s.value(cookies, name, value)
		s.value(cookieNames, name, name)
	}
}

// trimControls takes away ASCII control characters and spaces around a text.
func trimControls(s string) string {
	for s != "" && (s[0] <= 0x20 || s[0] == 0x7F) {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] <= 0x20 || s[len(s)-1] == 0x7F) {
		s = s[:len(s)-1]
	}
	return s
}

// target visits the request line and what is in it.
func (p *Proof) target(s *scan, x *sekisho.Exchange) {
	s.value(method, "", x.Method)
	s.value(protocol, "", x.Protocol)
	s.value(rawURI, "", x.Target)
	line := append(s.room(len(x.Method)+len(x.Target)+len(x.Protocol)+2), x.Method...)
	line = append(append(append(append(line, ' '), x.Target...), ' '), x.Protocol...)
	s.value(requestLine, "", s.text(line))

	path, query, uri := x.Target, "", x.Target
	if !plainTarget(x.Target) {
		parsed, err := url.ParseRequestURI(x.Target)
		if err != nil {
			s.slow(0)
			return
		}
		path, query, uri = parsed.Path, parsed.RawQuery, parsed.String()
	} else if at := strings.IndexByte(path, '?'); at >= 0 {
		path, query = path[:at], path[at+1:]
	}
	s.value(requestURI, "", uri)
	s.value(filename, "", path)
	base := path
	if at := strings.LastIndexAny(path, `/\`); at >= 0 && at+1 < len(path) {
		base = path[at+1:]
	}
	s.value(basename, "", base)
	s.value(queryString, "", query)
	s.pairs(queryArgs, queryArgNames, query, p.options.ArgumentLimit)
}

// plainTarget reports whether net/url would take a target apart and put it together again without a change.
func plainTarget(target string) bool {
	if target == "" || target[0] != '/' || strings.HasPrefix(target, "//") || target[len(target)-1] == '?' {
		return false
	}
	path := true
	for i := range len(target) {
		c := target[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '/' || c == '-' || c == '_' || c == '.' || c == '~':
		case c == '?':
			path = false
		case path || c <= ' ' || c >= 0x7F:
			return false
		}
	}
	return true
}

// pairs visits the arguments in a query or a form.
func (s *scan) pairs(values, names source, text string, limit int) {
	count := 0
	for text != "" && s.clean {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		if pair == "" {
			continue
		}
		if count++; count > limit {
			s.slow(0)
			return
		}
		name, value, _ := strings.Cut(pair, "=")
		name = s.unescape(name)
		s.value(values, name, s.unescape(value))
		s.value(names, name, name)
	}
}

// unescape decodes %XX and +, and leaves what is no escape as it stands.
func (s *scan) unescape(text string) string {
	if strings.IndexByte(text, '%') < 0 && strings.IndexByte(text, '+') < 0 {
		return text
	}
	out := s.room(len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(text) && unhex(text[i+1]) >= 0 && unhex(text[i+2]) >= 0:
			c = byte(unhex(text[i+1])<<4 | unhex(text[i+2]))
			i += 2
		}
		out = append(out, c)
	}
	return s.text(out)
}

// room returns an empty slice at the end of the arena with room for so many bytes; text keeps what was put into it.
func (s *scan) room(bytes int) []byte {
	if cap(s.arena)-len(s.arena) < bytes {
		s.arena = make([]byte, 0, max(2*cap(s.arena), bytes, 1024)) // what is in the old one stays there
	}
	return s.arena[len(s.arena):]
}

func (s *scan) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	s.arena = s.arena[:len(s.arena)+len(b)]
	return unsafe.String(unsafe.SliceData(b), len(b))
}
