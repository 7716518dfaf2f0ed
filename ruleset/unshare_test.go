package ruleset

import (
	"context"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3/collection"

	"github.com/sekisho-waf/sekisho"
)

// Stock Coraza finds some of these in 60 to 90 of 100 rounds; see unshare.go and form.go.
func TestRequest_findsAnAttackAmongEqualNamesEveryTime(t *testing.T) {
	const attack = "union+select" // only one rule finds it
	plain := strings.ReplaceAll(attack, "+", " ")
	parts := func(values ...string) (all []string) {
		for i, v := range values {
			all = append(all, formPart([]string{"a", "a", "a", "b"}[i], v))
		}
		return all
	}
	tests := []struct {
		name string
		x    func() *sekisho.Exchange
	}{
		{"query", func() *sekisho.Exchange { return exchange("GET", "/?a="+attack+"&a=ok&a=ok2&b=1&c=2") }},
		{"empty names in the query", func() *sekisho.Exchange { return exchange("GET", "/?="+attack+"&=ok&=ok2&b=1&c=2") }},
		{"form", func() *sekisho.Exchange { return post(form, "a="+attack+"&a=ok&a=ok2&b=1&c=2") }},
		{"empty names in a form", func() *sekisho.Exchange { return post(form, "="+attack+"&=ok&=ok2&b=1&c=2") }},
		{"names that differ in case", func() *sekisho.Exchange { return post(form, "a=ok&A="+attack+"&a=ok2&b=1&c=2") }},
		{"JSON names that differ in case", func() *sekisho.Exchange {
			return post("application/json", `{"a":"ok","A":"`+plain+`","a":"ok2","b":1,"c":2}`)
		}},
		{"JSON", func() *sekisho.Exchange {
			return post("application/json", `{"a":"`+plain+`","a":"ok","a":"ok2","b":1,"c":2}`)
		}},
		{"multipart", func() *sekisho.Exchange { return multipart(parts(plain, "ok", "ok2", "1")...) }},
		{"cookies", func() *sekisho.Exchange {
			return withHeader(exchange("GET", "/"), "Cookie", "a="+plain+"; a=ok; a=ok2; b=1; c=2")
		}},
		{"cookie headers", func() *sekisho.Exchange {
			x := exchange("GET", "/")
			for _, v := range []string{"a=" + plain, "a=ok", "a=ok2", "b=1"} {
				withHeader(x, "Cookie", v)
			}
			return x
		}},
		{"headers of one interned name", func() *sekisho.Exchange {
			x := noAgent(exchange("GET", "/"))
			for _, v := range []string{"sqlmap/1.8", "Mozilla/5.0", "Mozilla/5.0 (X11)"} {
				withHeader(x, "User-Agent", v)
			}
			return x
		}},
	}
	e := engine(t, stockPolicy(), sekisho.ModeBlock)
	rounds := 1000
	if testing.Short() || raceEnabled {
		rounds = 20
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := 0
			for range rounds {
				if inspect(t, e, tt.x()).Attack {
					found++
				}
			}
			if found != rounds {
				t.Errorf("found %d times of %d", found, rounds)
			}
		})
	}
}

func TestUnshare_keepsValuesAndTheirOrder(t *testing.T) {
	i := slowLane(engine(t, stockPolicy(), sekisho.ModeBlock)).Begin(
		post(form, "a=1&a=2&A=3&=4&=5&b=6"))
	defer i.Close()
	if _, err := i.Request(context.Background()); err != nil {
		t.Fatal(err)
	}
	vars, err := variablesOf(i.tx)
	if err != nil {
		t.Fatal(err)
	}
	var post collection.Map = vars.ArgsPost()
	for name, want := range map[string]string{"a": "1 2 3", "": "4 5", "b": "6"} {
		if got := strings.Join(post.Get(name), " "); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := len(post.FindAll()); got != 6 {
		t.Errorf("got %d values, want 6", got)
	}
}
