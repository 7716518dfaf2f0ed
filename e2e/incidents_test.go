package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type incidentOf struct {
	ID    string
	Score int
	Count int
	Case  struct {
		State    string
		Verdict  string
		Revision int
	}
}

// TestIncidents_areWorkedOnWhileTheyGrow takes a real attack through its case on a running server, changes the scale under
// it, breaks the file and repairs it.
func TestIncidents_areWorkedOnWhileTheyGrow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	scale, err := os.ReadFile(filepath.Join("..", "incident", "weights.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(t.TempDir(), "weights.yaml")
	write := func(old, changed string) {
		t.Helper()
		content := strings.Replace(string(scale), old, changed, 1)
		if old != "" && content == string(scale) {
			t.Fatalf("the scale has no %q", old)
		}
		if err := os.WriteFile(weights, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("", "")
	origin, _ := countingOrigin(t)
	p := serve(t, dir, "--site", "shop.example="+origin, "--mode", "block", "--incident-weights", weights)
	client := p.client()
	attack := func() {
		t.Helper()
		if got := do(t, client, attacks[0].build("shop.example")); got.status != http.StatusForbidden {
			t.Fatalf("an attack: got %d, want 403", got.status)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		return must(t, append(append([]string{"incidents"}, args...), "--data-dir", dir)...)
	}
	list := func() (all []incidentOf) {
		t.Helper()
		if err := json.Unmarshal([]byte(run("--json")), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	attack()
	eventually(t, "an incident", func() bool { return len(list()) == 1 })
	id := list()[0].ID
	if got := run("ack", id, "--by", "sato"); !strings.Contains(got, "acknowledged") {
		t.Errorf("ack: got %s", got)
	}
	attack()
	eventually(t, "the second attack", func() bool { return list()[0].Count == 2 })
	run("close", id, "--verdict", "clean", "--reason", "our own test", "--by", "sato")
	if got := list()[0]; got.Case.State != "closed" || got.Case.Verdict != "clean" || got.Score != 20 {
		t.Errorf("got %+v, want it closed as clean at 20", got)
	}
	if _, stderr, code := sekisho(t, "incidents", "ack", id, "--data-dir", dir); code != 2 || !strings.Contains(stderr, "reopen") {
		t.Errorf("acknowledging a closed case: exit %d %s", code, stderr)
	}

	write("waf_attack:           {impact: 60", "waf_attack:           {impact: 600")
	degraded := func() bool { return strings.Contains(must(t, "status", "--data-dir", dir), "last good one") }
	eventually(t, "status to say that the file is broken", degraded)
	attack()
	eventually(t, "the third attack, by the old scale", func() bool { got := list()[0]; return got.Count == 3 && got.Score == 22 })
	write("waf_attack:           {impact: 60", "waf_attack:           {impact: 100")
	eventually(t, "status to be well again", func() bool { return !degraded() })
	attack()
	eventually(t, "the fourth attack, by the new scale", func() bool { got := list()[0]; return got.Count == 4 && got.Score == 35 })
	if got := list()[0].Case; got.State != "new" || got.Verdict != "" {
		t.Errorf("got %+v, want it opened again: it ranks Medium now", got)
	}
	for _, want := range []string{"opened", "acknowledged", "closed", "reopened", "sato", "our own test"} {
		if got := run("history", id); !strings.Contains(got, want) {
			t.Errorf("history: got %s, want %s in it", got, want)
		}
	}
	if got := must(t, "incidents", "whatif", "--weights", weights, "--data-dir", dir); !strings.Contains(got, "1 incidents score otherwise") {
		t.Errorf("whatif: got %s", got)
	}
}
