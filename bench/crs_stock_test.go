package bench

import (
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func answered(status int, header http.Header, body string) *rawAnswer {
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	return &rawAnswer{status: status, header: header, body: []byte(body), client: local, proxy: local}
}

func TestExchangeOf_showsWhatAnOriginIsTold(t *testing.T) {
	raw := "POST http://A.example:8080/x?y=%41 HTTP/1.1\r\nHost: other\r\nX-Forwarded-For: 1\r\nX_Odd: 1\r\nX-Mine: 1\r\nUpgrade: h2c\r\n" +
		"Connection: upgrade, x-mine\r\nZeta: 1\r\nAccept: b\r\nAccept: a\r\nContent-Length: 5\r\n\r\nabcdefgh"
	header := http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Connection": {"close"}, "X-Request-Id": {"n"}}
	policy := stockPolicy()
	policy.BodyLimit, policy.ResponseBodyLimit = 3, 4
	x, err := exchangeOf([]byte(raw), answered(200, header, "<html>"), policy)
	if err != nil {
		t.Fatal(err)
	}
	want := []sekisho.Field{
		{Name: "Host", Value: "a.example:8080"},
		{Name: "Accept", Value: "b"},
		{Name: "Accept", Value: "a"},
		{Name: "Connection", Value: "upgrade, x-mine"},
		{Name: "Content-Length", Value: "5"},
		{Name: "Zeta", Value: "1"},
	}
	if x.Method != "POST" || x.Target != "/x?y=%41" || x.Host != "a.example" || !slices.Equal(x.Header, want) || string(x.Body) != "abc" || !x.BodyCut {
		t.Errorf("got request %+v", x)
	}
	if x.Status != 200 || len(x.ResponseHeader) != 2 || string(x.ResponseBody) != "<htm" || !x.ResponseBodyCut {
		t.Errorf("got response %d %v %q", x.Status, x.ResponseHeader, x.ResponseBody)
	}
	image := http.Header{"Content-Type": {"image/png"}}
	if x, err := exchangeOf([]byte(raw), answered(200, image, "x"), policy); err != nil || x.ResponseBody != nil {
		t.Errorf("got %v, %v, want the body of an image left alone", x, err)
	}
}

// A comparison that cannot fail proves nothing: a rule that is missing in what the proxy found, one too many, and
// another score must each be a difference.
func TestCompareOne_findsEveryDisagreement(t *testing.T) {
	run := &crsRun{stock: newStock()}
	defer run.stock.close()
	site := siteNow{Policy: stockPolicy(), Mode: sekisho.ModeDetect}
	if err := run.stock.prepare(site.Policy, site.Mode); err != nil {
		t.Fatal(err)
	}
	raw := []byte("GET /?id=1%27%20or%20%271%27%3D%271 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a\r\nAccept: */*\r\n\r\n")
	fresh := func() *crsTry {
		return &crsTry{c: &crsCase{name: "1-1", stages: make([]crsStage, 1)}, raw: raw, answer: answered(200, http.Header{}, "")}
	}
	whole, err := run.judge(t.Context(), fresh(), site.Policy, site.Mode)
	if err != nil || !whole.attack || len(whole.rules) < 3 {
		t.Fatalf("got %+v, %v, want several rules", whole, err)
	}
	for _, test := range []struct {
		name    string
		change  func(*crsSeen)
		differs bool
	}{
		{"the same", func(*crsSeen) {}, false},
		{"a rule is missing", func(s *crsSeen) { s.rules = s.rules[1:] }, true},
		{"a rule too many", func(s *crsSeen) { s.rules = append(s.rules, 942999) }, true},
		{"another score", func(s *crsSeen) { s.score++ }, true},
		{"no event", func(s *crsSeen) { *s = crsSeen{inspected: true} }, true},
	} {
		try := fresh()
		try.seen.take(whole.matches)
		try.seen.score = whole.score
		test.change(&try.seen)
		if err := run.compareOne(t.Context(), try, site); err != nil || try.differs != test.differs {
			t.Errorf("%s: got differs %t, %v", test.name, try.differs, err)
		}
	}
}
