package ruleset

import (
	"context"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// answer gives the exchange a response.
func answer(x *sekisho.Exchange, status int, contentType, body string) *sekisho.Exchange {
	x.Status = status
	x.ResponseHeader = []sekisho.Field{{Name: "Content-Type", Value: contentType}}
	x.ResponseBody = []byte(body)
	return x
}

func TestResponse_tellsALeak(t *testing.T) {
	const sqlError = "<p>You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version</p>"
	tests := []struct {
		name          string
		x             *sekisho.Exchange
		attack, leak  bool
		family        string
		class         sekisho.Class
		wantIDsInside bool
	}{
		{"ordinary page", answer(exchange("GET", "/"), 200, "text/html; charset=utf-8", "<p>ようこそ</p>"), false, false, "", "", false},
		{"not found", answer(exchange("GET", "/nothing"), 404, "text/html", "<h1>404</h1>"), false, false, "", "", false},
		{"image", answer(exchange("GET", "/a.png"), 200, "image/png", "\x89PNG"+sqlError), false, false, "", "", false},
		{"database error", answer(exchange("GET", "/"), 200, "text/html", sqlError), true, true, "data_leak", sekisho.ClassWAFAttack, true},
		{"database error in JSON", answer(exchange("GET", "/"), 500, "Application/JSON ; charset=utf-8", `{"error":"You have an error in your SQL syntax near ''' at line 1"}`), true, true, "data_leak", sekisho.ClassWAFAttack, true},
		{"PHP source", answer(exchange("GET", "/"), 200, "text/html", "<?php $a = mysql_connect('a'); $_GET['x']; ?>"), true, true, "data_leak", sekisho.ClassWAFAttack, true},
		{"web shell", answer(exchange("GET", "/"), 200, "text/html", "<title>r57 Shell Version 1.31</title>"), true, true, "web_shell", sekisho.ClassWebShell, true},
		{"directory listing", answer(exchange("GET", "/"), 200, "text/html", "<title>Index of /</title><h1>Index of /</h1>"), true, false, "data_leak", sekisho.ClassWAFAttack, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bothModes(t, sekisho.DefaultPolicy(), func(t *testing.T, e *Engine) {
				i := e.Begin(tt.x)
				defer i.Close()
				if v, err := i.Request(context.Background()); err != nil || v.Attack {
					t.Fatalf("request: got %+v, %v, want a clean verdict", v, err)
				}
				v, err := i.Response(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if v.Attack != tt.attack || v.Leak != tt.leak || v.Family != tt.family || v.Class != tt.class || len(v.Matches) > 0 != tt.wantIDsInside {
					t.Errorf("got %+v", v)
				}
			})
		})
	}
}

func TestResponse_saysNothingOfTheRequestAgain(t *testing.T) {
	x := answer(exchange("GET", "/?q=1%27%20UNION%20SELECT%20a%20FROM%20b--%20-"), 200, "text/html", "<p>ok</p>")
	i := engine(t, sekisho.DefaultPolicy(), sekisho.ModeDetect).Begin(x)
	defer i.Close()
	if v, err := i.Request(context.Background()); err != nil || !v.Attack {
		t.Fatalf("got %+v, %v, want an attack", v, err)
	}
	v, err := i.Response(context.Background())
	if err != nil || v.Attack || v.Leak || v.Score != 0 || len(v.Matches) != 0 {
		t.Errorf("got %+v, %v, want a clean verdict on the response", v, err)
	}
}

func TestResponse_findsALeakBehindADetectedAttack(t *testing.T) {
	x := answer(exchange("GET", "/?q=1%27%20UNION%20SELECT%20a%20FROM%20b--%20-"), 500, "text/html", "You have an error in your SQL syntax;")
	i := engine(t, sekisho.DefaultPolicy(), sekisho.ModeDetect).Begin(x)
	defer i.Close()
	v, err := i.Response(context.Background()) // asks for the request itself
	if err != nil || !v.Attack || !v.Leak {
		t.Errorf("got %+v, %v, want an attack and a leak", v, err)
	}
}

func TestResponse_ofAStoppedRequestIsEmpty(t *testing.T) {
	x := answer(exchange("GET", "/?q=1%27%20UNION%20SELECT%20a%20FROM%20b--%20-"), 500, "text/html", "You have an error in your SQL syntax;")
	i := engine(t, sekisho.DefaultPolicy(), sekisho.ModeBlock).Begin(x)
	defer i.Close()
	if v, err := i.Request(context.Background()); err != nil || !v.Attack {
		t.Fatalf("got %+v, %v, want an attack", v, err)
	}
	if v, err := i.Response(context.Background()); err != nil || v.Attack || v.Leak {
		t.Errorf("got %+v, %v, want nothing", v, err)
	}
}

func TestResponse_readsADecodedBodyBehindAnEncodingHeader(t *testing.T) {
	x := answer(exchange("GET", "/"), 200, "text/html", "You have an error in your SQL syntax;")
	x.ResponseHeader = append(x.ResponseHeader, sekisho.Field{Name: "Content-Encoding", Value: "gzip"})
	bothModes(t, sekisho.DefaultPolicy(), func(t *testing.T, e *Engine) {
		i := e.Begin(x)
		defer i.Close()
		if v, err := i.Response(context.Background()); err != nil || !v.Leak {
			t.Errorf("got %+v, %v, want a leak", v, err)
		}
	})
}

func TestResponse_isReadUpToTheLimitAndOnlyIfAsked(t *testing.T) {
	leak := "You have an error in your SQL syntax;"
	long := leak + strings.Repeat("x", 200<<10)
	off := sekisho.DefaultPolicy()
	off.ResponseBodyLimit = 0
	for _, tt := range []struct {
		name   string
		policy sekisho.Policy
		body   string
		leak   bool
	}{
		{"leak before the limit", sekisho.DefaultPolicy(), long, true},
		{"leak behind the limit", sekisho.DefaultPolicy(), strings.Repeat("x", 200<<10) + leak, false},
		{"response bodies off", off, leak, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothModes(t, tt.policy, func(t *testing.T, e *Engine) {
				i := e.Begin(answer(exchange("GET", "/"), 200, "text/html", tt.body))
				defer i.Close()
				if v, err := i.Response(context.Background()); err != nil || v.Leak != tt.leak {
					t.Errorf("got leak %v, %v, want %v", v.Leak, err, tt.leak)
				}
			})
		})
	}
}
