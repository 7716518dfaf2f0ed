package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// contact posts a contact form; the question reads like SQL.
func contact(t *testing.T, p *process, path, field, value string) answer {
	t.Helper()
	body := url.Values{"name": {"山田太郎"}, field: {value}}.Encode()
	request, err := http.NewRequest(http.MethodPost, "https://a.example"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	browserHeaders(request)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, p.client(), request)
}

func TestExclusion_letsACustomerPassAndSaysSo(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "a.example="+origin, "--mode", "block")
	const question = "1 or 1=1-- -"
	refused := contact(t, p, "/contact", "body", question)
	if refused.status != http.StatusForbidden {
		t.Fatalf("the question before: got %d, want it stopped", refused.status)
	}
	eventually(t, "the event of the refusal", func() bool { return len(events(t, dir)) == 1 })
	rules := events(t, dir)[0].RuleIDs
	var ids []string
	for _, rule := range rules {
		ids = append(ids, exclude(t, dir, rule, "ARGS:body"))
	}
	if got := contact(t, p, "/contact", "body", question).status; got != http.StatusOK {
		t.Errorf("the question on the excluded path and parameter: got %d, want it passed", got)
	}
	for name, status := range map[string]int{
		"another path":      contact(t, p, "/order", "body", question).status,
		"another parameter": contact(t, p, "/contact", "memo", question).status,
		"another attack":    contact(t, p, "/contact", "body", "<script>alert(1)</script>").status,
	} {
		if status != http.StatusForbidden {
			t.Errorf("%s: got %d, want it stopped", name, status)
		}
	}
	var told struct {
		Action     string   `json:"action"`
		Reason     string   `json:"reason"`
		RuleIDs    []int    `json:"rule_ids"`
		Exclusions []string `json:"exclusions"`
	}
	eventually(t, "the event of the request that passed", func() bool {
		for line := range strings.Lines(must(t, "events", "--json", "--data-dir", dir)) {
			if err := json.Unmarshal([]byte(line), &told); err != nil {
				t.Fatal(err)
			}
			if told.Reason == "excluded" {
				return true
			}
		}
		return false
	})
	if told.Action != "passed" || len(told.RuleIDs) != len(rules) || len(told.Exclusions) != len(ids) {
		t.Errorf("the event says %+v, want it passed by %v with the rules %v", told, ids, rules)
	}
	alarmed := 0
	for _, incident := range incidents(t, dir) {
		alarmed += incident.Count
	}
	if alarmed != 4 {
		t.Errorf("incidents count %d requests, want the four that were stopped", alarmed)
	}

	p.stop()
	again := serve(t, dir) // from the records
	if got := contact(t, again, "/contact", "body", question).status; got != http.StatusOK {
		t.Errorf("after a restart: got %d, want it passed", got)
	}
	must(t, "exclusion", "remove", "--site", "a.example", ids[0], "--data-dir", dir)
	if got := contact(t, again, "/contact", "body", question).status; got != http.StatusForbidden {
		t.Errorf("after its removal: got %d, want it stopped", got)
	}
	if list := must(t, "exclusion", "list", "--site", "a.example", "--data-dir", dir); strings.Contains(list, ids[0]) || strings.Count(list, "hanako") != len(ids)-1 {
		t.Errorf("the list after a removal:\n%s", list)
	}
}

func exclude(t *testing.T, dir string, rule int, parameter string) (id string) {
	t.Helper()
	number, err := json.Marshal(rule)
	if err != nil {
		t.Fatal(err)
	}
	out := must(t, "exclusion", "add", "--site", "a.example", "--rule", string(number), "--path", "/contact", "--parameter", parameter,
		"--reason", "お客様の質問です", "--author", "hanako", "--expires", "30d", "--data-dir", dir)
	id, _, _ = strings.Cut(out, ":")
	return id
}

func TestExclusion_endsByItself(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "a.example="+origin, "--mode", "block")
	rules := filepath.Join(t.TempDir(), "rules.conf")
	if err := os.WriteFile(rules, []byte(`SecRule ARGS:coupon "@streq evil" "id:1000,phase:2,deny,log,msg:'coupon'"`), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "site", "set", "a.example", "--custom-rules", rules, "--data-dir", dir)
	must(t, "exclusion", "add", "--site", "a.example", "--rule", "1000", "--path", "/cart", "--parameter", "ARGS:coupon",
		"--reason", "a test", "--expires", "3s", "--data-dir", dir)
	ask := func() int { return get(t, p.client(), "https://a.example/cart?coupon=evil").status }
	if got := ask(); got != http.StatusOK {
		t.Fatalf("while it holds: got %d, want it passed", got)
	}
	eventually(t, "the exclusion to end", func() bool { return ask() == http.StatusForbidden })
	if list := must(t, "exclusion", "list", "--data-dir", dir); !strings.Contains(list, "(expired)") {
		t.Errorf("the list afterwards:\n%s", list)
	}
}

func TestExclusion_refusesWhatCouldNotWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, "site", "add", "a.example", "http://127.0.0.1:1", "--trust-origin", "--data-dir", dir)
	for _, test := range []struct{ rule, parameter, expires, want string }{
		{"1", "ARGS:a", "30d", "no such rule"},
		{"942100", "REQUEST_BODY", "30d", "ARGS"},
		{"949110", "TX:a", "30d", "sums up"},
		{"942100", "ARGS:a", "0d", "--expires"},
		{"942100", "ARGS:a", "9999d", "two years"},
	} {
		_, stderr, code := sekisho(t, "exclusion", "add", "--site", "a.example", "--rule", test.rule, "--path", "/", "--parameter", test.parameter,
			"--reason", "a test", "--author", "hanako", "--expires", test.expires, "--data-dir", dir)
		if code != 2 || !strings.Contains(stderr, test.want) {
			t.Errorf("rule %s, %s, %s: exit %d %s, want 2 and %q", test.rule, test.parameter, test.expires, code, stderr, test.want)
		}
	}
}
