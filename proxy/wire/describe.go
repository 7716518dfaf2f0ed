package wire

import "bytes"

// describe reads what can be read of a head that breaks a rule: bytes is its beginning.
func describe(head []byte) (r Refusal) {
	lines := bytes.Split(head, []byte("\n"))
	for i, line := range lines {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if i == 0 {
			method, rest, _ := bytes.Cut(line, []byte(" "))
			target, _, _ := bytes.Cut(rest, []byte(" "))
			r.Method, r.Target = string(method), string(target)
			continue
		}
		if len(line) == 0 {
			break
		}
		name, value, v := splitField(line)
		if v == nil && isNamed(name, "host") {
			if r.Host != "" {
				r.Host = ""
				return r
			}
			r.Host = string(value)
		}
	}
	return r
}
