package bench

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
)

// addressTo changes what a recorded request needs to reach the site and to be the request that was recorded, and nothing
// else. Recorders write heads with bare line feeds, leave out what a connection implies (HTTP/2 has no Host), and keep
// Content-Length, Transfer-Encoding and Content-Encoding beside a body that they have measured, joined or unpacked. So:
//
//   - the host in the head, and in an absolute target, is the site's;
//   - a head of bare line feeds alone, as editors save it, gets proper line ends; one that mixes them stays;
//   - the version of the request line is HTTP/1.1 where it is HTTP/2, HTTP/3 or none, spaces in a target are escaped,
//     and fields that only HTTP/2 has (:authority) are left out;
//   - the length is that of the body, unless the body is in chunks, or longer by a line end that an editor added;
//   - chunks and encodings are announced only where the body has them.
func addressTo(raw []byte, host string) []byte {
	head, body := splitHead(raw)
	end := []byte("\r\n")
	if !bytes.Contains(head, end) {
		head = bytes.ReplaceAll(head, []byte("\n"), end)
	}
	lines := bytes.SplitAfter(head, []byte("\n"))
	var out bytes.Buffer
	out.Write(requestLine(endLine(lines[0], end), host))
	var rest bytes.Buffer
	hasHost, hasLength, chunks := false, false, false
	for _, line := range lines[1:] {
		name, value, has := bytes.Cut(line, []byte(":"))
		field := strings.ToLower(string(name))
		switch {
		case len(line) == 0 || len(name) == 0 && has:
			continue
		case has && field == "host":
			if hasHost {
				break
			}
			hasHost = true
			line = slices.Concat(name, []byte(": "), []byte(host), lineEnd(line, end))
		case has && field == "transfer-encoding" && !isChunked(body):
			continue
		case has && field == "transfer-encoding":
			chunks = true
		case has && field == "content-encoding" && !isEncoded(body, string(bytes.TrimSpace(value))):
			continue
		case has && field == "content-length":
			if hasLength {
				break
			}
			hasLength = true
			if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil && !fitsLength(body, n) {
				line = slices.Concat(name, []byte(": "), []byte(strconv.Itoa(len(body))), lineEnd(line, end))
			}
		}
		rest.Write(endLine(line, end))
	}
	if !hasHost {
		out.WriteString("Host: " + host + string(end))
	}
	out.Write(rest.Bytes())
	if !hasLength && !chunks && len(body) > 0 {
		out.WriteString("Content-Length: " + strconv.Itoa(len(body)) + string(end))
	}
	out.Write(end)
	out.Write(body)
	return out.Bytes()
}

// fitsLength reports whether a length is that of the body, or of the body without the line end of a file.
func fitsLength(body []byte, n int) bool {
	return n == len(body) || n >= 0 && n < len(body) && len(bytes.Trim(body[n:], "\r\n")) == 0
}

// isChunked reports whether a body is in chunks, to its end.
func isChunked(body []byte) bool {
	_, err := io.Copy(io.Discard, httputil.NewChunkedReader(bufio.NewReader(bytes.NewReader(body))))
	return err == nil && len(body) > 0
}

// isEncoded reports whether a body may be in an encoding. Only gzip shows by its first bytes; anything but readable JSON, a
// form or text may be in another.
func isEncoded(body []byte, encoding string) bool {
	switch strings.ToLower(encoding) {
	case "gzip", "x-gzip":
		if isChunked(body) {
			body, _ = io.ReadAll(httputil.NewChunkedReader(bufio.NewReader(bytes.NewReader(body))))
		}
		_, err := gzip.NewReader(bytes.NewReader(body))
		return err == nil
	case "br", "deflate", "zstd", "compress":
		return bytes.ContainsFunc(body, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == '\uFFFD' })
	}
	return true
}

// splitHead cuts a request at its first empty line, which belongs to neither part.
func splitHead(raw []byte) (head, body []byte) {
	for at := 0; at < len(raw); {
		next := bytes.IndexByte(raw[at:], '\n')
		if next < 0 {
			break
		}
		if line := bytes.TrimSuffix(raw[at:at+next], []byte("\r")); len(line) == 0 && at > 0 {
			return raw[:at], raw[at+next+1:]
		}
		at += next + 1
	}
	return raw, nil
}

func endLine(line, end []byte) []byte {
	if bytes.HasSuffix(line, []byte("\n")) {
		return line
	}
	return slices.Concat(line, end)
}

// lineEnd is the line's own end, or the given one where it has none.
func lineEnd(line, end []byte) []byte {
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return []byte("\r\n")
	case bytes.HasSuffix(line, []byte("\n")):
		return []byte("\n")
	}
	return end
}

// requestLine writes the request line for HTTP/1.1 and the site's host.
func requestLine(line []byte, host string) []byte {
	ending := lineEnd(line, nil)
	text := bytes.TrimRight(line, "\r\n")
	method, target, ok := bytes.Cut(text, []byte(" "))
	if !ok {
		return line
	}
	version := []byte("HTTP/1.1")
	if at := bytes.LastIndexByte(target, ' '); at >= 0 && bytes.HasPrefix(target[at+1:], []byte("HTTP/")) {
		if given := target[at+1:]; !bytes.HasPrefix(given, []byte("HTTP/2")) && !bytes.HasPrefix(given, []byte("HTTP/3")) {
			version = given
		}
		target = target[:at]
	}
	target = bytes.ReplaceAll(withHost(target, host), []byte(" "), []byte("%20"))
	return slices.Concat(method, []byte(" "), target, []byte(" "), version, ending)
}

// withHost replaces the host of an absolute target ("http://www.example/path"), which counts more than the Host field does.
func withHost(target []byte, host string) []byte {
	for _, scheme := range []string{"http://", "https://"} {
		if len(target) < len(scheme) || !bytes.EqualFold(target[:len(scheme)], []byte(scheme)) {
			continue
		}
		rest := target[len(scheme):]
		if end := bytes.IndexAny(rest, "/?#"); end >= 0 {
			rest = rest[end:]
		} else {
			rest = nil
		}
		return slices.Concat(target[:len(scheme)], []byte(host), rest)
	}
	return target
}
