package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/sekisho-waf/sekisho"
)

func newSite(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(NewOrigin(slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	return server
}

func fetch(t *testing.T, method, address, contentType, body string) (int, string, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

func TestOrigin_answersItsPages(t *testing.T) {
	site := newSite(t)
	filled := form("name", "佐藤", "email", "a@mail.example", "message", "台所を直したい")
	tests := []struct {
		name, method, target, contentType, body string
		status                                  int
		want                                    string
	}{
		{"home", "GET", "/", "", "", 200, "木と光で"},
		{"services", "GET", "/services", "", "", 200, "事業案内"},
		{"works", "GET", "/works", "", "", 200, "海の見える平屋"},
		{"style", "GET", "/static/style.css", "", "", 200, "--wood"},
		{"robots", "GET", "/robots.txt", "", "", 200, "Disallow"},
		{"search finds", "GET", "/search?q=" + url.QueryEscape("鎌倉"), "", "", 200, "1件"},
		{"form", "GET", "/contact", "", "", 200, "<textarea"},
		{"form confirmed", "POST", "/contact", typeForm, filled, 200, "内容のご確認"},
		{"form sent", "POST", "/contact/thanks", typeForm, filled, 200, "佐藤 様"},
		{"form without a message", "POST", "/contact", typeForm, form("name", "佐藤", "email", "a@b.example"), 422, "ご相談の内容をご記入"},
		{"API list", "GET", "/api/works", "", "", 200, "パン屋"},
		{"API estimate", "POST", "/api/estimate", typeJSON, `{"kind":"roof","area":10}`, 200, `"yen":180000`},
		{"API estimate of nonsense", "POST", "/api/estimate", typeJSON, `{"kind":"castle","area":10}`, 422, "kind"},
		{"API without JSON", "POST", "/api/estimate", typeJSON, `{`, 400, "JSON"},
		{"old page", "GET", "/legacy?id=7", "", "", 200, "No. 7"},
		{"no such page", "GET", "/nothing", "", "", 404, "見つかりません"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, body, _ := fetch(t, test.method, site.URL+test.target, test.contentType, test.body)
			if status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("got %d %.200q, want %d with %q", status, body, test.status, test.want)
			}
		})
	}
}

func TestOrigin_showsWhatItIsSentAsText(t *testing.T) {
	site := newSite(t)
	payload := `"><script>alert(1)</script>`
	for name, get := range map[string]func() string{
		"search": func() string {
			_, body, _ := fetch(t, "GET", site.URL+"/search?"+form("q", payload), "", "")
			return body
		},
		"contact": func() string {
			_, body, _ := fetch(t, "POST", site.URL+"/contact", typeForm, form("name", payload, "email", payload+"@", "message", payload))
			return body
		},
		"old page": func() string {
			_, body, _ := fetch(t, "GET", site.URL+"/legacy?"+form("id", payload), "", "")
			return body
		},
	} {
		if body := get(); strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;script&gt;") {
			t.Errorf("%s: got %q, want the payload escaped", name, body)
		}
	}
}

func TestOrigin_betraysItsDatabaseOnTheOldPageOnly(t *testing.T) {
	site := newSite(t)
	const evidence = "You have an error in your SQL syntax"
	if _, body, _ := fetch(t, "GET", site.URL+"/legacy?id=7%27", "", ""); !strings.Contains(body, evidence) {
		t.Errorf("old page: got %q, want the database's error", body)
	}
	if _, body, _ := fetch(t, "GET", site.URL+"/search?q=7%27", "", ""); strings.Contains(body, evidence) {
		t.Errorf("search: got %q, want no database error", body)
	}
}

func TestUpload_countsWhatItReceives(t *testing.T) {
	site := newSite(t)
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	part, err := writer.CreateFormFile("file", "間取り.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(make([]byte, 3<<20))
	_ = writer.Close()
	status, page, _ := fetch(t, "POST", site.URL+"/upload", writer.FormDataContentType(), body.String())
	if status != 200 || !strings.Contains(page, "間取り.pdf") || !strings.Contains(page, "3145728") {
		t.Errorf("got %d %.300q, want the file's name and size", status, page)
	}
	if status, _, _ := fetch(t, "POST", site.URL+"/upload", writer.FormDataContentType(), "--cut"); status != 400 {
		t.Errorf("cut upload: got %d, want 400", status)
	}
}

func TestDownload_isBounded(t *testing.T) {
	site := newSite(t)
	status, body, header := fetch(t, "GET", site.URL+"/download?mb=2", "", "")
	if status != 200 || len(body) != 2<<20 || header.Get("Content-Length") != "2097152" {
		t.Errorf("got %d with %d bytes, want 200 with %d", status, len(body), 2<<20)
	}
	for _, megabytes := range []string{"", "0", "-1", "257", "99999999999", "two"} {
		if status, _, _ := fetch(t, "GET", site.URL+"/download?mb="+megabytes, "", ""); status != 400 {
			t.Errorf("mb=%q: got %d, want 400", megabytes, status)
		}
	}
}

func TestNews_streamsTheFirstHeadlineAtOnce(t *testing.T) {
	site := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, site.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			return
		}
	}
	t.Errorf("got no headline: %v", lines.Err())
}

func TestChat_answersAndEndsWithTheVisitor(t *testing.T) {
	site := newSite(t)
	conn, answer, err := websocket.Dial(t.Context(), strings.Replace(site.URL, "http", "ws", 1)+"/ws", nil)
	if answer != nil && answer.Body != nil {
		defer func() { _ = answer.Body.Close() }()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("こんにちは")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := conn.Read(t.Context()); err != nil || string(got) != "受付: こんにちは" {
		t.Errorf("got %q, %v, want the echo", got, err)
	}
}

func TestListen_refusesOtherMachines(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:8080", "example.com:80", "[::]:0", "nonsense"} {
		if _, err := Listen(addr, slog.New(slog.DiscardHandler)); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("Listen(%q): got %v, want KindInvalid", addr, err)
		}
	}
}

func TestOrigin_runEndsWithItsContextThoughStreamsAreOpen(t *testing.T) {
	origin, err := Listen("127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- origin.Run(ctx) }()
	answer, err := http.Get(origin.URL() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestEstimate_isJSON(t *testing.T) {
	site := newSite(t)
	_, body, header := fetch(t, "POST", site.URL+"/api/estimate", typeJSON, `{"kind":"new","area":100}`)
	var got struct{ Yen int64 }
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Yen != 24000000 {
		t.Errorf("got %q, %v, want 24000000 yen", body, err)
	}
	if got := header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("got content type %q", got)
	}
}
