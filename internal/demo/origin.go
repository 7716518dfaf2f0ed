package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/sekisho-waf/sekisho"
)

//go:embed site
var siteFiles embed.FS

// maxForm bounds what a form or an API call of the sample site may send.
const maxForm = 1 << 20

// NewOrigin returns the sample site. It keeps no state between requests except open chat connections, and is safe for
// concurrent use.
func NewOrigin(log *slog.Logger) http.Handler {
	pages := newPages(log)
	mux := http.NewServeMux()

	mux.Handle("GET /{$}", pages.show("home", "やまだ工務店", nil))
	mux.Handle("GET /works", pages.show("works", "施工事例", works))
	mux.Handle("GET /services", pages.show("services", "事業案内", nil))
	mux.Handle("GET /contact", pages.show("contact", "お問い合わせ", contactForm{}))
	mux.Handle("POST /contact", pages.confirmContact())
	mux.Handle("POST /contact/thanks", pages.thanks())
	mux.Handle("GET /search", pages.search())
	mux.Handle("GET /upload", pages.show("upload", "図面を送る", nil))
	mux.Handle("POST /upload", pages.upload())
	mux.Handle("GET /legacy", legacy())

	mux.Handle("GET /api/works", listWorks())
	mux.Handle("POST /api/estimate", estimate())
	mux.Handle("GET /events", news(2*time.Second))
	mux.Handle("GET /ws", chat(log))
	mux.Handle("GET /download", download())

	for _, name := range []string{"style.css", "logo.svg", "house.svg"} {
		mux.Handle("GET /static/"+name, asset("site/"+name))
	}
	mux.Handle("GET /favicon.ico", http.RedirectHandler("/static/logo.svg", http.StatusMovedPermanently))
	mux.Handle("GET /robots.txt", asset("site/robots.txt"))
	mux.Handle("/", pages.notFound())

	return http.MaxBytesHandler(mux, maxUpload)
}

// asset serves one embedded file with the caching that a real site would give it.
func asset(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		http.ServeFileFS(w, r, siteFiles, name)
	})
}

// Origin is the sample site on a port of its own.
type Origin struct {
	listener net.Listener
	server   *http.Server
}

// Listen binds the sample site to addr, which must be a loopback address; port 0 chooses a free one. The site answers
// once [Origin.Run] is called. An address that is taken or not loopback is KindInvalid.
func Listen(addr string, log *slog.Logger) (*Origin, error) {
	if _, err := loopback(addr); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, &sekisho.Error{
			Kind: sekisho.KindInvalid, Op: "listen for the sample site",
			Msg: fmt.Sprintf("%s cannot be used; 127.0.0.1:0 takes a free port", addr), Err: err,
		}
	}
	return &Origin{
		listener: listener,
		server: &http.Server{
			Handler:           NewOrigin(log),
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       2 * time.Minute, // no write timeout: /events and /download last as long as they last
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	}, nil
}

// URL is where the site answers, such as "http://127.0.0.1:41233".
func (o *Origin) URL() string { return "http://" + o.listener.Addr().String() }

// Run serves until ctx ends; open streams are then closed, because a sample site owes nobody a farewell.
func (o *Origin) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = o.server.Close() })
	defer stop()
	o.server.BaseContext = func(net.Listener) context.Context { return ctx }
	if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the sample site on %s: %w", o.listener.Addr(), err)
	}
	return nil
}

// loopback reads an IP address with port and refuses every address that leaves this machine (KindInvalid).
func loopback(addr string) (netip.AddrPort, error) {
	parsed, err := netip.ParseAddrPort(addr)
	if err != nil || !parsed.Addr().Unmap().IsLoopback() {
		return netip.AddrPort{}, sekisho.Invalid(fmt.Sprintf("demo address %q: use a loopback address such as 127.0.0.1:8080", addr))
	}
	return parsed, nil
}
