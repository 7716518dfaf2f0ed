package app

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func TestExportTenant_holdsAllThatIsTheTenantsAndNothingElse(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	db, err := store.Open(t.Context(), cfg.DataDir, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fill(t, db, "yamada")
	fill(t, db, "suzuki")
	file := filepath.Join(t.TempDir(), "yamada.jsonl")
	m, err := ExportTenant(t.Context(), cfg, "yamada", file, log)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "suzuki") {
		t.Error("the export shows another tenant")
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	rows := 0
	for _, n := range m.Rows {
		rows += n
	}
	if len(lines) != rows+1 || !strings.Contains(lines[rows], `"manifest"`) {
		t.Errorf("got %d lines, the last of them %s; want %d rows and the manifest", len(lines), lines[len(lines)-1], rows)
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("got %s, want JSON", line)
		}
	}
	// Two tables are nobody's (rules), and two hold what one could sign in with.
	if len(m.Rows) != tablesOfRecords-4 {
		t.Errorf("got rows of %d tables, want %d: %v", len(m.Rows), tablesOfRecords-4, m.Rows)
	}
	if _, err := ExportTenant(t.Context(), cfg, "yamada", file, log); sekisho.KindOf(err) != sekisho.KindConflict {
		t.Errorf("over an export: got %v, want a conflict", err)
	}
	if _, err := ExportTenant(t.Context(), cfg, "nobody", file+"2", log); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("of an unknown tenant: got %v, want not found", err)
	}
}
