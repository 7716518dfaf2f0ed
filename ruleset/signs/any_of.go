package signs

import (
	"regexp"
	"strings"
)

// anyOf compiles signs, one of which is enough, in letters of either case. A backtick is \x60 in them.
func anyOf(signs ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:` + strings.Join(signs, `)|(?:`) + `)`)
}
