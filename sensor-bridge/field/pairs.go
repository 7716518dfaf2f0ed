// Package field reads the small things that sensors write: key=value pairs, addresses, ports, times, columns, hashes.
//
// It owns their many spellings and leaves their meaning to the decoders. Pure; every function takes any input.
package field

import (
	"iter"
	"strings"
)

// Pairs ranges over key=value pairs. A value ends at the next space, or stands in double or single quotes, where a
// backslash escapes a quote. Words without an equals sign are passed over; a quote that is never closed ends with the
// text. Space, comma and semicolon may divide the pairs.
func Pairs(s string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for s != "" {
			equals := strings.IndexByte(s, '=')
			if equals < 0 {
				return
			}
			start := equals
			for start > 0 && !divides(s[start-1]) && s[start-1] != '"' {
				start--
			}
			key := s[start:equals]
			var value string
			value, s = cutValue(s[equals+1:])
			if key != "" && !yield(key, value) {
				return
			}
		}
	}
}

func divides(c byte) bool {
	return c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\n' || c == '\r'
}

// cutValue reads one value off s.
func cutValue(s string) (value, rest string) {
	if s == "" {
		return "", ""
	}
	if quote := s[0]; quote == '"' || quote == '\'' {
		escaped := false
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				if i+1 < len(s) && (s[i+1] == quote || s[i+1] == '\\') {
					// C:\temp\" at the end of a value: a backslash and the closing quote, if another pair or nothing follows.
					if s[i+1] == quote && closesHere(s[i+2:]) {
						continue
					}
					escaped = true
					i++
				}
			case quote:
				if value = s[1:i]; escaped {
					value = unescape(value, quote)
				}
				return value, s[i+1:]
			}
		}
		return s[1:], ""
	}
	for i := range len(s) {
		if divides(s[i]) {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// closesHere reports whether another pair, or nothing, follows.
func closesHere(s string) bool {
	if s == "" {
		return true
	}
	if !divides(s[0]) {
		return false
	}
	word, _, found := strings.Cut(strings.TrimLeft(s, " ,;\t"), "=")
	return found && word != "" && !strings.ContainsAny(word, " \"'")
}

func unescape(s string, quote byte) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == quote || s[i+1] == '\\') {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// Set is a list of pairs, for looking up. Keys are as sent; of equal keys the first counts.
type Set []struct{ Key, Value string }

// Collect gathers pairs into a Set, at most 500.
func Collect(pairs iter.Seq2[string, string]) Set {
	set := make(Set, 0, 48)
	for key, value := range pairs {
		if len(set) == 500 {
			break
		}
		set = append(set, struct{ Key, Value string }{key, value})
	}
	return set
}

// Get returns the first value among several keys that is not empty.
func (s Set) Get(keys ...string) string {
	for _, key := range keys {
		for i := range s {
			if s[i].Key == key && s[i].Value != "" {
				return s[i].Value
			}
		}
	}
	return ""
}

// Labelled returns the value of the first custom field of CEF among several labels that says so: cs6Label=Command Line
// cs6=... Case and spaces of a label do not count.
func (s Set) Labelled(labels ...string) string {
	for _, label := range labels {
		for i := range s {
			if key, found := strings.CutSuffix(s[i].Key, "Label"); found && sameLabel(s[i].Value, label) {
				if value := s.Get(key); value != "" {
					return value
				}
			}
		}
	}
	return ""
}

func sameLabel(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, " ", ""), strings.ReplaceAll(b, " ", ""))
}
