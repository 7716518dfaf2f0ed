package proxy

import (
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// grpcMessage frames a message as gRPC does: not compressed, length, bytes.
func grpcMessage(text string) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(text)))
	return append(frame, text...)
}

func readGRPC(r io.Reader) (string, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	message := make([]byte, binary.BigEndian.Uint32(head[1:]))
	_, err := io.ReadFull(r, message)
	return string(message), err
}

// echoGRPC answers each message as it comes, and ends with a status in its trailers.
func echoGRPC(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 2 || r.Header.Get("Te") != "trailers" {
		w.WriteHeader(http.StatusHTTPVersionNotSupported) // what a gRPC server would do
		return
	}
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	for {
		message, err := readGRPC(r.Body)
		if err != nil {
			break
		}
		_, _ = w.Write(grpcMessage("echo " + message))
		_ = http.NewResponseController(w).Flush()
	}
	w.Header().Set("Grpc-Status", "0")
	w.Header().Set("Grpc-Message", "done")
}

func TestGRPC_talksBothWaysAtOnceAndEndsWithItsStatus(t *testing.T) {
	plain := httptest.NewUnstartedServer(http.HandlerFunc(echoGRPC))
	plain.Config.Protocols = new(http.Protocols)
	plain.Config.Protocols.SetUnencryptedHTTP2(true)
	plain.Start()
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(echoGRPC))
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	for name, site := range map[string]sekisho.Site{
		"without TLS": withOrigins(testSite(plain.URL, sekisho.ModeBlock), sekisho.Origins{Protocol: sekisho.OriginHTTP2}),
		"with TLS":    withOrigins(testSite(secure.URL, sekisho.ModeBlock), sekisho.Origins{SkipVerify: true}),
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, site)
			client := c.client("h2")
			client.Timeout = 20 * time.Second
			body, say := io.Pipe()
			defer say.Close()
			request, _ := http.NewRequest(http.MethodPost, base("h2")+"/echo.Echo/Talk", body)
			request.Header.Set("Content-Type", "application/grpc")
			request.Header.Set("Te", "trailers")
			answer, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
				t.Fatalf("got %s %s", answer.Proto, answer.Status)
			}
			for _, message := range []string{"one", "two", "three"} { // each answer comes before the next message
				if _, err := say.Write(grpcMessage(message)); err != nil {
					t.Fatal(err)
				}
				if got, err := readGRPC(answer.Body); err != nil || got != "echo "+message {
					t.Fatalf("got %q, %v, want the echo of %q", got, err, message)
				}
			}
			_ = say.Close()
			if rest, err := io.ReadAll(answer.Body); err != nil || len(rest) != 0 {
				t.Errorf("got %q, %v behind the last message", rest, err)
			}
			if answer.Trailer.Get("Grpc-Status") != "0" || answer.Trailer.Get("Grpc-Message") != "done" {
				t.Errorf("got trailers %v, want status 0 and done", answer.Trailer)
			}
		})
	}
}

func withOrigins(site sekisho.Site, origins sekisho.Origins) sekisho.Site {
	site.Origins = origins
	return site
}
