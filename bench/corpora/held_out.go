package corpora

import (
	_ "embed"
	"encoding/base64"
	"net/url"
	"strings"
)

//go:embed held-out/words.txt
var heldOutWords string

//go:embed held-out/benign.txt
var heldOutBenign string

//go:embed held-out/attack.txt
var heldOutAttacks string

//go:embed held-out/payloads.txt
var heldOutPayloads string

const (
	heldOutRounds = 10 // times that each recipe is filled
	heldOutPlaces = 4  // places in which each payload is tried
)

// HeldOut returns ordinary requests of many products and languages, and attacks in the style of public lists. They were
// written before the rules were measured on them, and no rule is written for one of them: docs/benchmarks.md keeps the
// first figures.
func HeldOut(seed uint64) (benign, attacks []Request) {
	s, pools := newSpeaker(seed), parseWords(heldOutWords)
	pools["issue"] = []string{`{"action":"created","issue":{"title":"«query|json»","body":"«text|json»","user":{"login":"rob","type":"User"},"labels":[]},"comment":{"body":"«text|json»"}}`}
	pools["saml"] = []string{`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_«hex 32»"><saml:Issuer>https://idp.example</saml:Issuer></samlp:Response>`}
	pools["mixpanel"] = []string{`{"event":"Search","properties":{"q":"«query|json»","distinct_id":"«uuid»"}}`}
	pools["laravel"] = []string{`{"iv":"«b64 22»==","value":"«b64 200»","mac":"«hex 64»","tag":""}`}
	pools["javaser"] = []string{"\xac\xed\x00\x05sr\x00\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16`\xd1"}
	for range heldOutRounds {
		for _, r := range mustRecipes(heldOutBenign) {
			benign = append(benign, r.make(s, pools))
		}
	}
	for _, r := range mustRecipes(heldOutAttacks) {
		attacks = append(attacks, r.make(s, pools))
	}
	return benign, append(attacks, placed(s, heldOutPayloads, heldOutPlaces)...)
}

func mustRecipes(text string) []recipe {
	recipes, err := parseRecipes(text)
	if err != nil {
		panic("corpora: the recipes are part of the program: " + err.Error())
	}
	return recipes
}

//go:embed fresh/words.txt
var freshWords string

//go:embed fresh/benign.txt
var freshBenign string

//go:embed fresh/payloads.txt
var freshPayloads string

// Fresh returns a third set, written when the rules were done, as a last look: no rule was changed for it.
func Fresh(seed uint64) (benign, attacks []Request) {
	s, pools := newSpeaker(seed), parseWords(freshWords)
	for range heldOutRounds {
		for _, r := range mustRecipes(freshBenign) {
			benign = append(benign, r.make(s, pools))
		}
	}
	return benign, placed(s, freshPayloads, heldOutPlaces)
}

//go:embed later/benign.txt
var laterBenign string

//go:embed later/payloads.txt
var laterPayloads string

const laterRounds = 6

// Later returns a fourth set, of further kinds, with the words of the third one.
func Later(seed uint64) (benign, attacks []Request) {
	s, pools := newSpeaker(seed), parseWords(freshWords)
	for range laterRounds {
		for _, r := range mustRecipes(laterBenign) {
			benign = append(benign, r.make(s, pools))
		}
	}
	return benign, placed(s, laterPayloads, heldOutPlaces)
}

//go:embed wide/benign.txt
var wideBenign string

//go:embed wide/payloads.txt
var widePayloads string

const wideRounds = 5

// Wide returns a fifth set: what large sites and the tools of developers send, with the words of the third one.
func Wide(seed uint64) (benign, attacks []Request) {
	s, pools := newSpeaker(seed), parseWords(freshWords)
	pools["zip"] = []string{string(zipped(`{"@babel/core":["7.24.0"],"exec-sh":["0.4.0"],"select2":["4.1.0"]}`))}
	pools["pb"] = []string{"\n\x0cabcdefghijkl\x12\x1dhttps://www.example.co.jp/cart\x18\x01 \x96\x01"}
	for range wideRounds {
		for _, r := range mustRecipes(wideBenign) {
			benign = append(benign, r.make(s, pools))
		}
	}
	return benign, placed(s, widePayloads, heldOutPlaces)
}

// A slot is a place in a request that a payload can be put into.
type slot struct {
	name     string
	families string // in which a payload works there; empty: all
	make     func(s speaker, kind, p string) Request
}

