package wire

import "strings"

// head is what a request line and its fields say about how the request is framed and for whom it is.
type head struct {
	authority string // of a target in absolute form, as it was written; empty for another form
	host      string // kept to be compared with authority
	old       bool   // HTTP/1.0

	hosts   int
	fields  int
	length  int64
	lengths int
	codings int
	chunked bool
	upgrade bool
}

// takeRequestLine reads "GET /path HTTP/1.1".
func (h *head) takeRequestLine(line []byte) *Violation {
	if len(line) == 0 {
		return BlankLine
	}
	m := 0
	for m < len(line) && isToken[line[m]] {
		m++
	}
	if m == 0 || m == len(line) || line[m] != ' ' {
		if m == len(line) { // one word alone
			return BadRequestLine
		}
		return BadMethod
	}
	method, rest := line[:m], line[m+1:]
	t := 0
	for t < len(rest) && rest[t] != ' ' {
		if !inTarget[rest[t]] {
			if rest[t] == '\r' {
				return BareCR
			}
			return BadTarget
		}
		t++
	}
	if t == 0 || t == len(rest) { // two spaces, or the request of HTTP/0.9
		return BadRequestLine
	}
	target, version := rest[:t], rest[t+1:]
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.old = true
	default:
		if len(version) == 8 && string(version[:5]) == "HTTP/" && isDigit(version[5]) && version[6] == '.' && isDigit(version[7]) {
			return BadVersion
		}
		return BadRequestLine
	}
	if !soundEscapes(target) {
		return BadTarget
	}
	if target[0] == '/' { // nearly always
		return nil
	}
	var v *Violation
	h.authority, v = form(string(method), string(target))
	return v
}

// takeField reads "Name: value".
func (h *head) takeField(line []byte, limits Limits) *Violation {
	if h.fields++; h.fields > limits.Fields {
		return HeadTooLarge
	}
	name, value, v := splitField(line)
	if v != nil {
		return v
	}
	switch len(name) { // only names of these lengths concern us
	case len("host"):
		if isNamed(name, "host") {
			for _, c := range value {
				if !inHost[c] {
					return BadHost
				}
			}
			if h.hosts++; h.authority != "" {
				h.host = string(value)
			}
		}
	case len("expect"):
		if isNamed(name, "expect") && !isNamed(value, "100-continue") {
			return BadExpect
		}
	case len("upgrade"):
		if isNamed(name, "upgrade") {
			h.upgrade = true
		}
	case len("content-length"):
		if isNamed(name, "content-length") {
			return h.takeLength(value)
		}
	case len("transfer-encoding"):
		if isNamed(name, "transfer-encoding") {
			h.chunked = isNamed(value, "chunked")
			h.codings++
		}
	}
	return nil
}

func (h *head) takeLength(value []byte) *Violation {
	if h.lengths++; h.lengths > 1 {
		return TwoLengths // also two that are equal: whoever joins them reads "5, 5"
	}
	if len(value) == 0 || len(value) > 18 { // more does not fit into 63 bits
		return BadLength
	}
	h.length = 0
	for _, c := range value {
		if !isDigit(c) {
			return BadLength
		}
		h.length = 10*h.length + int64(c-'0')
	}
	return nil
}

// check looks at what fields say together, once all are there.
func (h *head) check() *Violation {
	switch {
	case h.codings > 0 && h.old:
		return CodingInOld
	case h.codings > 0 && h.lengths > 0:
		return TwoLengths
	case h.codings > 1 || h.codings == 1 && !h.chunked:
		return BadCoding
	case h.hosts > 1:
		return TwoHosts
	case h.hosts == 0 && !h.old:
		return NoHost
	case h.authority != "" && h.hosts > 0 && !strings.EqualFold(h.host, h.authority):
		// The origin gets one Host. Which of two names was meant is a question that nobody should have to answer.
		return TwoHosts
	}
	return nil
}

// splitField checks one field line, which is not empty, and takes it apart.
func splitField(line []byte) (name, value []byte, v *Violation) {
	colon := 0
	for colon < len(line) && isToken[line[colon]] {
		colon++
	}
	switch {
	case colon < len(line) && line[colon] == ':' && colon > 0:
	case colon == 0 && (line[0] == ' ' || line[0] == '\t'):
		return nil, nil, FoldedLine
	case colon < len(line) && (line[colon] == ' ' || line[colon] == '\t'):
		return nil, nil, SpaceBeforeName
	default:
		return nil, nil, BadFieldName
	}
	value = line[colon+1:]
	for len(value) > 0 && (value[0] == ' ' || value[0] == '\t') {
		value = value[1:]
	}
	for len(value) > 0 && (value[len(value)-1] == ' ' || value[len(value)-1] == '\t') {
		value = value[:len(value)-1]
	}
	for _, c := range value {
		if !inValue[c] {
			if c == '\r' {
				return nil, nil, BareCR
			}
			return nil, nil, BadFieldValue
		}
	}
	return line[:colon], value, nil
}
