package body

import "bytes"

// checkForm walks from boundary to boundary. What stands between two of them is a part's business.
func checkForm(boundary string, b []byte, cut bool) Fault {
	dash := []byte("--" + boundary)
	rest := bytes.TrimLeft(b, "\r\n") // some programs begin with a line end
	if !bytes.HasPrefix(rest, dash) {
		if cut && bytes.HasPrefix(dash, rest) {
			return none
		}
		return Preamble
	}
	rest = rest[len(dash):]
	delimiter := append([]byte("\n"), dash...)
	for {
		if bytes.HasPrefix(rest, []byte("--")) {
			if len(bytes.Trim(rest[2:], " \t\r\n")) > 0 {
				return Epilogue
			}
			return none
		}
		line := bytes.IndexByte(rest, '\n')
		if line < 0 {
			return none // it breaks off; what a form without an end means is for the rules
		}
		if len(bytes.Trim(rest[:line], " \t")) != 1 || rest[line-1] != '\r' {
			return PartLine
		}
		rest = rest[line+1:]
		if isHalfFile(rest) {
			return HalfFile
		}
		next := bytes.Index(rest, delimiter)
		if next < 0 {
			if bytes.HasPrefix(rest, dash) { // a part without anything, not even a head
				rest = rest[len(dash):]
				continue
			}
			return none
		}
		if next == 0 || rest[next-1] != '\r' {
			return PartLine
		}
		rest = rest[next+len(delimiter):]
	}
}

// isHalfFile reports whether the head of a part names its file in the extended form alone.
func isHalfFile(part []byte) bool {
	head, _, ok := bytes.Cut(part, []byte("\r\n\r\n"))
	if !ok {
		return false
	}
	head = bytes.ToLower(head)
	extended := false
	for rest := head; ; {
		at := bytes.Index(rest, []byte("filename"))
		if at < 0 {
			return extended
		}
		rest = bytes.TrimLeft(rest[at+len("filename"):], " \t")
		switch {
		case bytes.HasPrefix(rest, []byte("=")):
			return false
		case bytes.HasPrefix(rest, []byte("*")):
			extended = true
		}
	}
}
