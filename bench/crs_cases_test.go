package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

const someTests = `---
meta: {author: us}
rule_id: 900
tests:
  - test_id: 7
    stages:
      - input:
          dest_addr: 127.0.0.1
          port: 80
          headers:
            Zeta: 1
            Host: localhost
            Alpha: two
          uri: "/a?b=c"
        output:
          log:
            expect_ids: [900]
      - input: {encoded_request: "R0VUIC8g\nSFRUUC8xLjANCg0K"}
        output: {status: 400, response_contains: no, expect_error: true}
  - test_id: 8
    stages:
      - input: {method: POST, version: "", data: 'a=b c&d', headers: {Host: localhost}}
        output: {log: {no_expect_ids: [901], no_match_regex: 'id "9'}}
`

func TestParseCRSFile_keepsOrderAndDefaults(t *testing.T) {
	cases, err := parseCRSFile([]byte(someTests))
	if err != nil || len(cases) != 2 || cases[0].name != "900-7" || len(cases[0].stages) != 2 {
		t.Fatalf("got %+v, %v", cases, err)
	}
	wants := []string{
		"GET /a?b=c HTTP/1.1\r\nZeta: 1\r\nHost: localhost\r\nAlpha: two\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n",
		"POST / \r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 7\r\n\r\na=b+c&d",
	}
	var got []string
	for _, try := range newTries(cases) {
		got = append(got, string(try.raw))
	}
	for i, want := range wants {
		if got[i] != want {
			t.Errorf("request %d: got %q, want %q", i, got[i], want)
		}
	}
	out := cases[0].stages[1].Output
	if out.Status != 400 || !out.Error || out.Contains != "no" || cases[1].stages[0].Output.regexps.lack == nil {
		t.Errorf("got output %+v", out)
	}
}

func TestReadCRSCases_readsNestedFoldersAndNamesABadFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a/900.yaml", someTests)
	write("b/c/901.yml", strings.ReplaceAll(someTests, "rule_id: 900", "rule_id: 901"))
	write("empty.yaml", "---\n# all of it in comments\n")
	write("notes.txt", "tests: [")
	cases, err := readCRSCases(dir)
	if err != nil || len(cases) != 4 || cases[2].name != "901-7" {
		t.Errorf("got %d cases, %v, want 4", len(cases), err)
	}
	write("z/bad.yaml", "tests: [")
	if _, err := readCRSCases(dir); sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), "bad.yaml") {
		t.Errorf("got %v, want the bad file named", err)
	}
	for _, bad := range []string{filepath.Join(dir, "nothing"), t.TempDir()} {
		if _, err := readCRSCases(bad); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%s: got %v, want KindInvalid", bad, err)
		}
	}
}

func TestWire_completesAsTheSuiteExpects(t *testing.T) {
	text := func(s string) *string { return &s }
	no := false
	tests := []struct {
		name  string
		input crsInput
		want  string
	}{
		{"encoded data stays", crsInput{Data: text("a=%41%20b")}, "Content-Length: 9\r\n\r\na=%41%20b"},
		{"a plus counts as encoded", crsInput{Data: text("a=1+1")}, "\r\n\r\na=1+1"},
		{"plain data is encoded by pair", crsInput{Data: text("a=<b>&c d=e=f&g")}, "\r\n\r\na=%3Cb%3E&c+d=e%3Df&g"},
		{"a broken escape stays", crsInput{Data: text("a=%zz")}, "\r\n\r\na=%zz"},
		{"a body that may be has a length", crsInput{Method: text("DELETE")}, "DELETE / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
		{"nothing is completed", crsInput{Method: text("POST"), Data: text("a=<b>"), Complete: &no}, "POST / HTTP/1.1\r\n\r\na=<b>"},
		{
			"lines of a multipart body",
			crsInput{Ordered: []crsField{{"Content-Type", "multipart/form-data; boundary=x"}}, Data: text("--x\na\n--x--\n")},
			"\r\n\r\n--x\r\na\r\n--x--\r\n",
		},
		{"repetition", crsInput{Ordered: []crsField{{"Content-Type", "text/plain"}}, Data: text(`a{{ "xy" | repeat 3 }}b`)}, "\r\n\r\naxyxyxyb"},
		{"an announced length stays", crsInput{Ordered: []crsField{{"Content-Type", "a/b"}, {"Content-Length", "3"}}, Data: text("abcdef")}, "Content-Length: 3\r\nConnection: close\r\n\r\nabcdef"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.input.wire()
			if err != nil || !strings.HasSuffix(string(got), test.want) {
				t.Errorf("got %q, %v, want the end %q", got, err, test.want)
			}
		})
	}
}

func FuzzParseCRSFile(f *testing.F) {
	f.Add([]byte(someTests))
	f.Add([]byte("tests: [{stages: [{input: {headers: {a: [1]}}}]}]"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		cases, err := parseCRSFile(text)
		if err != nil {
			return
		}
		for _, try := range newTries(cases) { // whatever it says, it becomes bytes or is skipped
			_ = isWhole(try.raw)
		}
	})
}
