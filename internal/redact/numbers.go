package redact

import (
	"strings"
	"unicode/utf8"
)

// A group is a run of digits, ASCII or full-width, with nothing between them.
type group struct {
	start, end int    // in the text
	digits     string // as ASCII
	joined     bool   // one separator stands between it and the group before
}

// hideNumbers hides card numbers and My Numbers, whole or in groups with one separator between them.
func hideNumbers(s string) string {
	groups := digitGroups(s)
	var out strings.Builder
	done := 0
	for i := 0; i < len(groups); {
		n := numberAt(s, groups[i:])
		if n == 0 {
			i++
			continue
		}
		out.WriteString(s[done:groups[i].start])
		out.WriteString(Mark)
		done = groups[i+n-1].end
		i += n
	}
	out.WriteString(s[done:])
	return out.String()
}

// numberAt tells how many groups from the first on make up a number to hide, as many as possible; 0 if none.
func numberAt(s string, groups []group) int {
	var digits strings.Builder
	longest := 0
	for n, g := range groups {
		if n > 0 && (!g.joined || len(g.digits) < 3 || len(groups[0].digits) < 3) { // dates, phone numbers
			break
		}
		digits.WriteString(g.digits)
		if digits.Len() > 19 {
			break
		}
		switch {
		case isCard(digits.String()):
			longest = n + 1
		case digits.Len() == 12 && (n == 0 || n == 2 && len(groups[0].digits) == 4 && len(groups[1].digits) == 4) &&
			standsAlone(s, groups[0].start, g.end) && isMyNumber(digits.String()):
			longest = n + 1
		}
	}
	return longest
}

func digitGroups(s string) []group {
	var groups []group
	for i := 0; i < len(s); {
		digit, size := digitAt(s[i:])
		if size == 0 {
			i++
			continue
		}
		g := group{start: i}
		if n := len(groups); n > 0 {
			g.joined = isSeparator(s[groups[n-1].end:i])
		}
		var digits []byte
		for size > 0 {
			digits = append(digits, digit)
			i += size
			digit, size = digitAt(s[i:])
		}
		g.end, g.digits = i, string(digits)
		groups = append(groups, g)
	}
	return groups
}

func digitAt(s string) (digit byte, size int) {
	if s == "" {
		return 0, 0
	}
	if s[0] >= '0' && s[0] <= '9' {
		return s[0], 1
	}
	if r, size := utf8.DecodeRuneInString(s); r >= '０' && r <= '９' {
		return byte('0' + r - '０'), size
	}
	return 0, 0
}

func isSeparator(s string) bool {
	switch s {
	case " ", "-", ".", "+", "　", "－", "‐", "−", "–", "ー", "%20", "%2D", "%2d":
		return true
	}
	return false
}

// isCard knows the lengths and first digits of the cards in use and checks the check digit (Luhn), so that article
// codes, times and order numbers of the same length stay.
func isCard(digits string) bool {
	n := len(digits)
	if n < 14 || n > 19 {
		return false
	}
	two, four := digits[:2], digits[:4]
	switch {
	case digits[0] == '4' && (n == 16 || n == 19):
	case two >= "51" && two <= "55" && n == 16, four >= "2221" && four <= "2720" && n == 16:
	case (two == "34" || two == "37") && n == 15:
	case (two == "30" || two == "36" || two == "38") && n == 14:
	case four >= "3528" && four <= "3589" && n >= 16:
	case digits[0] == '6' && n >= 16:
	default:
		return false
	}
	sum := 0
	for i := range n {
		d := int(digits[n-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isMyNumber checks the twelfth digit of an individual number (番号法 施行規則 第5条), and leaves out times written as
// 202601021530.
func isMyNumber(digits string) bool {
	sum := 0
	for n := 1; n <= 11; n++ {
		weight := n + 1
		if n >= 7 {
			weight = n - 5
		}
		sum += int(digits[11-n]-'0') * weight
	}
	check := 11 - sum%11
	if sum%11 <= 1 {
		check = 0
	}
	return int(digits[11]-'0') == check && !isTime(digits)
}

func isTime(digits string) bool {
	year, month, day := digits[:4], digits[4:6], digits[6:8]
	hour, minute := digits[8:10], digits[10:12]
	return year >= "1990" && year <= "2099" && month >= "01" && month <= "12" && day >= "01" && day <= "31" &&
		hour <= "23" && minute <= "59"
}

// standsAlone tells a number from a part of a longer word, and from a telephone number with a country code.
func standsAlone(s string, start, end int) bool {
	if start > 0 {
		if c := s[start-1]; c == '+' || isWord(c) {
			return false
		}
	}
	return end == len(s) || !isWord(s[end])
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}
