package ruleset

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/automaton"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// The fast lane says of an exchange that it is clean; the oracle, the plain engine, says what happens to it. Whenever
// the first says clean, the second must have nothing to tell. A single disagreement is a hole in the WAF.

func newOracle(t testing.TB, policy sekisho.Policy) *oracle {
	t.Helper()
	o, err := openOracle(policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.close)
	return o
}

// A tally is what comparing two opinions on many exchanges gave.
type tally struct {
	asked, clean int
	objections   []string
}

// compare asks the oracle about every exchange that the proof calls clean.
func (o *oracle) compare(t testing.TB, p *proof.Proof, cases []*sekisho.Exchange) tally {
	var result tally
	for _, x := range cases {
		result.asked++
		if !p.Request(x).Clean {
			continue
		}
		result.clean++
		if objection := o.objection(t.Context(), x, false); objection != "" {
			result.objections = append(result.objections, fmt.Sprintf("%s %q: %s", x.Method, x.Target, objection))
		}
	}
	return result
}

func policyAt(level int) sekisho.Policy {
	policy := sekisho.DefaultPolicy()
	policy.ParanoiaLevel = level
	return policy
}

func proofOf(t testing.TB, policy sekisho.Policy, change func(*seclang.Program)) *proof.Proof {
	t.Helper()
	program, err := readRules(policy, sekisho.ModeBlock)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(program)
	}
	return compileProof(program, policy)
}

func regressionRequests(t *testing.T, every int) []*sekisho.Exchange {
	var requests []*sekisho.Exchange
	for _, c := range regressionSample(t, every) {
		requests = append(requests, c.x)
	}
	return requests
}

func sampled(full int) int {
	if raceEnabled || testing.Short() {
		return 40
	}
	return full
}

// withoutRaceDetector leaves a long comparison of one goroutine to the run without the race detector, which finds nothing in it
// and makes it ten times as long. `make test` does both runs; the Makefile names these tests.
func withoutRaceDetector(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("compares in one goroutine; runs without the race detector")
	}
}

func TestProof_agreesWithThePlainEngineOnTheRuleSetsOwnTests(t *testing.T) {
	requests := regressionRequests(t, sampled(1))
	for _, profile := range []sekisho.Profile{sekisho.ProfileSmallBusiness, sekisho.ProfileStock} {
		for _, level := range []int{1, 2, 3, 4} {
			policy := policyAt(level)
			policy.Profile = profile
			checkTally(t, level, profile.String()+", the rule set's own tests", newOracle(t, policy).
				compare(t, proofOf(t, policy, nil), requests))
		}
	}
}

func TestProof_agreesWithThePlainEngineOnMutations(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 1))
	var requests []*sekisho.Exchange
	for range max(1, 3/sampled(1)) {
		for _, x := range append(regressionRequests(t, sampled(1)), ordinaryRequests(400/sampled(1), source)...) {
			requests = append(requests, mutate(x, source))
		}
	}
	for _, level := range []int{1, 2} {
		checkTally(t, level, "mutations", newOracle(t, policyAt(level)).compare(t, proofOf(t, policyAt(level), nil), requests))
	}
}

func TestProof_provesOrdinaryRequests(t *testing.T) {
	requests := ordinaryRequests(800/sampled(1)+40, rand.New(rand.NewPCG(1, 2)))
	got := newOracle(t, policyAt(1)).compare(t, proofOf(t, policyAt(1), nil), requests)
	checkTally(t, 1, "ordinary requests", got)
	if got.clean*1000 < got.asked*990 {
		t.Errorf("%d of %d were proven clean, want 99 of 100", got.clean, got.asked)
	}
}

func checkTally(t *testing.T, level int, what string, got tally) {
	t.Helper()
	t.Logf("level %d, %s: %d requests, %d proven clean, %d objections", level, what, got.asked, got.clean, len(got.objections))
	for i, objection := range got.objections {
		if i == 20 {
			t.Errorf("and %d more", len(got.objections)-i)
			break
		}
		t.Errorf("level %d: called clean: %s", level, objection)
	}
}

