package bench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// The suite's requests are written for go-ftw, which completes what a case leaves out. wire follows it byte for byte in
// all that a rule can see: defaults, the form encoding of plain data, line ends of multipart bodies, Content-Length.

const formType = "application/x-www-form-urlencoded"

// wire returns the bytes of the request.
func (in *crsInput) wire() ([]byte, error) {
	if in.Encoded != "" {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(in.Encoded), ""))
		if err != nil {
			return nil, fmt.Errorf("decode encoded_request: %w", err)
		}
		return raw, nil
	}
	if in.Raw != "" {
		return []byte(in.Raw), nil
	}
	method := orDefault(in.Method, "GET")
	data := []byte(repeated(orDefault(in.Data, "")))
	fields := in.fields()
	complete := in.completes()
	if complete && len(data) > 0 {
		fields = addField(fields, "Content-Type", formType)
		if valueOf(fields, "Content-Type") == formType {
			data = encodeForm(data)
		}
	}
	if strings.HasPrefix(valueOf(fields, "Content-Type"), "multipart/form-data;") {
		data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	}
	if complete {
		fields = addField(fields, "Connection", "close")
		if len(data) > 0 || takesBody(method) {
			fields = addField(fields, "Content-Length", strconv.Itoa(len(data)))
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\n", method, orDefault(in.URI, "/"), orDefault(in.Version, "HTTP/1.1"))
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	b.WriteString("\r\n")
	b.Write(data)
	return b.Bytes(), nil
}

// completes reports whether what the case leaves out is to be added.
func (in *crsInput) completes() bool {
	if in.Complete != nil {
		return *in.Complete
	}
	return in.Stop == nil || !*in.Stop
}

// fields are the header fields as they are given, in their order.
func (in *crsInput) fields() []crsField {
	fields := make([]crsField, 0, len(in.Headers)+len(in.Ordered)+3)
	for _, item := range in.Headers {
		value := ""
		if item.Value != nil {
			value = fmt.Sprint(item.Value)
		}
		fields = append(fields, crsField{fmt.Sprint(item.Key), value})
	}
	return append(fields, in.Ordered...)
}

// addField adds a field where there is none of this name, or an empty one, letter by letter as go-ftw does.
func addField(fields []crsField, name, value string) []crsField {
	for i, f := range fields {
		if f.Name == name {
			if f.Value == "" {
				fields[i].Value = value
			}
			return fields
		}
	}
	return append(fields, crsField{name, value})
}

func valueOf(fields []crsField, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func takesBody(method string) bool {
	switch method {
	case "POST", "PUT", "PATCH", "DELETE":
		return true
	}
	return false
}

// encodeForm encodes names and values of a form that is written in plain text. One that is encoded already, which shows
// by decoding it, stays as it is.
func encodeForm(data []byte) []byte {
	if decoded, err := url.QueryUnescape(string(data)); err != nil || decoded != string(data) {
		return data
	}
	// Behind a last & nothing follows, and nothing is added for it.
	pairs := strings.Split(strings.TrimSuffix(string(data), "&"), "&")
	for i, pair := range pairs {
		name, value, has := strings.Cut(pair, "=")
		pairs[i] = url.QueryEscape(name)
		if has {
			pairs[i] += "=" + url.QueryEscape(value)
		}
	}
	return []byte(strings.Join(pairs, "&"))
}

// repeats is the one expression that the suite writes in its data: a text so many times.
var repeats = regexp.MustCompile(`\{\{\s*"([^"{}]*)"\s*\|\s*repeat\s+([0-9]{1,6})\s*\}\}`)

func repeated(data string) string {
	return repeats.ReplaceAllStringFunc(data, func(expression string) string {
		parts := repeats.FindStringSubmatch(expression)
		times, err := strconv.Atoi(parts[2])
		if err != nil || times*len(parts[1]) > maxCRSFile {
			return expression
		}
		return strings.Repeat(parts[1], times)
	})
}

func orDefault(given *string, fallback string) string {
	if given == nil {
		return fallback
	}
	return *given
}
