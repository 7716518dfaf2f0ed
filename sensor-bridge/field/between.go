package field

import "strings"

// Between returns what stands between the first mark and the next other one, or "" where one of them is missing: half a
// name is no name.
func Between(s, open, end string) string {
	_, rest, _ := strings.Cut(s, open)
	inner, _, found := strings.Cut(rest, end)
	if !found {
		return ""
	}
	return inner
}

// WordBehind returns the word behind the first of the marks that has one behind it: without the quotes or brackets around
// it, and without the comma, colon or full stop of the sentence that it stands in.
func WordBehind(s string, marks ...string) string {
	for _, mark := range marks {
		_, rest, found := strings.Cut(s, mark)
		if !found {
			continue
		}
		if rest = strings.TrimLeft(rest, `'"<[ `); rest == "" {
			continue
		}
		if end := strings.IndexAny(rest, " '\"<>,;()[]"); end >= 0 {
			rest = rest[:end]
		}
		if rest = strings.TrimRight(rest, ":."); rest != "" {
			return rest
		}
	}
	return ""
}
