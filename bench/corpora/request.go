package corpora

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Request is one HTTP request as it goes over the wire, and the kind of traffic that it stands for.
type Request struct {
	Kind string // "contact form", "sqli in JSON"
	Raw  []byte
}

// Write writes the requests to dir, a file each, in the form that `sekisho bench efficacy` reads.
func Write(dir string, requests []Request) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write a corpus: %w", err)
	}
	for i, r := range requests {
		name := fmt.Sprintf("%05d-%s.http", i+1, strings.ReplaceAll(r.Kind, " ", "-"))
		if err := os.WriteFile(filepath.Join(dir, name), r.Raw, 0o644); err != nil {
			return fmt.Errorf("write a corpus: %w", err)
		}
	}
	return nil
}

const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

// build writes a request down. Headers are pairs of names and values.
func build(kind, method, target string, headers []string, contentType string, body []byte) Request {
	var b bytes.Buffer
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, target)
	line("Host", "www.example.co.jp")
	line("User-Agent", browser)
	line("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8")
	line("Accept-Language", "ja,en-US;q=0.9,en;q=0.8")
	line("Accept-Encoding", "gzip, deflate, br")
	for i := 0; i+1 < len(headers); i += 2 {
		line(headers[i], headers[i+1])
	}
	if contentType != "" {
		line("Content-Type", contentType)
	}
	if body != nil {
		line("Content-Length", strconv.Itoa(len(body)))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return Request{kind, b.Bytes()}
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
	boundary = "----WebKitFormBoundaryq1W2e3R4t5Y6u7I8"
)

// form encodes pairs of names and values.
func form(pairs ...string) []byte {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		parts = append(parts, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return []byte(strings.Join(parts, "&"))
}

// multipart writes pairs of names and values as parts; a name "field/file.jpg" makes a file of the value.
func multipart(pairs ...string) []byte {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		name, file, isFile := strings.Cut(pairs[i], "/")
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + `"`)
		if isFile {
			b.WriteString(`; filename="` + file + "\"\r\nContent-Type: application/octet-stream")
		}
		b.WriteString("\r\n\r\n" + pairs[i+1] + "\r\n")
	}
	return []byte(b.String() + "--" + boundary + "--\r\n")
}

func quote(s string) string { return strconv.Quote(s) }

func zipped(body string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(body)) // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
