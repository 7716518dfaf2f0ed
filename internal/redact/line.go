package redact

import (
	"regexp"
	"strings"
)

// Line returns a line of a log fit to be kept: at most limit bytes, without what [Text] hides. It differs where logs differ
// from requests: a firewall's "session", "sid" and "signature" are numbers and names that an incident needs, so that such
// keys hide only what looks like a credential; and a command line's "-password x" hides x. Most lines hold nothing to hide, and
// one pass tells so.
func Line(s string, limit int) string {
	s = Clip(s, min(limit, MaxLen))
	s, seen := hideKeys(s)
	if seen&foreign != 0 && hasJapaneseKey(s) {
		s = hideGroup(japanese, s)
	}
	if seen&tokens != 0 {
		s = hideTokens(s)
	}
	if seen&numbers != 0 {
		s = hideNumbers(s)
	}
	return Clip(s, limit)
}

// seen is what a line may hold; saying so too often costs time, too seldom a secret.
type seen uint8

const (
	tokens  seen = 1 << iota // a credential of a known form
	numbers                  // as many digits as a card or a My Number has
	foreign                  // something beyond ASCII
)

// hideKeys hides the values of announced secrets and notes what else there may be.
func hideKeys(s string) (string, seen) {
	var out strings.Builder
	var found seen
	done := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch kinds[c] {
		case ordinary:
			continue
		case letter:
			if i+2 >= len(s) || pairs[c&31]>>(s[i+1]&31)&1 == 0 {
				continue
			}
		case digit:
			end, suspicious := digitRun(s, i)
			if suspicious && found&numbers == 0 {
				if around := s[max(0, i-1):min(len(s), end+1)]; hideNumbers(around) != around {
					found |= numbers
				}
			}
			i = end - 1
			continue
		}
		switch {
		case c >= 0x80:
			found |= foreign
			if c == 0xEF && i+2 < len(s) && s[i+1] == 0xBC && s[i+2] >= 0x90 && s[i+2] <= 0x99 {
				found |= numbers
			}
		case c == ':' && strings.HasPrefix(s[i:], "://"):
			if end := strings.IndexAny(s[i+3:], "@ \"/"); end >= 0 && s[i+3+end] == '@' {
				found |= tokens
			}
		case kinds[c] == letter:
			switch startOf(c, s[i+1], s[i+2]) {
			case credential:
				found |= tokens
			case name:
				from, to := keyAround(s, max(done, i-maxName), i)
				if isWeak(c, s[i+1], s[i+2]) && to < len(s) && isShortValue(s[to:]) {
					continue // sessionid=0; a password further on in the name is found by its own letters
				}
				start, end := announcedValue(s, from, to)
				if end > start {
					out.WriteString(s[done:start])
					out.WriteString(Mark)
					done = end
					i = end - 1
				} else {
					i = max(i, to-1)
				}
			}
		}
	}
	if done == 0 {
		return s, found
	}
	out.WriteString(s[done:])
	return out.String(), found
}

// Kinds of bytes, so that most of a line is passed over at a glance.
const (
	ordinary = iota
	letter
	digit
	other
)

var (
	kinds [256]uint8
	pairs [32]uint32 // by a letter, which letters may follow where startOf says more than nothing
)

func init() {
	for c := range kinds {
		switch {
		case c >= '0' && c <= '9':
			kinds[c] = digit
		case c >= 0x80 || c == ':':
			kinds[c] = other
		}
	}
	const next = "abcdefghijklmnopqrstuvwxyz_-J"
	for a := byte('a'); a <= 'z'; a++ {
		for _, b := range []byte(next) {
			for _, c := range []byte(next) {
				if startOf(a, b, c) != nothing {
					kinds[a], kinds[a-'a'+'A'] = letter, letter
					pairs[a&31] |= 1 << (b & 31)
				}
			}
		}
	}
}

