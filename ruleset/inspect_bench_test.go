package ruleset

import (
	"net/url"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// The question: what does the engine cost for one ordinary request, in time and garbage, with the default policy in
// block mode and without the network around it? Rerun: go test -run xxx -bench Inspect -benchmem ./ruleset/
// Compare two commits with benchstat.

func benchmarkInspect(b *testing.B, x *sekisho.Exchange) {
	e := engine(b, sekisho.DefaultPolicy(), sekisho.ModeBlock)
	if v := inspect(b, e, x); v.Attack || len(v.Matches) != 0 {
		b.Fatalf("not an ordinary request: %+v", v)
	}
	b.SetBytes(int64(len(x.Target) + len(x.Body)))
	b.ReportAllocs()
	for b.Loop() {
		inspect(b, e, x)
	}
}

// A page, asked for by a current browser.
func BenchmarkInspect_get(b *testing.B) {
	benchmarkInspect(b, withHeader(exchange("GET", "/products/notebook?color=black&page=2"), "Cookie", "lang=ja; cart=3"))
}

// A contact form in Japanese, for which Coraza's own prefilter does nothing.
func BenchmarkInspect_form_ja(b *testing.B) {
	fields := url.Values{
		"name": {"山田太郎"}, "kana": {"ヤマダ タロウ"}, "company": {"株式会社山田製作所"}, "email": {"taro@example.co.jp"}, "tel": {"03-1234-5678"},
		"message": {"はじめまして。貴社の製品についてお伺いしたいことがございます。お見積りをお願いできますでしょうか。数量は百個、納期は来月末を希望しております。よろしくお願いいたします。"},
	}
	benchmarkInspect(b, post(form, fields.Encode()))
}

// A small JSON body as a shop's front end sends it.
func BenchmarkInspect_json(b *testing.B) {
	benchmarkInspect(b, post("application/json",
		`{"cart":{"id":"c-20260102","items":[{"sku":"A100","name":"ノートパソコン","quantity":1,"price":98000},{"sku":"B200","name":"マウス","quantity":2,"price":1980}]},"note":"午前中に届けてください。","gift":false}`))
}