var slots = []slot{
	{"query", "", func(s speaker, kind, p string) Request {
		return get(kind, "/items?page=2&q="+url.QueryEscape(p)+"&lang=en")
	}},
	{"form", "", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/account/update", nil, formType, form("id", "7", "value", p, "ok", "Save"))
	}},
	{"json", "", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/api/v2/things", nil, jsonType, []byte(`{"id":7,"attributes":{"list":["a",`+jsonString(p)+`]},"z":null}`))
	}},
	{"multipart", "sqli xss rce lfi ssti log4shell php java node ssrf ldap", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/send", nil, "multipart/form-data; boundary="+boundary, parts([]string{"title", "hello", "value", p, "f@a.txt", "text"}))
	}},
	{"xml", "sqli xss rce lfi ssti log4shell java ssrf ldap", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/ws", nil, "application/xml", []byte(`<?xml version="1.0"?><req><id>7</id><v>`+xmlText(strings.ReplaceAll(p, "\x00", ""))+`</v></req>`))
	}},
	{"cookie", "sqli log4shell php java lfi", func(s speaker, kind, p string) Request {
		return build(kind, "GET", "/", []string{"Cookie", "lang=en; pref=" + url.QueryEscape(p) + "; theme=dark"}, "", nil)
	}},
	{"user agent", "log4shell xss sqli", func(s speaker, kind, p string) Request {
		return write(kind, "GET", "/", []string{"User-Agent", "Mozilla/5.0 " + oneLine(p)}, "", nil, false, false)
	}},
	{"own field", "log4shell", func(s speaker, kind, p string) Request {
		return build(kind, "GET", "/", []string{"X-Api-Version", oneLine(p)}, "", nil)
	}},
	{"referer", "log4shell xss sqli", func(s speaker, kind, p string) Request {
		return build(kind, "GET", "/", []string{"Referer", "https://www.example.com/?q=" + oneLine(p)}, "", nil)
	}},
	{"path", "sqli xss lfi log4shell ssti", func(s speaker, kind, p string) Request {
		return get(kind, "/items/"+url.PathEscape(p)+"/view")
	}},
	{"query twice encoded", "sqli xss lfi rce", func(s speaker, kind, p string) Request {
		return get(kind, "/items?q="+url.QueryEscape(url.QueryEscape(p)))
	}},
	{"text beacon", "sqli xss rce lfi ssti log4shell php java node ssrf", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/beacon", nil, "text/plain", []byte(`{"t":1,"v":`+jsonString(p)+`}`))
	}},
	{"escaped json", "sqli xss rce lfi ssti log4shell", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/api/v2/things", nil, jsonType+"; charset=utf-8", []byte(`{"v":"`+unicodeEscapes(p)+`"}`))
	}},
	{"behind words", "sqli xss log4shell rce ssti", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/search", nil, formType, form("q", "blue shoes "+p))
	}},
	{"graphql", "sqli xss rce ssti log4shell", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/graphql", nil, jsonType, []byte(`{"query":"query($v:String){find(v:$v){id}}","variables":{"v":`+jsonString(p)+`}}`))
	}},
	{"gzip", "sqli xss rce lfi log4shell", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/api", []string{"Content-Encoding", "gzip"}, jsonType, zipped(`{"v":`+jsonString(p)+`}`))
	}},
	{"parameter name", "xss sqli", func(s speaker, kind, p string) Request {
		return get(kind, "/items?"+url.QueryEscape(p)+"=1")
	}},
	{"json in a form", "sqli xss rce ssti", func(s speaker, kind, p string) Request {
		return build(kind, "POST", "/ajax", nil, formType, form("data", `{"a":`+jsonString(p)+`}`))
	}},
	{"base64 data address", "xss php", func(s speaker, kind, p string) Request {
		return get(kind, "/show?src="+url.QueryEscape("data:text/html;base64,"+base64.StdEncoding.EncodeToString([]byte(p))))
	}},
}

func get(kind, target string) Request { return build(kind, "GET", target, nil, "", nil) }

func oneLine(p string) string { return strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(p) }

func unicodeEscapes(p string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, r := range p {
		b.WriteString(`\u` + string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]}))
	}
	return b.String()
}

// placed puts each payload of a list into so many places, in turn.
func placed(s speaker, list string, places int) []Request {
	var requests []Request
	family, turn := "", 0
	for line := range strings.Lines(list) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
			continue
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			family = strings.Trim(line, "[]")
			continue
		}
		payload := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\0`, "\x00").Replace(line)
		left := places
		for tries := 0; tries < len(slots) && left > 0; tries++ {
			place := slots[turn%len(slots)]
			turn++
			if place.families != "" && !strings.Contains(" "+place.families+" ", " "+family+" ") {
				continue
			}
			requests = append(requests, place.make(s, family+" in "+place.name, payload))
			left--
		}
	}
	return requests
}
