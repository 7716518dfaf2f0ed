package ruleset

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
)

// FuzzProof looks for a request that is called clean and is not. Rerun: go test -run xxx -fuzz FuzzProof ./ruleset/
func FuzzProof(f *testing.F) {
	for _, seed := range []struct{ method, target, contentType, header, body string }{
		{"GET", "/products/notebook?color=black&page=2", "", "lang=ja; cart=3", ""},
		{"GET", "/search?q=%E3%83%8E%E3%83%BC%E3%83%88", "", "a=1; a=2", ""},
		{"POST", "/contact", form, "", "name=%E5%B1%B1%E7%94%B0&message=%E3%82%B5%E3%83%BC%E3%83%90%E3%83%BC%2F"},
		{"POST", "/contact", form + "; charset=utf-8", "", "a=union+select&a=ok"},
		{"POST", "/api", "application/json", "", `{"a":[1,"\u00e9",{"b":null}],"A":"\ud83d\ude00"}`},
		{"POST", "/api", "application/vnd.api+json", "", `[{"id":1.5e3,"t":true},"x"]`},
		{"GET", "/get/plugins?_CONF[path]=http%C5%BF://foo.bar", "", "", ""},
		{"GET", "/file.bak", "", "$Version=1", ""},
		{"HEAD", "//host/a.b;c?x=%2e%2e%2f", "", "", ""},
		{"GET", "/?PHPSESSID=abc", "text/plain; charset=x", "", ""},
		{"GET", "/a%2fb%00c", "", "", ""},
	} {
		f.Add(seed.method, seed.target, seed.contentType, seed.header, seed.body)
	}
	o, p := newOracle(f, policyAt(1)), proofOf(f, policyAt(1), nil)
	f.Fuzz(func(t *testing.T, method, target, contentType, cookie, body string) {
		x := exchange(method, target)
		if contentType != "" {
			x = post(contentType, body)
			x.Method, x.Target = method, target
		}
		if cookie != "" {
			withHeader(x, "Cookie", cookie)
		}
		checkClean(t, o, p, x)
	})
}

func checkClean(t *testing.T, o *oracle, p *proof.Proof, x *sekisho.Exchange) {
	t.Helper()
	if !p.Request(x).Clean {
		return
	}
	if objection := o.objection(t.Context(), x, false); objection != "" {
		t.Errorf("called clean: %s", objection)
	}
}
