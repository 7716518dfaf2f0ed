package control_test

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func TestVerifySite_takesADraftOnWhenTheProofIsThere(t *testing.T) {
	h := newHouse(t)
	if view, err := h.put(t, control.PutSite{Host: "a.example", Origin: ptr("http://127.0.0.1:1")}); err != nil || view.State != sekisho.StateDraft {
		t.Fatalf("got %s, %v, want a draft", view.State, err)
	}
	first, err := h.client.VerifySite(t.Context(), control.VerifySite{Host: "A.example"})
	if err != nil || first.Site.State != sekisho.StateDraft || first.Value == "" || len(first.Missing) != 1 {
		t.Fatalf("got %+v, %v, want a draft, what to publish, and what is missing", first, err)
	}
	h.owners.proof = sekisho.ProofTXT
	second, err := h.client.VerifySite(t.Context(), control.VerifySite{Host: "a.example"})
	if err != nil || second.Site.State != sekisho.StateVerified || second.Site.Ownership.Proof != sekisho.ProofTXT || second.Value != first.Value {
		t.Fatalf("got %+v, %v, want verified by TXT with the same token", second, err)
	}
	h.owners.proof = sekisho.ProofNone // taken down again
	if third, err := h.client.VerifySite(t.Context(), control.VerifySite{Host: "a.example"}); err != nil || third.Site.State != sekisho.StateVerified {
		t.Errorf("got %+v, %v, want still verified", third, err)
	}
	if stored, err := h.records.FindSiteByHost(t.Context(), "a.example"); err != nil || stored.Stage != sekisho.StageVerified {
		t.Errorf("got %s, %v, want verified in the records", stored.Stage, err)
	}
}

func TestTrust_isTheOperatorsWord(t *testing.T) {
	for _, watched := range []bool{false, true} {
		h := newHouse(t)
		h.local.Watched = watched
		want := map[bool]sekisho.SiteState{false: sekisho.StateLiveDetect, true: sekisho.StateVerified}[watched]
		view, err := h.put(t, control.PutSite{Host: "a.example", Trust: true, Origin: ptr("http://127.0.0.1:1")})
		if err != nil || view.State != want || view.Ownership.Proof != sekisho.ProofOperator {
			t.Errorf("watched %v: got %s, %v, want %s by the operator", watched, view.State, err, want)
		}
		if _, err := h.put(t, control.PutSite{Host: "b.example", Origin: ptr("http://127.0.0.1:1")}); err != nil {
			t.Fatal(err)
		}
		if verified, err := h.client.VerifySite(t.Context(), control.VerifySite{Host: "b.example", Trust: true}); err != nil || verified.Site.State != want {
			t.Errorf("watched %v: got %s, %v, want %s", watched, verified.Site.State, err, want)
		}
	}
}
