package export

import (
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// hook answers each request as the next entry of its plan says, and 200 behind that.
type hook struct {
	mu     sync.Mutex
	plan   []int
	took   []string
	wrong  []string
	bodies int
	most   int // records in one body
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	h.bodies++
	seconds, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get(SignatureHeader), "t="), ",")
	at, timeErr := time.Parse("20060102", "20260101")
	if n, numErr := time.ParseDuration(seconds + "s"); numErr == nil {
		at, timeErr = time.Unix(int64(n/time.Second), 0), nil
	}
	if err != nil || timeErr != nil || time.Since(at).Abs() > time.Minute || r.Header.Get(SignatureHeader) != Sign("open sesame", at, body) {
		h.wrong = append(h.wrong, "signature "+r.Header.Get(SignatureHeader))
	}
	status := 200
	if len(h.plan) > 0 {
		status, h.plan = h.plan[0], h.plan[1:]
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	h.most = max(h.most, len(lines))
	switch status {
	case 0:
		panic(http.ErrAbortHandler) // took it, and breaks off
	case 302:
		http.Redirect(w, r, "/elsewhere", status)
		return
	case 200:
		for _, line := range lines {
			h.took = append(h.took, uidOf([]byte(line)))
		}
	}
	if r.URL.Path != "/in" {
		h.wrong = append(h.wrong, r.URL.Path)
	}
	w.WriteHeader(status)
}

func TestExporter_deliversToAWebhook(t *testing.T) {
	h := &hook{plan: []int{200, 503, 0, 413, 302, 429, 500, 200}}
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	db := openStore(t)
	e := sekisho.Export{
		ID: "X1", Name: "hook", Tenant: yamada, Webhook: server.URL + "/in", Format: sekisho.FormatJSON, Send: sekisho.SendEvents, Created: noon,
		CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	}
	sealed, err := testSealer(t).Seal(e, Secrets{Signing: "open sesame"})
	must(t, err)
	if strings.Contains(string(sealed), "sesame") {
		t.Fatal("the secret is stored as it is")
	}
	e.Sealed = sealed
	must(t, db.AddExport(t.Context(), yamada, e))
	commit(t, db, 1, 30)
	start(t, db, anyAddress)
	eventually(t, "all is delivered", func() bool { return stateOf(t, db).Delivered == 30 })
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(firsts(h.took), expected(1, 30)) || len(h.wrong) > 0 || h.most > 7 {
		t.Errorf("got %v and what was wrong %v, at most %d at once; want E1 to E30, nothing wrong, at most 7", h.took, h.wrong, h.most)
	}
}

func TestSealer_opensForItsOwnExportOnly(t *testing.T) {
	e := sekisho.Export{ID: "X1", Tenant: yamada, Name: "hook"}
	var err error
	e.Sealed, err = testSealer(t).Seal(e, Secrets{Signing: "a", Key: "b"})
	must(t, err)
	got, err := testSealer(t).Open(e)
	if err != nil || got.Signing != "a" || got.Key != "b" {
		t.Errorf("got %q, %v, want what was sealed", got.Signing, err)
	}
	for _, change := range []func(*sekisho.Export){
		func(e *sekisho.Export) { e.ID = "X2" }, func(e *sekisho.Export) { e.Tenant = "suzuki" }, func(e *sekisho.Export) { e.Sealed = []byte("short") },
	} {
		other := e
		change(&other)
		if _, err := testSealer(t).Open(other); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("got %v of another export, want KindInvalid", err)
		}
	}
	if _, err := NewSealer([]byte("short")); err == nil {
		t.Error("got no error of a short key")
	}
}

func TestExplain_knowsATroubleThatIsWrapped(t *testing.T) {
	inner := answered(403, 0)
	if got := explain(errors.Join(errors.New("around"), inner)); got != inner {
		t.Errorf("got %v, want the trouble inside", got)
	}
}
