package app

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/spool"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func TestTidy_saysOnceADayThatAQuotaIsFull(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	records, err := store.Open(t.Context(), dir, log)
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	waiting, err := spool.Open(spool.DefaultConfig(filepath.Join(dir, "spool")), log)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	h := &house{records: records, spool: waiting, log: log}
	for _, id := range []sekisho.TenantID{"yamada", "suzuki"} {
		if err := records.CreateTenant(t.Context(), sekisho.Tenant{ID: id, Storage: sekisho.Storage{QuotaBytes: sekisho.MinQuota}}); err != nil {
			t.Fatal(err)
		}
	}
	commit := sekisho.Commit{Stream: "spool", Position: 1}
	for i := range 300 {
		commit.Events = append(commit.Events, sekisho.Event{ID: sekisho.EventID(fmt.Sprint("E", i)), Tenant: "yamada", Time: time.Now(), Raw: strings.Repeat("x", 5000)})
	}
	if err := records.Commit(t.Context(), "yamada", commit); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, step := range []struct {
		at   time.Time
		told int
	}{{now, 1}, {now.Add(10 * time.Minute), 1}, {now.Add(23 * time.Hour), 1}, {now.Add(25 * time.Hour), 1}} {
		h.tidy(t.Context(), step.at)
		if got := waiting.Pending(); got != step.told {
			t.Errorf("after %v: got %d events, want %d", step.at.Sub(now), got, step.told)
		}
	}
	said := h.fullQuotas(t.Context(), now)
	if len(said) != 1 || !strings.Contains(said[0].EN, "yamada") || !strings.Contains(said[0].JA, "インシデントは残ります") {
		t.Errorf("got %v, want one sentence about yamada", said)
	}
	if said := h.fullQuotas(t.Context(), now.Add(25*time.Hour)); len(said) != 0 {
		t.Errorf("a day after the last: got %v, want nothing", said)
	}
}
