package ruleset

import (
	"bytes"
	"compress/gzip"
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
