package field

import "strings"

// Columns splits a line of separated values; values may stand in double quotes, where a doubled quote is one (RFC 4180).
// At most 300 columns are read.
func Columns(s string, separator byte) []string {
	columns := make([]string, 0, 64)
	for len(columns) < 300 {
		if s != "" && s[0] == '"' {
			value, rest := cutQuoted(s[1:])
			columns = append(columns, value)
			end := strings.IndexByte(rest, separator)
			if end < 0 {
				return columns
			}
			s = rest[end+1:]
			continue
		}
		end := strings.IndexByte(s, separator)
		if end < 0 {
			return append(columns, s)
		}
		columns = append(columns, s[:end])
		s = s[end+1:]
	}
	return columns
}

func cutQuoted(s string) (value, rest string) {
	doubled := false
	for i := 0; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			doubled = true
			i++
			continue
		}
		if value = s[:i]; doubled {
			value = strings.ReplaceAll(value, `""`, `"`)
		}
		return value, s[i+1:]
	}
	return s, ""
}

// Column returns column i, or "" where the line ends before it.
func Column(columns []string, i int) string {
	if i < 0 || i >= len(columns) {
		return ""
	}
	return columns[i]
}
