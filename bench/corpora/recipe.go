package corpora

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A recipe is a request with gaps, written down in a data file:
//
//	=== what it is | form
//	POST /contact
//	Referer: https://www.example.com/
//
//	name = «person»
//
// The part behind | says how the body is made of its lines: form, multipart (a name with @ is a file of that name),
// gzip, deflate, chunked, or as they stand where nothing is said; bare leaves out a browser's own fields. A gap names
// words and what is done to them, «text|json»; in forms the values are encoded anyway.
type recipe struct {
	kind    string
	making  []string
	method  string
	target  string
	headers []string // names and values in turn
	body    string
}

func parseRecipes(text string) ([]recipe, error) {
	var recipes []recipe
	_, text, _ = strings.Cut(text, "=== ")
	for part := range strings.SplitSeq(text, "\n=== ") {
		title, rest, _ := strings.Cut(part, "\n")
		kind, making, _ := strings.Cut(title, "|")
		r := recipe{kind: strings.TrimSpace(kind), making: strings.Fields(making)}
		head, body, _ := strings.Cut(rest, "\n\n")
		r.body = strings.TrimRight(body, "\n")
		for i, line := range strings.Split(strings.Trim(head, "\n"), "\n") {
			if i == 0 {
				r.method, r.target, _ = strings.Cut(line, " ")
				continue
			}
			name, value, ok := strings.Cut(line, ": ")
			if !ok {
				return nil, fmt.Errorf("recipe %q: %q is no header field", r.kind, line)
			}
			r.headers = append(r.headers, name, value)
		}
		if r.target == "" {
			return nil, fmt.Errorf("recipe %q: it has no request line", r.kind)
		}
		recipes = append(recipes, r)
	}
	return recipes, nil
}

// a words is a set of pools to fill gaps from.
type words map[string][]string

func parseWords(text string) words {
	pools, pool := words{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "# What"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") && !strings.ContainsAny(line, " ,"):
			pool = strings.Trim(line, "[]")
		default:
			pools[pool] = append(pools[pool], strings.ReplaceAll(line, `\n`, "\n"))
		}
	}
	return pools
}

// make fills the gaps of a recipe.
func (r recipe) make(s speaker, pools words) Request {
	fill := func(text string) string { return s.fill(pools, text) }
	headers := make([]string, 0, len(r.headers)+2)
	contentType := ""
	for i := 0; i < len(r.headers); i += 2 {
		value := fill(r.headers[i+1])
		if r.headers[i] == "Content-Type" {
			contentType = value
			continue
		}
		headers = append(headers, r.headers[i], value)
	}
	var body []byte
	if r.body != "" {
		body = []byte(fill(r.body))
	}
	chunks, bare := false, false
	for _, step := range r.making {
		switch step {
		case "bare":
			bare = true
		case "chunked":
			chunks = true
		case "form":
			body, contentType = form(s.pairs(pools, r.body)...), or(contentType, formType)
		case "multipart":
			body, contentType = parts(s.pairs(pools, r.body)), "multipart/form-data; boundary="+boundary
		case "gzip":
			body, headers = zipped(string(body)), append(headers, "Content-Encoding", "gzip")
		case "deflate":
			var b bytes.Buffer
			w := zlib.NewWriter(&b)
			_, _ = w.Write(body) // a bytes.Buffer takes everything
			_ = w.Close()
			body, headers = b.Bytes(), append(headers, "Content-Encoding", "deflate")
		}
	}
	if chunks {
		headers = append(headers, "Transfer-Encoding", "chunked")
		half := len(body) / 2
		body = fmt.Appendf(nil, "%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", half, body[:half], len(body)-half, body[half:])
	}
	return write(r.kind, r.method, fill(r.target), headers, contentType, body, bare, chunks)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// pairs reads "name = value" lines; \n in them are line ends as browsers send them.
func (s speaker) pairs(pools words, text string) []string {
	var pairs []string
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, ok := strings.Cut(line, " ="); ok {
			name, value = strings.ReplaceAll(name, `\n`, "\n"), strings.ReplaceAll(strings.TrimPrefix(value, " "), `\n`, "\n")
			value = s.fill(pools, value)
			pairs = append(pairs, s.fill(pools, name), strings.ReplaceAll(value, "\n", "\r\n"))
		}
	}
	return pairs
}

