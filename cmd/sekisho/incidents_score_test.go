package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func TestIncidentsScore_ranksAFileOfEvents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.jsonl")
	content := `{"time":"2026-04-06T12:00:00Z","source":"utm","class":"malicious_web","outcome":"prevented","direction":"outbound","src_ip":"192.168.1.23","url":"http://bad.example/"}
no event
{"time":"2026-04-06T12:10:00Z","source":"utm","class":"known_bad_connection","outcome":"succeeded","direction":"outbound","src_ip":"192.168.1.23","url":"http://c2.example/"}

{"time":"2026-04-06T12:20:00Z","source":"edr","class":"malware","outcome":"contained","host":"RECEPTION-XP","src_ip":"192.168.1.23","file":"\u001b[31m"}
{"time":"2026-04-06T12:20:00Z","source":"edr","class":"telepathy","outcome":"succeeded","host":"RECEPTION-XP"}
`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"incidents", "score", file, "--json"}, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var got []incidentLine
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Severity != sekisho.SeverityHigh || got[0].Count != 3 || got[0].Case == nil || got[0].Title == "" {
		t.Errorf("got %+v, want one High incident of three events with its case", got)
	}
	if !strings.Contains(stderr.String(), "events.jsonl:2: no event") || !strings.Contains(stderr.String(), "1 lines passed over") {
		t.Errorf("got %q, want the second line named", &stderr)
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"incidents", "score", file}, &stdout, &stderr); code != exitDone || !strings.Contains(stdout.String(), "HIGH 100") || !strings.Contains(stdout.String(), "x I 80 x O 1") {
		t.Errorf("exit %d: %s", code, &stdout)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\nno event\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"incidents", "score", empty}, &stdout, &stderr); code != exitUsage {
		t.Errorf("a file without events: exit %d, want %d", code, exitUsage)
	}
}

func TestIncidentsWhatIf_readsWhatIsStored(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	if err := db.CreateTenant(t.Context(), sekisho.Tenant{ID: "yamada", Name: "yamada", Created: now}); err != nil {
		t.Fatal(err)
	}
	event := sekisho.Event{ID: "E1", Time: now.Add(-time.Hour), Tenant: "yamada", Source: sekisho.SourceUTM, Class: sekisho.ClassExploit, Outcome: sekisho.OutcomeDetected, Direction: sekisho.DirectionInbound, Count: 1}
	if err := db.Commit(t.Context(), "yamada", sekisho.Commit{Stream: "s", Position: 1, Events: []sekisho.Event{event}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	scale, err := os.ReadFile(filepath.Join("..", "..", "incident", "weights.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "weights.yaml")
	try := func(content string) (stdout, stderr bytes.Buffer, code int) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		code = run(t.Context(), []string{"incidents", "whatif", "--weights", file, "--data-dir", dir, "--json"}, &stdout, &stderr)
		return stdout, stderr, code
	}
	stdout, stderr, code := try(strings.Replace(string(scale), "exploit:              {impact: 60", "exploit:              {impact: 80", 1))
	var got struct {
		Events        int
		Before, After struct{ High, Medium int }
		Changed       []struct{ Before, After sekisho.Terms }
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); code != exitDone || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, &stderr)
	}
	if got.Events != 1 || got.Before.Medium != 1 || got.After.High != 1 || len(got.Changed) != 1 || got.Changed[0].Before.Score != 51 {
		t.Errorf("got %+v, want one Medium incident that becomes High", got)
	}
	_, stderr, code = try(strings.Replace(string(scale), "impact: 95", "impact: 950", 1))
	if code != exitUsage || !strings.Contains(stderr.String(), "line ") || !strings.Contains(stderr.String(), "classes.ransomware.impact") {
		t.Errorf("a broken file: exit %d, %s", code, &stderr)
	}
}
