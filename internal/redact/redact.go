// Package redact hides what may not be kept: passwords, tokens, cookies, session ids, card numbers and My Numbers. It
// owns what counts as one of them; when to redact is the caller's business, and the answer is: before anything leaves
// memory. A pure leaf, safe for concurrent use, linear in its input.
//
// Start with [Value] for a parameter or header whose name is known, and [Text] for everything else. Both return at most
// [MaxLen] bytes of valid UTF-8. Control characters are left for whoever prints them.
package redact

import (
	"strings"
	"unicode/utf8"
)

// Mark stands where something was hidden.
const Mark = "[redacted]"

// MaxLen bounds what is read and what is returned; the rest is dropped.
const MaxLen = 16 << 10

// Value returns the value of a parameter, header, cookie or field fit to be kept: [Mark] if the name says that it holds
// a secret, else as [Text] does. An empty value stays empty.
func Value(name, value string) string {
	if value == "" {
		return ""
	}
	if secretName(name) {
		return Mark
	}
	return Text(value)
}

// Text returns text fit to be kept: secrets that a key in the text announces (password=..., "token": "...",
// Authorization: ..., パスワードは...), bearer tokens, JSON web tokens, passwords in URLs, card numbers (by length,
// issuer and check digit) and My Numbers (by check digit) are replaced by [Mark].
func Text(s string) string {
	s = Clip(s, MaxLen)
	s = hideAnnounced(s)
	s = hideTokens(s)
	s = hideNumbers(s)
	return Clip(s, MaxLen)
}

// Valid returns s without the bytes that are not UTF-8.
func Valid(s string) string {
	if utf8.ValidString(s) { // eight bytes at a time where they are ASCII
		return s
	}
	return strings.ToValidUTF8(s, "")
}

// Clip returns the first bytes of s, at most limit, as valid UTF-8: no character is cut in half.
func Clip(s string, limit int) string {
	if len(s) > limit {
		end := max(0, limit)
		for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return Valid(s)
}
