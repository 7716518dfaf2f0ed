package transform_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// What does it cost to make all that the rules of level 1 look at of one value?
//
//	go test -run xxx -bench . ./ruleset/transform
//
// "arguments" leaves out the chains that only see lengths and digests of a few fields; "plain" leaves out base64Decode
// too, which makes something of nearly every value.
var (
	japaneseValue = "お問い合わせありがとうございます。サーバー/ネットワークの件で、来週の打ち合わせを15時にお願いいたします。\r\n株式会社サンプル 山田 太郎"
	japaneseText  = strings.Repeat("私たちは地域のお客様とともに歩む、小さな工務店です。ご相談・お見積もりは無料(要予約)。お気軽にお電話ください。\r\n", 64<<10/165)
	benchValues   = []struct{ name, value string }{
		{"unchanged", "keep-alive"},
		{"unchanged_64_bytes", "5f2c9a7be1d04c38a6f1e07b9d2c4a8e5f2c9a7be1d04c38a6f1e07b9d2c4a8e"},
		{"language", "ja,en-US;q=0.9,en;q=0.8"},
		{"user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"},
		{"japanese_form_value", japaneseValue},
		{"japanese_64_KB", japaneseText},
	}
)

func levelOneWithout(steps ...string) []transform.Chain {
	return slices.DeleteFunc(slices.Clone(levelOne), func(c transform.Chain) bool {
		return slices.ContainsFunc(steps, func(step string) bool { return slices.Contains(c.Steps, step) })
	})
}

func BenchmarkTree(b *testing.B) {
	for _, set := range []struct {
		name   string
		chains []transform.Chain
	}{
		{"plain", levelOneWithout("length", "sha1", "base64Decode")},
		{"arguments", levelOneWithout("length", "sha1")},
		{"all", levelOne},
	} {
		tree, err := transform.NewTree(set.chains)
		if err != nil {
			b.Fatal(err)
		}
		for _, bench := range benchValues {
			b.Run(set.name+"/"+bench.name, func(b *testing.B) {
				v := transform.AcquireValues()
				defer v.Release()
				b.ReportAllocs()
				b.SetBytes(int64(len(bench.value)))
				for b.Loop() {
					tree.Apply(v, bench.value)
				}
				b.ReportMetric(float64(v.Len()), "values")
			})
		}
	}
}

func BenchmarkApply(b *testing.B) {
	for _, name := range transform.Names() {
		tr, err := transform.Find(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			var out []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(japaneseText)))
			for b.Loop() {
				out, _ = tr.Apply(out[:0], japaneseText)
			}
		})
	}
}
