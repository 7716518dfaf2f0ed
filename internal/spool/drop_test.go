package spool

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestDrop_takesOneTenantsEventsOffTheDisk(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(DefaultConfig(dir), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(n int) {
		for i := range n {
			tenant := sekisho.TenantID([]string{"yamada", "suzuki"}[i%2])
			if err := s.Append(sekisho.Event{ID: sekisho.EventID(fmt.Sprint(tenant, i)), Tenant: tenant}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for round, want := range []int{250, 250} {
		put(500)
		got, err := s.Drop(func(e sekisho.Event) bool { return e.Tenant == "yamada" })
		if err != nil || got != want {
			t.Errorf("round %d: got %d dropped, %v, want %d", round, got, err, want)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	others := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("yamada")) {
			t.Errorf("%s still shows the tenant", filepath.Base(file))
		}
		others += bytes.Count(content, []byte(`"tenant":"suzuki"`))
	}
	if others != 500 {
		t.Errorf("got %d events of the other tenant, want 500", others)
	}
}
