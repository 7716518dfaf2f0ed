package e2e

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

// TestServe_letsLargeUploadsAndDownloadsPassInEveryMode sends a photo as browsers and curl do, and gets one back.
func TestServe_letsLargeUploadsAndDownloadsPassInEveryMode(t *testing.T) {
	t.Parallel()
	const size = 20 << 20
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/zip")
			_, _ = io.Copy(w, io.LimitReader(zeros{}, size))
			return
		}
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10))
	}))
	t.Cleanup(origin.Close)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "off.example="+origin.URL, "--site", "detect.example="+origin.URL, "--site", "block.example="+origin.URL)
	must(t, "site", "set", "off.example", "--mode", "off", "--data-dir", dir)
	must(t, "site", "set", "block.example", "--mode", "block", "--data-dir", dir)

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("photo", "現場写真.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(part, io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	client := p.client()
	for _, host := range []string{"off.example", "detect.example", "block.example"} {
		for _, expect := range []string{"", "100-continue"} { // curl asks first
			request, err := http.NewRequest(http.MethodPost, "https://"+host+"/upload", bytes.NewReader(body.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			browserHeaders(request)
			request.Header.Set("Content-Type", form.FormDataContentType())
			if expect != "" {
				request.Header.Set("Expect", expect)
			}
			if got := do(t, client, request); got.status != http.StatusOK || got.body != strconv.Itoa(body.Len()) {
				t.Errorf("upload to %s with Expect %q: got %d %.80q, want all %d bytes at the origin", host, expect, got.status, got.body, body.Len())
			}
		}
		if got := get(t, client, "https://"+host+"/plans.zip"); got.status != http.StatusOK || len(got.body) != size {
			t.Errorf("download from %s: got %d and %d bytes, want %d", host, got.status, len(got.body), size)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