// The test of the test: proofs that are wrong in three ways, each of which must show.
func TestProof_plantedFaultsAreCaught(t *testing.T) {
	withoutRaceDetector(t)
	eachLink := func(change func(*seclang.Link)) func(*seclang.Program) {
		return func(program *seclang.Program) {
			for i := range program.Rules {
				for j := range program.Rules[i].Links {
					change(&program.Rules[i].Links[j])
				}
			}
		}
	}
	tests := []struct {
		name   string
		change func(*seclang.Program)
	}{
		{"the head of a chain is dropped", func(program *seclang.Program) {
			for i := range program.Rules {
				if len(program.Rules[i].Links) > 1 {
					program.Rules[i].Links[0].Variables = nil
				}
			}
		}},
		{"&COUNT targets are ignored", eachLink(func(link *seclang.Link) {
			link.Variables = slices.DeleteFunc(link.Variables, func(v seclang.Variable) bool { return v.Count && v.Name != "TX" })
		})},
		{"expressions are read byte by byte", func(program *seclang.Program) {
			for i := range program.Rules {
				rule := &program.Rules[i]
				if rule.Phase != 2 || len(rule.Links) == 0 || rule.Links[0].Operator == nil {
					continue
				}
				op := *rule.Links[0].Operator
				bytewise := `(?sm)(?:\xff\xfe){0}` + op.Argument
				_, err := automaton.Compile([]automaton.Pattern{automaton.Rx(bytewise)}, automaton.DefaultOptions())
				if op.Name == "rx" && !op.Negated && err == nil {
					rule.Links[0].Operator.Argument = bytewise
				}
			}
		}},
	}
	requests := regressionRequests(t, sampled(4))
	for _, x := range regressionRequests(t, sampled(4)) {
		requests = append(requests, foldable(x))
	}
	o := newOracle(t, policyAt(1))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			broken := proofOf(t, policyAt(1), tt.change)
			if reason, _ := broken.Slow(); reason != "" {
				t.Fatalf("the fault makes the whole policy slow: %s", reason)
			}
			got := o.compare(t, broken, requests)
			t.Logf("%d objections, such as %v", len(got.objections), first(got.objections))
			if len(got.objections) == 0 {
				t.Errorf("%d of %d were called clean, and nobody objected", got.clean, got.asked)
			}
		})
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// foldable writes letters as others that Go's regexp takes for the same when case does not matter.
func foldable(x *sekisho.Exchange) *sekisho.Exchange {
	changed := *x
	replace := strings.NewReplacer("s", "%C5%BF", "k", "%E2%84%AA")
	if path, query, ok := strings.Cut(x.Target, "?"); ok {
		changed.Target = path + "?" + replace.Replace(query)
	}
	changed.Body = []byte(replace.Replace(string(x.Body)))
	return &changed
}

// ordinaryRequests are what visitors of a small company's site send.
func ordinaryRequests(n int, source *rand.Rand) []*sekisho.Exchange {
	pick := func(words ...string) string { return words[source.IntN(len(words))] }
	var requests []*sekisho.Exchange
	for range n {
		var x *sekisho.Exchange
		switch source.IntN(10) {
		case 0, 1, 2, 3:
			x = exchange("GET", pick("/", "/company/", "/products/notebook", "/news/2026/01/", "/access.html", "/blog/entry-12.html"))
		case 4, 5:
			x = exchange("GET", "/assets/"+pick("app", "main", "vendor", "logo")+pick(".js", ".css", ".png", ".woff2", ".svg")+pick("", "?v=3", "?20260102"))
		case 6:
			x = exchange("GET", "/search?"+url.Values{"q": {sentences(source, 3)}, "page": {pick("1", "2", "30")}}.Encode())
		case 7:
			x = withHeader(exchange("GET", "/mypage"), "Cookie", "lang=ja; _ga=GA1.1."+fmt.Sprint(source.IntN(1e9))+"; cart="+fmt.Sprint(source.IntN(99)))
		case 8:
			x = post("application/json", `{"name":"`+sentences(source, 4)+`","items":[{"sku":"A100","quantity":`+fmt.Sprint(source.IntN(9))+
				`,"price":98000.50},{"sku":"B\u30ab","gift":null}],"note":"`+sentences(source, 12)+`","agree":true,"tags":[]}`)
		default:
			x = post(form, url.Values{
				"name": {pick("山田太郎", "佐藤花子", "鈴木 一郎")}, "email": {pick("taro@example.co.jp", "info@example.com")},
				"tel": {"03-1234-" + fmt.Sprint(1000+source.IntN(8999))}, "message": {sentences(source, 40)},
			}.Encode())
		}
		requests = append(requests, x)
	}
	return requests
}

