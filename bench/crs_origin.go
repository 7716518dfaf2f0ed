package bench

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// originMark is the header field by which an answer of our own origin is told from one of the proxy.
const originMark = "Sekisho-Bench-Origin"

// reflection is what a case wants to be answered with (the words of CRS's own test origin, albedo).
type reflection struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Encoded string            `json:"encodedBody"`
}

// maxReflected bounds what is read of a request.
const maxReflected = 16 << 20

// newReflector answers POST /reflect with what its JSON body asks for, and everything else with an empty 200.
func newReflector() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(originMark, "1")
		body, err := io.ReadAll(io.LimitReader(r.Body, maxReflected))
		if err != nil {
			http.Error(w, "body cut", http.StatusBadRequest)
			return
		}
		if path := r.URL.Path; r.Method != http.MethodPost || path != "/reflect" && !strings.HasPrefix(path, "/reflect/") {
			w.WriteHeader(http.StatusOK)
			return
		}
		reflect(w, body)
	})
}

func reflect(w http.ResponseWriter, asked []byte) {
	var spec reflection
	if err := json.Unmarshal(asked, &spec); err != nil {
		http.Error(w, "the body is not a reflection in JSON", http.StatusBadRequest)
		return
	}
	body := []byte(spec.Body)
	if spec.Body == "" {
		decoded, err := base64.StdEncoding.DecodeString(spec.Encoded)
		if err != nil {
			http.Error(w, "encodedBody is not base64", http.StatusBadRequest)
			return
		}
		body = decoded
	}
	if spec.Status == 0 {
		spec.Status = http.StatusOK
	}
	if spec.Status < 200 || spec.Status > 599 {
		http.Error(w, "status out of range", http.StatusBadRequest)
		return
	}
	for name, value := range spec.Headers {
		if httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(value) {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(spec.Status)
	_, _ = w.Write(body)
}

// ServeReflector is `sekisho bench reflect`: an origin on addr, a loopback address, that answers as it is asked to,
// until ctx ends.
func ServeReflector(ctx context.Context, addr string) error {
	return serve(ctx, addr, newReflector(), nil)
}
