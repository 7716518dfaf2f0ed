package control_test

import (
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func TestActOnCase_keepsWhoDidWhat(t *testing.T) {
	h := newHouse(t)
	at := time.Date(2026, 4, 6, 12, 0, 0, 0, time.UTC)
	c := sekisho.Case{ID: "FIRST", Tenant: "yamada", Incident: "SECOND", Key: "k", Severity: sekisho.SeverityHigh, Opened: at, Updated: at, Last: at}
	c, opened := c.Turn(sekisho.ChangeOpened, sekisho.TellNow, at)
	err := h.records.Commit(t.Context(), "yamada", sekisho.Commit{
		Stream: "spool", Position: 1, Cases: []sekisho.Case{c}, Changes: []sekisho.Change{opened},
		Incidents: []sekisho.Incident{{ID: "FIRST", Tenant: "yamada", Case: "FIRST", Last: at}, {ID: "SECOND", Tenant: "yamada", Case: "FIRST", Last: at}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var told []sekisho.TenantID
	h.local.Changed = func(tenant sekisho.TenantID) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, tenant)
	}
	do := func(id string, action sekisho.CaseAction) (sekisho.Case, error) {
		return h.client.ActOnCase(t.Context(), control.ActOnCase{ID: id, Action: action})
	}
	if got, err := do("SECOND", sekisho.CaseAction{Do: sekisho.ChangeAcknowledged, By: "sato"}); err != nil || got.State != sekisho.CaseAcknowledged {
		t.Fatalf("got %+v, %v, want it acknowledged by any of its incidents", got, err)
	}
	for id, want := range map[string]sekisho.Kind{"FIRST": sekisho.KindInvalid, "THIRD": sekisho.KindNotFound} {
		if _, err := do(id, sekisho.CaseAction{Do: sekisho.ChangeVerdict, By: "sato", Verdict: "maybe"}); sekisho.KindOf(err) != want {
			t.Errorf("%s: got %v, want %v", id, err, want)
		}
	}
	if _, err := h.client.ActOnCase(t.Context(), control.ActOnCase{Tenant: "default", ID: "FIRST", Action: sekisho.CaseAction{Do: sekisho.ChangeAcknowledged, By: "sato"}}); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("a stranger: got %v, want not found", err)
	}
	var group sync.WaitGroup // several at once: none is lost
	for range 4 {
		group.Go(func() {
			if _, err := do("FIRST", sekisho.CaseAction{Do: sekisho.ChangeNoted, By: "suzuki", Reason: "called"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	page, err := h.client.Changes(t.Context(), control.AskChanges{ID: "SECOND"})
	if err != nil || len(page.Changes) != 6 || page.Changes[5].Kind != sekisho.ChangeOpened || page.Changes[4].By != "sato" || page.Changes[0].Reason != "called" {
		t.Errorf("got %+v, %v, want all six, newest first", page, err)
	}
	incidents, err := h.client.Incidents(t.Context(), control.AskIncidents{Tenant: "yamada"})
	if err != nil || len(incidents.Incidents) != 2 || incidents.Incidents[0].Answers == nil || incidents.Incidents[0].Answers.Revision != 6 {
		t.Errorf("got %+v, %v, want both incidents with their case", incidents, err)
	}
	if len(told) != 5 || told[0] != "yamada" {
		t.Errorf("the portal heard of %v, want every change", told)
	}
}
