package dashboard

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/auth"
)

func TestNew_refusesAnAddressInUse(t *testing.T) {
	cfg := Config{Addr: "127.0.0.1:0"}
	deps := Deps{Records: newFake(), Modes: newFake(), Explain: explain}
	first, err := New(cfg, deps, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	cfg.Addr = first.Addr().String()
	if second, err := New(cfg, deps, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), cfg.Addr) {
		t.Errorf("New on a used address: %v, %v; want an error that names it", second, err)
	}
}

func TestConfig_namesWhatCannotWork(t *testing.T) {
	for _, cfg := range []Config{{Addr: "8081"}, {Addr: ":1", PublicURL: "portal.example"}, {Addr: ":1", PublicURL: "https://a.example/path"}} {
		if err := cfg.Validate(); sekisho.KindOf(err) != sekisho.KindInvalid || err == nil {
			t.Errorf("%+v: %v, want KindInvalid", cfg, err)
		}
	}
	cfg := DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	if behind := (Config{PublicURL: "https://portal.example"}); !behind.secure() {
		t.Error("a portal behind https hands out cookies for plain http")
	}
}

// TestRun_endsWhileAPageListens holds a live stream open and stops the portal.
func TestRun_endsWhileAPageListens(t *testing.T) {
	records := newFake()
	changed := make(chan sekisho.TenantID)
	server, err := New(Config{Addr: "127.0.0.1:0"}, Deps{
		Records: records, Modes: records, Explain: explain,
		Changes: func(context.Context) <-chan sekisho.TenantID { return changed },
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()

	session := auth.NewSession(server.now())
	records.sessions[session.Hash] = fakeSecret{"owner", session.End}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr().String()+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(session.Cookie(false))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("Content-Type %q with status %d", got, response.StatusCode)
	}
	changed <- minato
	changed <- yamada
	lines := bufio.NewScanner(response.Body)
	heard := 0
	for lines.Scan() {
		if lines.Text() == "event: changed" {
			heard++
			stop() // what follows must end the stream, and Run
		}
		if strings.Contains(lines.Text(), string(minato)) || strings.Contains(lines.Text(), string(yamada)) {
			t.Errorf("the stream names a tenant: %q", lines.Text())
		}
	}
	if heard != 1 {
		t.Errorf("heard of %d changes, want the own tenant's alone", heard)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	records.mu.Lock()
	defer records.mu.Unlock()
	if records.touched != 0 {
		t.Error("an open page kept the session alive")
	}
}
