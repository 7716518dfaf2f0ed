package redact

import (
	"regexp"
	"strings"
)

var (
	// A key and what separates it from its value: forms, JSON, headers, XML elements, also when they are escaped once more.
	announcement = regexp.MustCompile(`([\p{L}\p{N}_.\-\[\]]{1,64})` +
		`(?:\\?["']|%2[27]|\])?(?:\s{0,4}(?:=>|[=:＝：>]|%3[AaDd])\s{0,4}|\s{1,4}is\s{1,4})(\\?["']|%2[27]|[「『])?`)
	// Japanese prose has no separator that a word could not contain.
	japanese = regexp.MustCompile(`(?:パスワード|暗証番号|認証コード|マイナンバー|個人番号|カード番号|セキュリティコード|ＰＷ|合言葉)` +
		`(?:[はがを:：=＝「『]|\s)*([!-~０-９Ａ-Ｚａ-ｚ]{2,128})`)
	scheme = regexp.MustCompile(`(?i)^(?:basic|bearer|digest|negotiate|token|apikey)(?:\s|%20|\+)+`)
)

// hideAnnounced hides values behind keys that say that they hold a secret.
func hideAnnounced(s string) string {
	var out strings.Builder
	done := 0
	for _, at := range announcement.FindAllStringSubmatchIndex(s, -1) {
		if at[1] < done || at[1] >= len(s) {
			continue
		}
		key := s[at[2]:at[3]]
		if !secretName(key) {
			continue
		}
		quote := ""
		if at[4] >= 0 {
			quote = s[at[4]:at[5]]
		}
		length := valueLength(s[at[1]:], quote, key)
		if length == 0 {
			continue
		}
		out.WriteString(s[done:at[1]])
		out.WriteString(Mark)
		done = at[1] + length
	}
	out.WriteString(s[done:])
	return hideGroup(japanese, out.String())
}

// valueLength tells how far the value goes that rest begins with.
func valueLength(rest, quote, key string) int {
	switch quote {
	case "":
	case "「":
		return until(rest, "」")
	case "『":
		return until(rest, "』")
	default:
		return untilQuote(rest, quote)
	}
	if strings.HasPrefix(rest, Mark) {
		return 0
	}
	if strings.HasSuffix(strings.ToLower(key), "cookie") {
		return strings.IndexAny(rest+"\n", "\r\n")
	}
	skip := len(scheme.FindString(rest))
	end := strings.IndexAny(rest[skip:], " \t\r\n\"'&;,<>)}]、。　")
	if end < 0 {
		end = len(rest) - skip
	}
	for _, escaped := range []string{"%26", "%22", "%27", "%2C", "%2c", "%7D", "%7d"} {
		if at := strings.Index(rest[skip:skip+end], escaped); at >= 0 {
			end = at
		}
	}
	return skip + end
}

func until(s, end string) int {
	if at := strings.Index(s, end); at >= 0 {
		return at
	}
	return len(s)
}

// untilQuote finds the closing quote, not one that is escaped by a backslash.
func untilQuote(s, quote string) int {
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], quote) {
			return i
		}
		if s[i] == '\\' {
			i++
		}
	}
	return len(s)
}

// hideGroup replaces the first group of each match.
func hideGroup(pattern *regexp.Regexp, s string) string {
	var out strings.Builder
	done := 0
	for _, at := range pattern.FindAllStringSubmatchIndex(s, -1) {
		if strings.HasPrefix(s[at[2]:], Mark) {
			continue
		}
		out.WriteString(s[done:at[2]])
		out.WriteString(Mark)
		done = at[3]
	}
	out.WriteString(s[done:])
	return out.String()
}
