package ruleset

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestAnyBody_inspectsWhatTheBodyIs(t *testing.T) {
	const attack = "1' UNION SELECT name,pass FROM users-- -"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(`{"a":"` + attack + `"}`))
	_ = w.Close()
	bodies := map[string]string{
		"JSON":             `{"a":{"b":["` + attack + `"]}}`,
		"several JSON":     `{"a":1}` + "\n" + `{"b":"` + attack + `"}`,
		"form":             "a=1&b=1%27+UNION+SELECT+name,pass+FROM+users--+-",
		"text":             "お世話になります " + attack,
		"binary":           "\x00\x01\x08" + attack + "\x00\xff\xfe",
		"gzip":             packed.String(),
		"not quite JSON":   `{"a":"` + attack + `"`,
		"deep JSON":        strings.Repeat("[", 5000) + `"` + attack + `"`,
		"JSON in a string": `"` + attack + `"`,
	}
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	for name, body := range bodies {
		for _, contentType := range []string{"text/plain", "application/octet-stream", "application/x-unheard-of"} {
			if v := inspect(t, e, post(contentType, body)); !v.Attack {
				t.Errorf("%s as %s passes: %v", name, contentType, v.Matches)
			}
		}
	}
}

func TestAnyBody_readsUTF16(t *testing.T) {
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	wide := func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			b.Write([]byte{c, 0})
		}
		return b.String()
	}
	const contentType = "text/plain; charset=utf-16le"
	if v := inspect(t, e, post(contentType, wide("1' UNION SELECT name,pass FROM users-- -"))); !v.Attack {
		t.Errorf("an attack in UTF-16 passes: %v", v.Matches)
	}
	if v := inspect(t, e, post(contentType, wide("a letter to the shop"))); v.Attack {
		t.Errorf("text in UTF-16 is stopped: %v", v.Matches)
	}
	if v := inspect(t, e, post("application/x-www-form-urlencoded; charset=utf-16le", wide("a=1"))); !v.Attack {
		t.Error("a form in UTF-16, which nothing reads, passes")
	}
}

func TestStretches_areNotMadeOfNoise(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	body := make([]byte, 4000)
	for i := range body {
		body[i] = byte(noise.IntN(256))
	}
	// Short, but its length stands before it, as in protocol buffers.
	const declared = "x' or 1=1--"
	body = append(body, 0, 0x0a, byte(len(declared)))
	body = append(append(body, declared...), 0, 1)
	var found []string
	addStretches(func(text string) { found = append(found, text) }, body)
	if len(found) != 1 || found[0] != declared {
		t.Errorf("got stretches %q, want the declared one", found)
	}
}

func FuzzAnyBody(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b"]}`))
	f.Add([]byte("a=1&b=2"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\x78\x9c\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		x := post("text/plain", string(body))
		i := engine(t, smallBusinessPolicy(), sekisho.ModeDetect).Begin(x)
		defer i.Close()
		if _, err := i.Request(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