// digitRun reads digits with at most one separator between two of them and reports whether they may hold a card number or a
// My Number. No card begins with 0, 1, 7, 8 or 9 (ISO/IEC 7812); a My Number has twelve digits, or four three times.
func digitRun(s string, from int) (end int, suspicious bool) {
	var digits, groups, fours, length int
	var first byte
	card := false
	for end = from; ; end++ {
		if end < len(s) && kinds[s[end]] == digit {
			if length == 0 {
				first = s[end]
			}
			length++
			continue
		}
		if length < 3 { // a part of a date, an address or a telephone number
			suspicious = suspicious || card && digits >= 14 || fours >= 3
			digits, groups, fours, card = 0, 0, 0, false
		} else {
			digits, groups = digits+length, groups+1
			card = card || first >= '2' && first <= '6'
		}
		if length == 4 {
			fours++
		}
		if end+1 >= len(s) || kinds[s[end+1]] != digit || strings.IndexByte(" -+.", s[end]) < 0 {
			break
		}
		length = 0
	}
	return end, suspicious || card && digits >= 14 || fours >= 3 || groups == 1 && digits == 12
}

type start uint8

const (
	nothing start = iota
	name
	credential
)

// startOf tells from three letters what may begin there: the name of a secret, or a credential that shows by its own form.
func startOf(a, b, c byte) start {
	if a == 'e' && b == 'y' && c == 'J' {
		return credential
	}
	switch a, b, c = a|0x20, b|0x20, c|0x20; a {
	case 'p':
		if b == 'a' && (c == 's' || c == 'n') || b == 'w' || b == 'i' && c == 'n' || b == 'r' && c == 'i' {
			return name
		}
	case 's':
		if b == 'e' && (c == 'c' || c == 's') || b == 'i' && (c == 'd' || c == 'g') || b == 's' && c == 'n' {
			return name
		}
	case 't':
		if b == 'o' && (c == 'k' || c == 't') {
			return name
		}
	case 'c':
		if b == 'o' && c == 'o' || b == 'r' && c == 'e' || b == 's' && (c == 'r' || c == 'c') || b == 'a' && c == 'r' || b == 'c' && c == 'n' || b == 'v' && (c == 'v' || c == 'c') {
			return name
		}
	case 'a':
		switch {
		case b == 'u' && c == 't', b == 'p' && c == 'i', b == 'c' && c == 'c', b == 'n' && c == 's':
			return name
		case b == 'k' && c == 'i', b == 's' && c == 'i', b == 'i' && c == 'z':
			return credential
		}
	case 'o':
		if b == 't' && c == 'p' || b == 'a' && c == 'u' {
			return name
		}
	case 'x':
		if b == 's' && c == 'r' {
			return name
		}
		if b == 'o' && c == 'x' {
			return credential
		}
	case 'm':
		if b == 'y' && (c == 'n' || c == '_'|0x20 || c == '-'|0x20) {
			return name
		}
	case 'k':
		if b == 'o' && c == 'j' {
			return name
		}
		if b == '_'|0x20 && c == 'l' {
			return credential
		}
	case 'j':
		if b == 'w' && c == 't' {
			return name
		}
	case 'h':
		if b == 'm' && c == 'a' {
			return name
		}
	case 'n':
		if b == 'o' && c == 'n' {
			return name
		}
	case 'b':
		if b == 'e' && c == 'a' || b == 'a' && c == 's' {
			return credential
		}
	case 'g':
		if b == 'h' && (c == 'p' || c == 'o' || c == 'u' || c == 's' || c == 'r') {
			return credential
		}
	}
	return nothing
}

// isWeak reports whether what three letters begin is a secret only if its value looks like one: session, signature, sid, ssn,
// nonce, hmac.
func isWeak(a, b, c byte) bool {
	switch a, b, c = a|0x20, b|0x20, c|0x20; a {
	case 's':
		return b == 'i' || b == 's' || b == 'e' && c == 's'
	case 'n', 'h':
		return true
	}
	return false
}

// keyAround returns where the key begins and ends that holds the letter at i.
func keyAround(s string, from, i int) (start, end int) {
	start = i
	for start > from && inKey(s[start-1]) {
		start--
	}
	for end = i; end < len(s) && end < i+maxName && inKey(s[end]); end++ {
	}
	return start, end
}

func inKey(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '[' || c == ']' || c >= 0x80
}

