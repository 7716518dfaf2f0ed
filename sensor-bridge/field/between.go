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
