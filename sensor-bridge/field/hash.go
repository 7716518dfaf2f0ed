package field

import "strings"

// Hash returns the strongest of several hashes in lower case: SHA-256 before SHA-1 before MD5, told by their length. Each
// may be bare, or one of several in Sysmon's "MD5=...,SHA256=...". What is no hash is passed over, and so is one of zeros.
func Hash(candidates ...string) string {
	best := ""
	for _, candidate := range candidates {
		for word := range strings.FieldsFuncSeq(candidate, func(r rune) bool { return strings.ContainsRune(", ;=:\"'{}[]", r) }) {
			if (len(word) == 32 || len(word) == 40 || len(word) == 64) && len(word) > len(best) && isHash(word) {
				best = word
			}
		}
	}
	return strings.ToLower(best)
}

func isHash(s string) bool {
	zeros := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '0':
			zeros++
		case c >= '1' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return zeros < len(s)
}
