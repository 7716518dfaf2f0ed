package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// maxPage bounds what the origin can be asked for, in kilobytes.
const maxPage = 64

// newOrigin answers the mix as cheaply as net/http allows, so that the proxy is what is measured: bodies are prepared
// once, and what is posted is read to its end and forgotten.
func newOrigin() http.Handler {
	page := fill(maxPage<<10, "<p>湘南で三代つづく工務店です。新築もリフォームも、大工が直接うかがいます。</p>\n")
	file := fill(maxPage<<10, ".card{display:grid;gap:1rem;padding:1rem;border:1px solid #ddd}\n")
	answer := []byte(`{"ok":true,"message":"受け付けました。"}`)

	sized := func(contentType string, content []byte, header map[string]string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			kilobytes, err := strconv.Atoi(r.PathValue("kb"))
			if err != nil || kilobytes < 1 || kilobytes > maxPage {
				http.Error(w, "size out of range", http.StatusBadRequest)
				return
			}
			for name, value := range header {
				w.Header().Set(name, value)
			}
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Length", strconv.Itoa(kilobytes<<10))
			_, _ = w.Write(content[:kilobytes<<10])
		}
	}
	posted := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, "body cut", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page/{kb}", sized("text/html; charset=utf-8", page, map[string]string{"Cache-Control": "no-cache"}))
	mux.HandleFunc("GET /asset/{kb}/{name}", sized("text/css; charset=utf-8", file, map[string]string{"Cache-Control": "public, max-age=31536000"}))
	mux.HandleFunc("POST /contact", posted)
	mux.HandleFunc("POST /api/estimate", posted)
	mux.HandleFunc("POST /api/articles", posted)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	return mux
}

func fill(size int, line string) []byte {
	return []byte(strings.Repeat(line, size/len(line)+1)[:size])
}

// ServeOrigin is `sekisho bench origin`: it answers the mix on addr, a loopback address, until ctx ends.
func ServeOrigin(ctx context.Context, addr string) error {
	return serve(ctx, addr, newOrigin(), nil)
}

// serve answers on a loopback address until ctx ends.
func serve(ctx context.Context, addr string, handler http.Handler, certificates *tls.Config) error {
	parsed, err := netip.ParseAddrPort(addr)
	if err != nil || !parsed.Addr().Unmap().IsLoopback() {
		return sekisho.Invalid(fmt.Sprintf("addr %q: use a loopback address such as 127.0.0.1:9000", addr))
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Op: "listen", Msg: addr + " cannot be used", Err: err}
	}
	if certificates != nil {
		listener = tls.NewListener(listener, certificates)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", addr, err)
	}
	return nil
}
