package ruleset

import (
	"bytes"
	"mime"
)

// closeMultipart ends the part headers that the cut went through. A cut inside a part's content needs nothing: Coraza
// forgives that. The header line that was cut itself is dropped; without its end it means nothing to anybody.
func closeMultipart(contentType string, body []byte) []byte {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || parameters["boundary"] == "" {
		return body
	}
	delimiter := []byte("--" + parameters["boundary"])
	start := lastLineWith(body, delimiter)
	if start < 0 {
		return body
	}
	headers := body[start:]
	if bytes.Contains(headers, []byte("\r\n\r\n")) || bytes.Contains(headers, []byte("\n\n")) {
		return body
	}
	lines := bytes.LastIndexByte(headers, '\n') + 1
	if lines == 0 {
		return bytes.TrimRight(body[:start], "\r\n") // not even the delimiter line is whole
	}
	return appendTo(body[:start+lines], "\r\n")
}

// lastLineWith returns where the last line begins that starts with prefix, or -1.
func lastLineWith(body, prefix []byte) int {
	for end := len(body); end > 0; {
		at := bytes.LastIndex(body[:end], prefix)
		if at <= 0 || body[at-1] == '\n' {
			return at
		}
		end = at + len(prefix) - 1
	}
	return -1
}
