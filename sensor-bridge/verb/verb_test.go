package verb

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestOutcome_readsWordsOfEveryLanguage(t *testing.T) {
	tests := []struct {
		word          string
		gateway, onPC sekisho.Outcome
	}{
		{"Deny", sekisho.OutcomePrevented, sekisho.OutcomePrevented},
		{"DROP", sekisho.OutcomePrevented, sekisho.OutcomePrevented},
		{"reset-both", sekisho.OutcomePrevented, sekisho.OutcomePrevented},
		{"Quarantined", sekisho.OutcomePrevented, sekisho.OutcomeContained},
		{"strip", sekisho.OutcomePrevented, sekisho.OutcomeContained},
		{"Allow", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"alert", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"Process would have been blocked", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"Unable to clean file", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"駆除", sekisho.OutcomePrevented, sekisho.OutcomeContained},
		{"ファイルを隔離しました", sekisho.OutcomePrevented, sekisho.OutcomeContained},
		{"駆除できませんでした", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"隔離失敗", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"検出のみ", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"ブロック", sekisho.OutcomePrevented, sekisho.OutcomePrevented},
		{"拒否", sekisho.OutcomePrevented, sekisho.OutcomePrevented},
		{"許可", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"Fichier nettoyé", sekisho.OutcomePrevented, sekisho.OutcomeContained},
		{"Fichier mis en quarantaine", sekisho.OutcomePrevented, sekisho.OutcomeContained},
		{"Échec du nettoyage", sekisho.OutcomeDetected, sekisho.OutcomeDetected},
		{"Datei gelöscht", sekisho.OutcomePrevented, sekisho.OutcomeContained},
		{"Redirect", sekisho.OutcomeRedirected, sekisho.OutcomeRedirected},
		{"Ｄｅｎｙ", sekisho.OutcomePrevented, sekisho.OutcomePrevented},
		{"", sekisho.OutcomeUnknown, sekisho.OutcomeUnknown},
		{"flibber", sekisho.OutcomeUnknown, sekisho.OutcomeUnknown},
	}
	for _, tt := range tests {
		if got, ok := AtGateway(tt.word); got != tt.gateway || ok != (tt.gateway != sekisho.OutcomeUnknown) {
			t.Errorf("AtGateway(%q) = %s, %v, want %s", tt.word, got, ok, tt.gateway)
		}
		if got, _ := OnHost(tt.word); got != tt.onPC {
			t.Errorf("OnHost(%q) = %s, want %s", tt.word, got, tt.onPC)
		}
	}
}
