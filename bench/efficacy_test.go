package bench

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestAddressTo_changesOnlyWhatReachesTheSite(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"host replaced", "GET /a HTTP/1.1\r\nX: 1\r\nhOst:  old \r\nY: 2\r\n\r\n", "GET /a HTTP/1.1\r\nX: 1\r\nhOst: s.example\r\nY: 2\r\n\r\n"},
		{"host added", "GET /a HTTP/1.1\r\nX: 1\r\n\r\n", "GET /a HTTP/1.1\r\nHost: s.example\r\nX: 1\r\n\r\n"},
		{"absolute target", "GET HTTP://old:81/a?b=http://c/ HTTP/1.1\r\nHost: old\r\n\r\n", "GET HTTP://s.example/a?b=http://c/ HTTP/1.1\r\nHost: s.example\r\n\r\n"},
		{"absolute target without a path", "GET http://old HTTP/1.1\r\n\r\n", "GET http://s.example HTTP/1.1\r\nHost: s.example\r\n\r\n"},
		{"length added", "POST / HTTP/1.1\r\nHost: old\r\n\r\nabc", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 3\r\n\r\nabc"},
		{"length without the file's line end", "POST / HTTP/1.1\r\nHost: old\r\nContent-Length: 2\r\n\r\nab\n", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 2\r\n\r\nab\n"},
		{"length of more than there is", "POST / HTTP/1.1\r\nHost: old\r\nContent-Length: 9\r\n\r\nab", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 2\r\n\r\nab"},
		{"chunks kept", "POST / HTTP/1.1\r\nHost: old\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "POST / HTTP/1.1\r\nHost: s.example\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"},
		{"bare line feeds", "POST / HTTP/1.1\nHost: old\n\na\r\n\r\nb", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 6\r\n\r\na\r\n\r\nb"},
		{"line ends that are mixed", "GET / HTTP/1.1\r\nHost: old\nX: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: s.example\nX: 1\r\n\r\n"},
		{"length of less than there is", "POST / HTTP/1.1\r\nHost: old\r\nContent-Length: 1\r\n\r\nabc", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 3\r\n\r\nabc"},
		{"chunks that were joined", "POST / HTTP/1.1\r\nHost: old\r\nTransfer-Encoding: chunked\r\n\r\nabc=1", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 5\r\n\r\nabc=1"},
		{"a body that was unpacked", "POST / HTTP/1.1\r\nHost: old\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\n{}", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 2\r\n\r\n{}"},
		{"a body that is packed", "POST / HTTP/1.1\r\nHost: old\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"},
		{"HTTP/2", "GET /a b HTTP/2\r\n:authority: old\r\nX: 1\r\n\r\n", "GET /a%20b HTTP/1.1\r\nHost: s.example\r\nX: 1\r\n\r\n"},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nHost: s.example\r\n\r\n"},
		{"a body with null characters", "POST / HTTP/1.1\r\nHost: old\r\n\r\na\x00b", "POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 3\r\n\r\na\x00b"},
		{"head cut off", "GET / HTTP/1.1\r\nX: 1", "GET / HTTP/1.1\r\nHost: s.example\r\nX: 1\r\n\r\n"},
		{"a line alone", "GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: s.example\r\n\r\n"},
		{"odd bytes kept", "GET /\xff%zz HTTP/1.1\r\nHost: a\r\nX : \x00\r\n folded\r\n\r\n", "GET /\xff%zz HTTP/1.1\r\nHost: s.example\r\nX : \x00\r\n folded\r\n\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(addressTo([]byte(test.input), "s.example")); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func FuzzAddressTo(f *testing.F) {
	f.Add([]byte("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sent := addressTo(raw, "s.example")
		if _, body := splitHead(raw); !bytes.HasSuffix(sent, body) {
			t.Errorf("%q: got %q, want the body as it was", raw, sent)
		}
		if !bytes.Contains(sent, []byte(": s.example")) {
			t.Errorf("%q: got %q, want the site's host in it", raw, sent)
		}
	})
}

func TestNote_tellsStoppedFromServedAndBroken(t *testing.T) {
	answer := func(status int, mark string) *rawAnswer {
		a := &rawAnswer{status: status, header: map[string][]string{"X-Request-Id": {"n"}}}
		if mark != "" {
			a.header.Set(originMark, mark)
		}
		return a
	}
	tests := []struct {
		name            string
		answer          *rawAnswer
		ours            bool
		stopped, broken bool
	}{
		{"served by our origin", answer(403, "1"), true, false, false},
		{"stopped", answer(403, ""), true, true, false},
		{"refused", answer(400, ""), true, true, false},
		{"our proxy broke", answer(502, ""), true, false, true},
		{"no answer", nil, true, false, true},
		{"served by another origin", answer(404, ""), false, false, false},
		{"stopped before another origin", answer(403, ""), false, true, false},
		{"another origin broke", answer(500, ""), false, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s shot
			s.note(test.answer, test.ours)
			if s.stopped != test.stopped || s.broken != test.broken {
				t.Errorf("got stopped %t, broken %t", s.stopped, s.broken)
			}
		})
	}
}

func TestNewEfficacyReport_countsByRule(t *testing.T) {
	one, two := sekisho.Match{RuleID: 1, Message: "first"}, sekisho.Match{RuleID: 2, Message: "second"}
	var sent []*shot
	add := func(n int, s shot) {
		for range n {
			sent = append(sent, &s)
		}
	}
	add(3, shot{recorded: recorded{"attack/a", true}, stopped: true, status: 403, rules: []sekisho.Match{one, one}})
	add(1, shot{recorded: recorded{"attack/b", true}, status: 200})
	add(1, shot{recorded: recorded{"attack/c", true}, stopped: true, status: 400})
	add(2, shot{recorded: recorded{"benign/a", false}, stopped: true, status: 403, rules: []sekisho.Match{two, one}})
	add(1, shot{recorded: recorded{"benign/b", false}, stopped: true, status: 403, rules: []sekisho.Match{two}})
	add(1, shot{recorded: recorded{"benign/c", false}, status: 200})
	add(1, shot{recorded: recorded{"benign/d", false}, broken: true, status: 502})
	r := newEfficacyReport(sent)
	if r.Total != 10 || r.Attacks != 5 || r.Benign != 5 || r.TruePositives != 4 || r.FalseNegatives != 1 || r.FalsePositives != 3 ||
		r.TrueNegatives != 1 || r.Broken != 1 || r.Refused != 1 || r.TPR != 0.8 || r.TNR != 0.25 || len(r.Wrong) != 5 {
		t.Errorf("got %+v", r)
	}
	want := []RuleEfficacy{{2, "second", 3, 1, 0}, {1, "first", 2, 0, 3}}
	if len(r.ByRule) != 2 || r.ByRule[0] != want[0] || r.ByRule[1] != want[1] {
		t.Errorf("got %+v, want %+v", r.ByRule, want)
	}
}

func TestEfficacy_judgesARecordedCorpus(t *testing.T) {
	report, err := Efficacy(t.Context(), EfficacyConfig{Corpus: filepath.Join("testdata", "corpus"), Binary: builtProgram(t)})
	if err != nil {
		t.Fatal(err)
	}
	if report.Benign != 3 || report.Attacks != 4 || report.TruePositives != 3 || report.FalseNegatives != 1 ||
		report.TrueNegatives != 2 || report.FalsePositives != 1 || report.Broken != 0 || report.Refused != 1 {
		t.Errorf("got %+v", report)
	}
	blamed := slices.IndexFunc(report.ByRule, func(r RuleEfficacy) bool { return r.Rule == 941110 })
	if blamed < 0 || report.ByRule[blamed].FalsePositives != 1 || report.ByRule[0].FalsePositives != 1 {
		t.Errorf("got rules %+v, want those that stopped the question about a script first", report.ByRule)
	}
	var files []string
	for _, wrong := range report.Wrong {
		files = append(files, wrong.What+" "+wrong.File)
	}
	if got, want := strings.Join(files, "\n"), "false_negative attack/unseen.http\nfalse_positive benign/nested/question.http"; got != want {
		t.Errorf("got wrong\n%s\nwant\n%s", got, want)
	}
}

func TestEfficacy_refusesWhatCannotWork(t *testing.T) {
	for _, cfg := range []EfficacyConfig{{}, {Corpus: t.TempDir()}, {Corpus: "testdata/corpus", URL: "http://example.com"}} {
		if _, err := Efficacy(t.Context(), cfg); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%+v: got %v, want KindInvalid", cfg, err)
		}
	}
}
