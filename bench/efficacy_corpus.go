package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// A recorded is one request of a corpus.
type recorded struct {
	file   string // below the corpus
	attack bool   // what it is; what a proxy makes of it is another matter
}

const (
	// maxCorpus and maxRecorded bound what is read; one request at a time is held in memory.
	maxCorpus   = 500_000
	maxRecorded = 16 << 20
)

// listCorpus lists the files below dir/benign and dir/attack, at any depth. Names that begin with a dot are passed over.
func listCorpus(dir string) ([]recorded, error) {
	var found []recorded
	for _, kind := range []string{"benign", "attack"} {
		err := filepath.WalkDir(filepath.Join(dir, kind), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if hidden := strings.HasPrefix(entry.Name(), "."); hidden && entry.IsDir() {
				return filepath.SkipDir
			} else if hidden || !entry.Type().IsRegular() {
				return nil
			}
			file, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			found = append(found, recorded{file, kind == "attack"})
			if len(found) > maxCorpus {
				return sekisho.Invalid(fmt.Sprintf("corpus %s: more than %d files", dir, maxCorpus))
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, sekisho.Invalid(fmt.Sprintf("corpus %q: no files in its folders benign and attack", dir))
	}
	slices.SortFunc(found, func(a, b recorded) int { return strings.Compare(a.file, b.file) })
	return found, nil
}

// read returns the bytes to send so that the request reaches the site host.
func (r recorded) read(dir, host string) ([]byte, error) {
	path := filepath.Join(dir, r.file)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read a recorded request: %w", err)
	}
	if info.Size() > maxRecorded {
		return nil, sekisho.Invalid(fmt.Sprintf("corpus %s: larger than %d bytes", r.file, maxRecorded))
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a recorded request: %w", err)
	}
	return addressTo(raw, host), nil
}

// addressTo changes what a recorded request needs to reach the site, and nothing else: the host in its head (and in an
// absolute target), a Content-Length where its body has none, or announces more than there is, and the empty line where
// the recording stops behind the head. Every other byte stays, line ends included.
func addressTo(raw []byte, host string) []byte {
	head, body := splitHead(raw)
	end := []byte("\r\n")
	if !bytes.Contains(head, end) {
		end = []byte("\n")
	}
	lines := bytes.SplitAfter(head, []byte("\n"))
	var out bytes.Buffer
	out.Write(withHost(endLine(lines[0], end), host))
	hasHost, framed := false, false
	var rest bytes.Buffer
	for _, line := range lines[1:] {
		name, value, has := bytes.Cut(line, []byte(":"))
		switch {
		case len(line) == 0:
			continue
		case has && bytes.EqualFold(name, []byte("Host")):
			hasHost = true
			line = slices.Concat(name, []byte(": "), []byte(host), lineEnd(line, end))
		case has && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			framed = true
		case has && bytes.EqualFold(name, []byte("Content-Length")):
			framed = true
			if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil && n > len(body) {
				line = slices.Concat(name, []byte(": "), []byte(strconv.Itoa(len(body))), lineEnd(line, end))
			}
		}
		rest.Write(endLine(line, end))
	}
	if !hasHost {
		out.WriteString("Host: " + host + string(end))
	}
	out.Write(rest.Bytes())
	if !framed && len(body) > 0 {
		out.WriteString("Content-Length: " + strconv.Itoa(len(body)) + string(end))
	}
	out.Write(end)
	out.Write(body)
	return out.Bytes()
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

// withHost replaces the host of an absolute target ("GET http://www.example/path HTTP/1.1"), which counts more than
// the Host field does.
func withHost(line []byte, host string) []byte {
	method, target, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return line
	}
	for _, scheme := range []string{"http://", "https://"} {
		if len(target) < len(scheme) || !bytes.EqualFold(target[:len(scheme)], []byte(scheme)) {
			continue
		}
		rest := target[len(scheme):]
		if end := bytes.IndexAny(rest, "/?# \r\n"); end >= 0 {
			rest = rest[end:]
		}
		return slices.Concat(method, []byte(" "), target[:len(scheme)], []byte(host), rest)
	}
	return line
}
