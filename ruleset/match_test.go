package ruleset

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho"
)

func TestMatches_keepNoSecret(t *testing.T) {
	const secret = "Zx9Qv7hunter2"
	attack := "' UNION SELECT a,b FROM c-- -"
	for name, x := range map[string]*sekisho.Exchange{
		"password in a form":   post(form, "user=taro&password="+secret+"'+UNION+SELECT+a,b+FROM+c--+-"),
		"password in JSON":     post("application/json", `{"user":{"password":"`+secret+attack+`"}}`),
		"token in the query":   exchange("GET", "/?access_token="+secret+"%27%20UNION%20SELECT%20a%2Cb%20FROM%20c--%20-"),
		"cookie":               withHeader(exchange("GET", "/"), "Cookie", "PHPSESSID="+secret+attack),
		"cookie of any name":   withHeader(exchange("GET", "/"), "Cookie", "x="+secret+attack),
		"authorization":        withHeader(exchange("GET", "/"), "Authorization", "Bearer "+secret+"<script>alert(1)</script>"),
		"raw body":             post("text/plain", "password="+secret+"&x=1"+attack),
		"request line":         exchange("GET", "/?password="+secret+"%00%27%20UNION%20SELECT%20a%2Cb%20FROM%20c--"),
		"multipart":            multipart(formPart("password", secret+attack)),
		"card number in a box": post(form, "q=4111111111111111'+UNION+SELECT+a,b+FROM+c--+-"),
	} {
		t.Run(name, func(t *testing.T) {
			v := inspect(t, engine(t, sekisho.DefaultPolicy(), sekisho.ModeDetect), x)
			if len(v.Matches) == 0 {
				t.Fatal("nothing matched")
			}
			for _, m := range v.Matches {
				all := m.Message + m.Variable + m.Data
				if strings.Contains(strings.ToLower(all), strings.ToLower(secret)) || strings.Contains(all, "4111111111111111") {
					t.Errorf("rule %d keeps a secret: %+v", m.RuleID, m)
				}
			}
		})
	}
}

func TestMatches_showTheEvidenceInShort(t *testing.T) {
	long := strings.Repeat("お世話になっております。", 200) + "<script>alert(1)</script>" + strings.Repeat("よろしくお願いいたします。", 200)
	v := inspect(t, engine(t, sekisho.DefaultPolicy(), sekisho.ModeDetect), post(form, "message="+long))
	if len(v.Matches) == 0 {
		t.Fatal("nothing matched")
	}
	for _, m := range v.Matches {
		if len(m.Data) > maxData || !utf8.ValidString(m.Data) || len(m.Message) > maxMessage || len(m.Variable) > maxVariable {
			t.Errorf("rule %d: %d bytes of data, %d of message, %d of variable", m.RuleID, len(m.Data), len(m.Message), len(m.Variable))
		}
		if m.Variable != "ARGS:message" || !strings.Contains(m.Data, "<script") {
			t.Errorf("rule %d: got %q in %q, want the script in ARGS:message", m.RuleID, m.Data, m.Variable)
		}
	}
}

func TestMatches_areBounded(t *testing.T) {
	var body strings.Builder
	for range 300 {
		body.WriteString("a[]='+UNION+SELECT+1--&b[]=<script>alert(1)</script>&c[]=;cat+/etc/passwd&d[]=<?php+system('id')?>&")
	}
	policy := sekisho.DefaultPolicy()
	policy.ParanoiaLevel = 4
	v := inspect(t, engine(t, policy, sekisho.ModeDetect), post(form, body.String()))
	if len(v.Matches) != maxMatches {
		t.Errorf("got %d matches, want %d", len(v.Matches), maxMatches)
	}
}

func TestMatches_addUpToTheScore(t *testing.T) {
	e := engine(t, sekisho.DefaultPolicy(), sekisho.ModeDetect)
	for _, x := range []*sekisho.Exchange{
		exchange("GET", "/items?id=1%27%20UNION%20SELECT%20name%2Cpass%20FROM%20users--%20-"),
		exchange("GET", "/ping?host=127.0.0.1;cat%20/etc/passwd"),
		post(form, "a=<script>alert(1)</script>&b=<script>alert(1)</script>"),
		withHeader(noAgent(exchange("GET", "/")), "User-Agent", "sqlmap/1.8"),
	} {
		v := inspect(t, e, x)
		sum := 0
		for _, m := range v.Matches {
			sum += m.Score
		}
		if sum != v.Score || sum == 0 {
			t.Errorf("%s %s: matches add up to %d, want the score %d; %v", x.Method, x.Target, sum, v.Score, v.Matches)
		}
	}
}

func TestVerdict_followsTheThresholds(t *testing.T) {
	x := exchange("GET", "/items?id=1%27%20UNION%20SELECT%20name%2Cpass%20FROM%20users--%20-")
	patient := sekisho.DefaultPolicy()
	patient.InboundThreshold = 1000
	bothModes(t, patient, func(t *testing.T, e *Engine) {
		if v := inspect(t, e, x); v.Attack || v.Score < 5 || len(v.Matches) == 0 || v.Class != "" {
			t.Errorf("below the threshold: got %+v, want a score and matches but no attack", v)
		}
	})
	leak := answer(exchange("GET", "/"), 200, "text/html", "You have an error in your SQL syntax;")
	patient.OutboundThreshold = 1000
	bothModes(t, patient, func(t *testing.T, e *Engine) {
		i := e.Begin(leak)
		defer i.Close()
		if v, err := i.Response(t.Context()); err != nil || v.Attack || !v.Leak {
			t.Errorf("got %+v, %v, want a leak that does not stop the response", v, err)
		}
	})
}