var (
	separator = regexp.MustCompile(`^(?:\\?["']|%2[27])?(?:\s{0,4}(?:=>|[=:>]|%3[AaDd]|\\u003[dD]|＝|：)\s{0,4}|\s{1,4}is\s{1,4})(\\?["']|%2[27]|[「『])?`)
	// What a message says of a password is no password.
	state = regexp.MustCompile(`(?i)^(?:incorrect|invalid|wrong|expired|required|empty|missing|too|not|n/a|none|null|true|false|yes|no|set|changed|success|fail\w*|\(?null\)?)\b`)
)

// announcedValue returns where the value stands that the key in s[from:to] announces, or an empty range if it is none to
// hide.
func announcedValue(s string, from, to int) (start, end int) {
	key := s[from:to]
	if to >= len(s) || strings.IndexByte("\\\"'%= :>\t", s[to]) < 0 && s[to] < 0x80 {
		return 0, 0
	}
	strong := strongName(key)
	rest := s[to:]
	if !strong && (isShortValue(rest) || !secretName(key)) {
		return 0, 0
	}
	at := separator.FindStringSubmatchIndex(rest[:min(len(rest), 64)])
	quote := ""
	switch {
	case at != nil && at[2] >= 0:
		quote, start = rest[at[2]:at[3]], to+at[1]
	case at != nil:
		start = to + at[1]
	case strong && rest[0] == ' ' && (key[0] == '-' || from > 0 && s[from-1] == '/' && (from == 1 || s[from-2] == ' ')): // -password x, /pass x
		start = to + 1
	default:
		return 0, 0
	}
	if start >= len(s) {
		return 0, 0
	}
	rest = s[start:]
	if !strong { // a credential is shorter, and a line full of such keys costs no more than its length
		rest = rest[:min(len(rest), 512)]
	}
	end = start + valueLength(rest, quote, key)
	value := s[start:end]
	if state.MatchString(value) || !strong && !looksSecret(value) {
		return 0, 0
	}
	return start, end
}

// isShortValue reports whether what follows a key is plainly too short for a credential: sessionid=0.
func isShortValue(rest string) bool {
	if rest[0] != '=' {
		return false
	}
	end := strings.IndexByte(rest, ' ')
	return end >= 0 && end < 16 || end < 0 && len(rest) < 16
}

// strongParts name a secret wherever they stand in a key, strongWords as a word of their own.
var (
	strongParts = []string{
		"password", "passwd", "passphrase", "passcode", "secret", "token", "cookie", "credential", "authorization", "apikey", "accesskey", "privatekey",
		"phpsessid", "jsessionid", "csrf", "xsrf", "cardn", "ccnumber", "securitycode", "mynumber", "kojin", "ansyou", "anshou",
	}
	strongWords = map[string]bool{"pass": true, "pw": true, "pwd": true, "pin": true, "otp": true, "totp": true, "jwt": true, "cvv": true, "cvc": true}
)

// strongName reports whether a key leaves no doubt that it names a secret. The other names of [secretName] mean something
// else in logs: a firewall's session, a rule's signature, a security id.
func strongName(key string) bool {
	var letters, word [maxName]byte
	n, w := 0, 0
	for i := 0; i < len(key) && n < maxName; i++ {
		c := key[i]
		if c >= 'A' && c <= 'Z' {
			if w > 0 && i > 0 && key[i-1] >= 'a' && key[i-1] <= 'z' { // userPin
				if strongWords[string(word[:w])] {
					return true
				}
				w = 0
			}
			c += 'a' - 'A'
		}
		switch {
		case c >= 'a' && c <= 'z':
			letters[n], word[w] = c, c
			n, w = n+1, w+1
		case c >= '0' && c <= '9':
		default:
			if strongWords[string(word[:w])] {
				return true
			}
			w = 0
		}
	}
	if strongWords[string(word[:w])] {
		return true
	}
	name := string(letters[:n])
	for _, part := range strongParts {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// looksSecret reports whether a value could be a credential: long, of one piece, letters and digits mixed.
func looksSecret(value string) bool {
	letters, digits := 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		case c >= '0' && c <= '9':
			digits++
		case c == ' ':
			return false
		}
	}
	return len(value) >= 16 && letters >= 4 && digits >= 4
}

func hasJapaneseKey(s string) bool {
	for _, word := range []string{"パスワード", "暗証番号", "認証コード", "マイナンバー", "個人番号", "カード番号", "セキュリティコード", "ＰＷ", "合言葉"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
