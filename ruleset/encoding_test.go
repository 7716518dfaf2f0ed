package ruleset

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/sekisho-waf/sekisho"
)

func packed(t *testing.T, encoding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "bare deflate":
		w, err = flate.NewWriter(&b, 6)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	}
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func encodedPost(encoding, contentType, body string) *sekisho.Exchange {
	x := withHeader(post(contentType, body), "Content-Encoding", encoding)
	return withHeader(without0(x, "Content-Length"), "Content-Length", strconv.Itoa(len(body)))
}

func TestRequest_looksIntoPackedBodies(t *testing.T) {
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	for _, encoding := range []string{"gzip", "deflate", "bare deflate", "br", "zstd"} {
		for contentType, bodies := range map[string][2]string{
			"application/json": {`{"a":"会社概要","b":[1,2]}`, `{"a":"1' UNION SELECT name,pass FROM users-- -"}`},
			form:               {"a=%E4%BC%9A&b=2", "a=1&b=%3Cscript%3Ealert(1)%3C/script%3E"},
			"text/plain":       {"hello", "127.0.0.1;cat /etc/passwd"},
		} {
			name := strings.TrimPrefix(encoding, "bare ")
			benign, attack := encodedPost(name, contentType, packed(t, encoding, bodies[0])), encodedPost(name, contentType, packed(t, encoding, bodies[1]))
			if v := inspect(t, e, benign); v.Attack {
				t.Errorf("%s in %s: got stopped by %v, want it to pass", contentType, encoding, v.Matches)
			}
			if v := inspect(t, e, attack); !v.Attack {
				t.Errorf("%s in %s: the attack passes", contentType, encoding)
			}
			if e.proof.Request(benign).Clean {
				t.Errorf("%s in %s: called clean without having been unpacked", contentType, encoding)
			}
		}
	}
}

func TestRequest_refusesWhatItCannotUnpack(t *testing.T) {
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	for name, x := range map[string]*sekisho.Exchange{
		"another encoding than announced": encodedPost("gzip", "application/json", `{"a":1}`),
		"an encoding that is not read":    encodedPost("compress", "application/json", "xxxx"),
		"two encodings":                   encodedPost("gzip, br", "application/json", packed(t, "gzip", "{}")),
	} {
		if v := inspect(t, e, x); !v.Attack {
			t.Errorf("%s: passes", name)
		}
	}
}

func TestRequest_leavesABombToTheFailMode(t *testing.T) {
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		i := e.Begin(encodedPost(encoding, "application/json", packed(t, encoding, `"`+strings.Repeat("a", 4<<20)+`"`)))
		if _, err := i.Request(context.Background()); err == nil {
			t.Errorf("%s: got no error", encoding)
		}
		i.Close()
	}
}
