package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func export(tenant sekisho.TenantID, id sekisho.ExportID, name string) sekisho.Export {
	return sekisho.Export{
		ID: id, Tenant: tenant, Name: name, Syslog: "siem.example.jp:6514", Format: sekisho.FormatOCSF, Send: sekisho.SendAll,
		Sealed: []byte{1, 2, 3}, Created: noon,
	}
}

func testExports(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	first, second, other := export(yamada, "X1", "siem"), export(yamada, "X2", "chat"), export(suzuki, "X3", "siem")
	second.Since = noon.Add(-time.Hour)
	for _, e := range []sekisho.Export{first, second, other} {
		must(t, db.AddExport(ctx, e.Tenant, e))
	}
	list, err := db.ListExports(ctx, yamada)
	must(t, err)
	wantEqual(t, "ListExports", list, []sekisho.Export{second, first})
	all, err := db.AllExports(ctx)
	must(t, err)
	wantEqual(t, "AllExports", all, []sekisho.Export{other, second, first})

	begun := sekisho.ExportState{Export: "X1", Tenant: yamada, Revision: 1}
	filling := sekisho.ExportState{Export: "X2", Tenant: yamada, Revision: 1, Backfill: sekisho.ExportBackfill{Since: second.Since, Until: noon}}
	states, err := db.AllExportStates(ctx)
	must(t, err)
	wantEqual(t, "AllExportStates", states, []sekisho.ExportState{{Export: "X3", Tenant: suzuki, Revision: 1}, begun, filling})
	moved := begun
	moved.Revision, moved.Delivered, moved.Last, moved.Error = 2, 7, noon, sekisho.Text{JA: "x", EN: "y"}
	must(t, db.PutExportState(ctx, yamada, moved))
	wantKind(t, db.PutExportState(ctx, yamada, moved), sekisho.KindConflict)
	wantKind(t, db.PutExportState(ctx, yamada, sekisho.ExportState{Export: "X9", Revision: 2}), sekisho.KindNotFound)

	wantKind(t, db.AddExport(ctx, yamada, export(yamada, "X4", "siem")), sekisho.KindConflict)
	wantKind(t, db.AddExport(ctx, "nobody", export("nobody", "X5", "siem")), sekisho.KindNotFound)
	wantKind(t, db.AddExport(ctx, yamada, sekisho.Export{ID: "X6", Name: "x"}), sekisho.KindInvalid)

	must(t, db.RemoveExport(ctx, yamada, "X2"))
	wantKind(t, db.RemoveExport(ctx, yamada, "X2"), sekisho.KindNotFound)
	states, err = db.AllExportStates(ctx)
	must(t, err)
	wantEqual(t, "states behind a removal", states, []sekisho.ExportState{{Export: "X3", Tenant: suzuki, Revision: 1}, moved})
}

func testJournal(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada)
	commitEvents(t, db, yamada, 1, event(yamada, "E0", noon)) // nobody takes it
	must(t, db.AddExport(ctx, yamada, export(yamada, "X1", "siem")))
	read := func(after uint64, limit int) (names []string) {
		t.Helper()
		entries, err := db.Journal(ctx, yamada, after, limit)
		must(t, err)
		for _, e := range entries {
			switch {
			case e.Event != nil:
				names = append(names, fmt.Sprint(e.Seq, " ", e.Event.ID))
			case e.Change != nil:
				names = append(names, fmt.Sprint(e.Seq, " ", e.Change.Case, " ", e.Change.Revision))
			}
		}
		return names
	}
	c := openCase("C1")
	must(t, db.Commit(ctx, yamada, sekisho.Commit{
		Stream: "spool", Position: 2, Events: []sekisho.Event{event(yamada, "E1", noon.Add(time.Hour)), event(yamada, "E2", noon)},
		Cases: []sekisho.Case{c}, Changes: []sekisho.Change{opening("C1")},
	}))
	seen, change, _, err := c.Do(sekisho.CaseAction{Do: sekisho.ChangeAcknowledged, By: "sato"}, noon)
	must(t, err)
	must(t, db.ChangeCase(ctx, yamada, seen, change, nil))
	wantEqual(t, "the journal", read(0, 0), []string{"1 E1", "2 E2", "3 C1 1", "4 C1 2"})
	wantEqual(t, "a page of it", read(1, 2), []string{"2 E2", "3 C1 1"})

	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			commitEvents(t, db, yamada, 1, event(yamada, sekisho.EventID(fmt.Sprint("E1", i)), noon))
			_ = db.Commit(ctx, yamada, sekisho.Commit{Stream: fmt.Sprint("other", i), Position: 1, Events: []sekisho.Event{event(yamada, sekisho.EventID(fmt.Sprint("E2", i)), noon)}})
		})
	}
	writers.Wait()
	entries, err := db.Journal(ctx, yamada, 4, 0)
	must(t, err)
	for i, e := range entries {
		if e.Seq != uint64(5+i) {
			t.Errorf("entry %d: got number %d, want %d: no gap", i, e.Seq, 5+i)
		}
	}
	if len(entries) != 4 {
		t.Errorf("got %d entries of four who wrote at once, want 4", len(entries))
	}

	must(t, db.PutExportState(ctx, yamada, sekisho.ExportState{Export: "X1", Revision: 2, Position: 3}))
	expired, err := db.DeleteExpired(ctx, noon)
	must(t, err)
	wantEqual(t, "deleted entries", expired.Journal, 3)
	wantEqual(t, "the journal behind that", read(0, 1), []string{"4 C1 2"})
	expired, err = db.DeleteExpired(ctx, time.Now().Add(store.JournalKept+time.Hour))
	must(t, err)
	wantEqual(t, "entries too old", expired.Journal, 5)
	must(t, db.RemoveExport(ctx, yamada, "X1"))
	commitEvents(t, db, yamada, 3, event(yamada, "E9", noon))
	wantEqual(t, "the journal of nobody", read(0, 0), nil)
}