func parts(pairs []string) []byte {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		name, file, isFile := strings.Cut(pairs[i], "@")
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + `"`)
		if isFile {
			b.WriteString(`; filename="` + strings.ReplaceAll(file, `"`, "%22") + "\"\r\nContent-Type: application/octet-stream")
		}
		b.WriteString("\r\n\r\n" + pairs[i+1] + "\r\n")
	}
	return []byte(b.String() + "--" + boundary + "--\r\n")
}

var gap = regexp.MustCompile(`«([a-z0-9]+)(?: (\d+))?((?:\|[a-z0-9]+)*)»`)

// fill puts words into the gaps of a text.
func (s speaker) fill(pools words, text string) string {
	return gap.ReplaceAllStringFunc(text, func(found string) string {
		m := gap.FindStringSubmatch(found)
		length, _ := strconv.Atoi(m[2])
		word := s.invent(m[1], length)
		if pool := pools[m[1]]; len(pool) > 0 {
			word = s.fill(pools, s.of(pool...))
		} else if word == "" {
			panic("corpora: no words for the gap " + found)
		}
		for step := range strings.SplitSeq(m[3], "|") {
			word = encodeWord(step, word)
		}
		return word
	})
}

// invent makes a token of a kind: of so many characters, or bytes.
func (s speaker) invent(kind string, length int) string {
	const (
		digits = "0123456789"
		plain  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
	)
	from := ""
	switch kind {
	case "num":
		return s.pick("123456789", 1) + s.pick(digits, length-1)
	case "hex":
		from = "0123456789abcdef"
	case "b64":
		from = plain + "+/"
	case "b64u":
		from = plain + "-_"
	case "b64x":
		from = plain
	case "uuid":
		return s.invent("hex", 8) + "-" + s.invent("hex", 4) + "-4" + s.invent("hex", 3) + "-a" + s.invent("hex", 3) + "-" + s.invent("hex", 12)
	case "ts":
		return strconv.FormatInt(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Unix()+int64(s.IntN(1<<24)), 10)
	case "nul":
		return "\x00"
	case "bin":
		b := make([]byte, length)
		for i := range b {
			b[i] = byte(s.IntN(256))
		}
		return string(b)
	}
	return s.pick(from, length)
}

func (s speaker) pick(from string, length int) string {
	if from == "" {
		return ""
	}
	b := make([]byte, length)
	for i := range b {
		b[i] = from[s.IntN(len(from))]
	}
	return string(b)
}

func encodeWord(step, word string) string {
	switch step {
	case "json":
		quoted := jsonString(word)
		return quoted[1 : len(quoted)-1]
	case "url":
		return strings.ReplaceAll(url.QueryEscape(word), "+", "%20")
	case "plus":
		return url.QueryEscape(word)
	case "html":
		return html.EscapeString(word)
	case "b64":
		return base64.StdEncoding.EncodeToString([]byte(word))
	}
	return word
}

// write writes a request down as it goes over the wire.
func write(kind, method, target string, headers []string, contentType string, body []byte, bare, chunked bool) Request {
	var b bytes.Buffer
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, target)
	line("Host", "www.example.co.jp")
	has := func(name string) bool {
		for i := 0; i < len(headers); i += 2 {
			if headers[i] == name {
				return true
			}
		}
		return false
	}
	if !bare {
		for _, field := range [][2]string{{"User-Agent", browser}, {"Accept", "*/*"}, {"Accept-Language", "en-US,en;q=0.9"}, {"Accept-Encoding", "gzip, deflate, br, zstd"}} {
			if !has(field[0]) {
				line(field[0], field[1])
			}
		}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		line(headers[i], headers[i+1])
	}
	if contentType != "" {
		line("Content-Type", contentType)
	}
	if body != nil && !chunked {
		line("Content-Length", strconv.Itoa(len(body)))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return Request{kind, b.Bytes()}
}
