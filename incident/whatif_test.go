package incident

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestWhatIf_saysWhatAnotherScaleWouldHaveChanged(t *testing.T) {
	louder, err := ParseWeights([]byte(strings.Replace(string(embeddedWeights), "exploit:              {impact: 60", "exploit:              {impact: 80", 1)))
	if err != nil {
		t.Fatal(err)
	}
	events := join(times(3, 1e9, sqli(noon, "203.0.113.9", sekisho.OutcomePrevented)), times(1, 0, ips(noon, "203.0.113.77", sekisho.OutcomeDetected)))
	compare := func(other *Weights) Difference {
		w, err := NewWhatIf(DefaultWeights(), other, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if err := w.Add(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		d, err := w.End(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := compare(DefaultWeights()); len(d.Changed) != 0 || d.Before != d.After || d.Events != 4 {
		t.Errorf("the same scale changes %+v", d)
	}
	d := compare(louder)
	want := Tally{High: 1, Low: 1, Now: 1}
	if d.Before != (Tally{Medium: 1, Low: 1, Digest: 1}) || d.After != want {
		t.Errorf("got %+v, then %+v; want a Medium one that becomes High: %+v", d.Before, d.After, want)
	}
	if len(d.Changed) != 1 || !d.Changed[0].Moved() || d.Changed[0].Before.Score != 51 || d.Changed[0].After.Score != 68 || d.Changed[0].Incident.Family != "ips" {
		t.Errorf("got %+v, want the exploit alone, from 51 to 68", d.Changed)
	}
}