// sentences returns some of an inquiry.
func sentences(source *rand.Rand, words int) string {
	list := strings.Fields("お問い合わせ ありがとうございます。 見積り を お願い いたします。 納期は 来月末 ノートパソコン プリンター 百個 株式会社 " +
		"山田製作所 東京都 千代田区 １－２－３ 午前中 配送 希望 です。 よろしく ﾃｽﾄ ㈱ 髙橋 〜 ①② 件 カタログ 送付 価格 円 税込")
	var out strings.Builder
	for range words {
		out.WriteString(list[source.IntN(len(list))])
	}
	return out.String()
}

// mutate changes a request a little, mostly so that it stays one.
func mutate(x *sekisho.Exchange, source *rand.Rand) *sekisho.Exchange {
	changed := *x
	changed.Header = slices.Clone(x.Header)
	changed.Body = slices.Clone(x.Body)
	for range 1 + source.IntN(3) {
		switch source.IntN(8) {
		case 0:
			changed.Target = edit(changed.Target, source)
		case 1:
			changed.Body = []byte(edit(string(changed.Body), source))
		case 2:
			if len(changed.Header) > 0 {
				f := &changed.Header[source.IntN(len(changed.Header))]
				f.Value = edit(f.Value, source)
			}
		case 3:
			if len(changed.Header) > 0 {
				at := source.IntN(len(changed.Header))
				changed.Header = slices.Delete(changed.Header, at, at+1)
			}
		case 4:
			withHeader(&changed, headerNames[source.IntN(len(headerNames))], edit("1", source))
		case 5:
			changed.Method = []string{"GET", "POST", "HEAD", "OPTIONS", "PUT", "get"}[source.IntN(6)]
		case 6:
			changed.Protocol = []string{"HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9"}[source.IntN(4)]
		case 7:
			changed.Target += []string{"?", "&", "a=b", "?x=1", "#f", "%00", "/..;/", "%u0041", ";jsessionid=1"}[source.IntN(9)]
		}
	}
	return &changed
}

var headerNames = []string{
	"Content-Type", "Content-Length", "Range", "Transfer-Encoding", "Referer", "Cookie", "Host",
	"X-Filename", "Accept", "Accept-Charset", "Request-Range", "Multipart_headers_content_types_0", "Paramcounter_x", "Connection", "Content-Encoding",
}

var tokens = []string{
	"'", "\"", "<", ">", ";", "|", "&", "=", "%27", "%3C", "+", " ", "\x00", "\n", "ー/", "\xbc", "\xbe", "select", "union", "../",
	"http://", "()", "$", "{", "}", "a", "1", "0", "-1", ".php", ".bak", "~", "Ｓ", "ſ", "\u212a", "é", "日本", "\\u0061", "%", "%zz", "PHPSESSID", "charset=", "onload", "{", "}", "[", "]", ",", "null", "\\", "\"a\":", "--", "/*", "#", "1-0", "bytes=5-1",
}

func edit(text string, source *rand.Rand) string {
	at := source.IntN(len(text) + 1)
	switch source.IntN(4) {
	case 0:
		end := min(len(text), at+1+source.IntN(4))
		return text[:at] + text[end:]
	case 1:
		if at < len(text) {
			return text[:at] + string([]byte{text[at] ^ byte(1<<source.IntN(8))}) + text[at+1:]
		}
	}
	return text[:at] + tokens[source.IntN(len(tokens))] + text[at:]
}
