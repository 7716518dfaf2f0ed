package bench

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// builtProgram builds the program under test.
func builtProgram(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sekisho")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/sekisho").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return binary
}

func TestCRS_countsEachEndOfACase(t *testing.T) {
	binary := builtProgram(t)
	t.Run("stock", func(t *testing.T) {
		report, err := CRS(t.Context(), CRSConfig{Tests: filepath.Join("testdata", "crs"), Policy: PolicyStock, Binary: binary})
		if err != nil {
			t.Fatal(err)
		}
		if report.Total != 10 || report.Passed != 7 || report.Failed != 1 || report.Skipped != 1 || report.RefusedBefore != 1 ||
			report.StockPassed != 7 || !report.SameAsStock || len(report.Differences) != 0 {
			t.Errorf("got %+v", report)
		}
	})
	t.Run("default", func(t *testing.T) {
		report, err := CRS(t.Context(), CRSConfig{Tests: filepath.Join("testdata", "crs"), Policy: PolicyDefault, Binary: binary})
		if err != nil {
			t.Fatal(err)
		}
		var other *CRSDifference
		for i, d := range report.Differences {
			if d.Test == "942100-10" {
				other = &report.Differences[i]
			}
		}
		if report.SameAsStock || other == nil || other.Kind != "policy" || !strings.HasPrefix(other.Reason, "paranoia level 2") {
			t.Errorf("got %+v, want the case of level 2 among the differences, with its reason", report)
		}
	})
}

// regressionTests is where the Core Rule Set's own tests lie; they are not part of the project.
func regressionTests(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("SEKISHO_TEST_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	dir := filepath.Join(shared, "data", "crs-tests")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: the Core Rule Set's regression tests are not at %s; set SEKISHO_TEST_SHARED", dir)
	}
	return dir
}

func TestCRS_agreesWithPlainCorazaOnASampleOfTheRuleSetsTests(t *testing.T) {
	tests := regressionTests(t)
	sample := t.TempDir()
	for _, file := range []string{
		"REQUEST-920-PROTOCOL-ENFORCEMENT/920100.yaml", "REQUEST-920-PROTOCOL-ENFORCEMENT/920210.yaml",
		"REQUEST-920-PROTOCOL-ENFORCEMENT/920400.yaml", "REQUEST-922-MULTIPART-ATTACK/922110.yaml",
		"REQUEST-941-APPLICATION-ATTACK-XSS/941160.yaml", "REQUEST-942-APPLICATION-ATTACK-SQLI/942190.yaml",
		"RESPONSE-951-DATA-LEAKAGES-SQL/951230.yaml",
	} {
		text, err := os.ReadFile(filepath.Join(tests, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sample, filepath.Base(file)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, err := CRS(t.Context(), CRSConfig{Tests: sample, Policy: PolicyStock, Binary: builtProgram(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !report.SameAsStock || report.Total < 50 || report.Passed*10 < report.Total*8 || report.Passed+report.Failed+report.Skipped+report.RefusedBefore != report.Total {
		t.Errorf("got %+v", report)
	}
	t.Logf("%d tests: %d passed, %d failed, %d skipped, %d refused before", report.Total, report.Passed, report.Failed, report.Skipped, report.RefusedBefore)
}

func TestCRS_refusesWhatCannotWork(t *testing.T) {
	for _, cfg := range []CRSConfig{
		{Policy: PolicyStock},
		{Tests: "testdata/crs", Policy: "strict"},
		{Tests: "testdata/crs", Policy: PolicyStock, URL: "http://192.0.2.1", DataDir: "data"},
		{Tests: "testdata/crs", Policy: PolicyStock, URL: "http://127.0.0.1:1"},
		{Tests: "testdata/nothing", Policy: PolicyStock},
	} {
		if _, err := CRS(t.Context(), cfg); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%+v: got %v, want KindInvalid", cfg, err)
		}
	}
}

func TestReflector_answersAsAsked(t *testing.T) {
	origin := httptest.NewServer(newReflector())
	defer origin.Close()
	encoded := base64.StdEncoding.EncodeToString([]byte("a\x00b"))
	tests := []struct {
		name, path, body string
		status           int
		want, kind       string
	}{
		{"elsewhere", "/", `{"body":"x"}`, 200, "", ""},
		{"body", "/reflect", `{"body":"x"}`, 200, "x", "text/plain; charset=utf-8"},
		{"status and fields", "/reflect/x", `{"status":503,"headers":{"Content-Type":"text/html","Bad Name":"x","Bad":"a\nb"},"body":"x"}`, 503, "x", "text/html"},
		{"encoded", "/reflect", `{"encodedBody":"` + encoded + `"}`, 200, "a\x00b", "application/octet-stream"},
		{"no JSON", "/reflect", `<%`, 400, "the body is not a reflection in JSON\n", "text/plain; charset=utf-8"},
		{"no base64", "/reflect", `{"encodedBody":"*"}`, 400, "encodedBody is not base64\n", "text/plain; charset=utf-8"},
		{"no status", "/reflect", `{"status":99}`, 400, "status out of range\n", "text/plain; charset=utf-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			raw := "POST " + test.path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + strconv.Itoa(len(test.body)) + "\r\n\r\n" + test.body
			answer, err := sendRaw(t.Context(), origin.Listener.Addr().String(), []byte(raw))
			if err != nil || answer == nil {
				t.Fatalf("got %v, %v", answer, err)
			}
			if answer.status != test.status || string(answer.body) != test.want || answer.header.Get("Content-Type") != test.kind || !answer.isOrigins() || answer.header["Bad"] != nil {
				t.Errorf("got %d %q %v", answer.status, answer.body, answer.header)
			}
		})
	}
}

func TestSendRaw_doesNotWaitForWhatWillNotCome(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Body.Read(make([]byte, 100)); err == nil {
			_, _ = r.Body.Read(make([]byte, 100)) // ends with the connection's other half, not with a timeout
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer origin.Close()
	for _, raw := range []string{"GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"} {
		if answer, err := sendRaw(t.Context(), origin.Listener.Addr().String(), []byte(raw)); err != nil {
			t.Errorf("%q: got %v, %v", raw, answer, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sendRaw(ctx, origin.Listener.Addr().String(), []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")); err == nil {
		t.Error("got no error behind the end of the context")
	}
}

func TestReadAnswer_passesOverInterimAnswers(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
	}))
	defer origin.Close()
	answer, err := sendRaw(t.Context(), origin.Listener.Addr().String(), []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\nleft over"))
	if err != nil || answer == nil || answer.status != http.StatusTeapot {
		t.Errorf("got %+v, %v, want 418", answer, err)
	}
}
