package wire

import "strings"

// CheckRequest checks method and target of a request that did not come over an HTTP/1 connection: HTTP/2 carries both in
// fields, where a space or a "#" is only a byte, and an HTTP/1 origin would read them as the end of something.
func CheckRequest(method, target string) *Violation {
	if method == "" {
		return BadMethod
	}
	for i := range len(method) {
		if !isToken[method[i]] {
			return BadMethod
		}
	}
	if target == "" {
		return BadTarget
	}
	for i := range len(target) {
		if !inTarget[target[i]] {
			return BadTarget
		}
	}
	if !soundEscapes([]byte(target)) {
		return BadTarget
	}
	if target[0] == '/' || target == "*" && method == "OPTIONS" {
		return nil
	}
	return BadTarget
}

// soundEscapes reports whether every "%" of a path is followed by two digits: what it stands for otherwise is each
// server's own idea, and net/http has none. In a query servers agree to leave it as it is.
func soundEscapes(target []byte) bool {
	for i := 0; i < len(target) && target[i] != '?'; i++ {
		if target[i] != '%' {
			continue
		}
		if i+2 >= len(target) {
			return false
		}
		for _, c := range target[i+1 : i+3] {
			if _, ok := hexDigit(c); !ok {
				return false
			}
		}
	}
	return true
}

// form checks a target that is not a path (3.2): an absolute one, whose authority it returns, or the asterisk of OPTIONS.
// The authority form belongs to CONNECT, and we are nobody's forward proxy.
func form(method, target string) (authority string, v *Violation) {
	if target == "*" && method == "OPTIONS" {
		return "", nil
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", BadTarget
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority = rest[:end]
	if authority == "" || strings.ContainsAny(authority, `@\`) {
		return "", BadTarget
	}
	return authority, nil
}

// isNamed reports whether name is want in letters of any case; want is in lower case.
func isNamed(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Which bytes may stand where. A table, since every byte of every head is looked up.
var (
	isToken  [256]bool // RFC 9110, 5.6.2
	inValue  [256]bool // RFC 9110, 5.5: everything but control characters; a tab may stay
	inTarget [256]bool
	inHost   [256]bool // of a name, an address or a port
)

func init() {
	for c := range 256 {
		b := byte(c)
		isToken[c] = 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || isDigit(b) || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
		inValue[c] = b >= ' ' && b != 0x7f || b == '\t'
		inHost[c] = 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || isDigit(b) || strings.IndexByte(".-_:[]", b) >= 0
		// More than RFC 3986 allows, because browsers send it and servers agree about it: "|", quotes, raw UTF-8. Not "#":
		// nginx drops what stands behind it, so that what was inspected would not be what is served.
		inTarget[c] = b > ' ' && b != 0x7f && b != '#'
	}
}
