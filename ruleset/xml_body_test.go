package ruleset

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestRequest_readsXMLThatIsNoHTML(t *testing.T) {
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	for body, want := range map[string]bool{
		`<?xml version="1.0"?><methodCall><params><param><value><string>x</string></value></param></params></methodCall>`:                   false,
		`<rss><channel><link>https://www.example.co.jp/</link><item><title>お知らせ</title></item></channel></rss>`:                             false,
		`<methodCall><params><param><value><string>1' UNION SELECT name,pass FROM users-- -</string></value></param></params></methodCall>`: true,
		`<rss><link href="x"/><item a="1' UNION SELECT name,pass FROM users-- -"/></rss>`:                                                   true,
		`<a><link></a><b>1' UNION SELECT name,pass FROM users-- -</b>`:                                                                      true,
		`<a></b>`: true,
	} {
		if v := inspect(t, e, post("text/xml", body)); v.Attack != want {
			t.Errorf("%s: got attack %t with %v, want %t", body, v.Attack, v.Matches, want)
		}
	}
}
