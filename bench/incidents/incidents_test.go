package incidents

import (
	"testing"
)

// A fortieth of each story, in this process: the counts add up, and a calm firm is left in peace.
func TestScenario_countsWhatCameOfIt(t *testing.T) {
	for _, name := range Scenarios {
		t.Run(name, func(t *testing.T) {
			got, err := Scenario(t.Context(), name, 40)
			if err != nil {
				t.Fatal(err)
			}
			if got.Scenario != name || got.Events == 0 || got.Incidents == 0 || got.Cases > got.Incidents || got.StateChanges < got.Cases {
				t.Errorf("got %+v, want events, incidents, no more cases than those, and a change for each", got)
			}
			switch name {
			case "calm_year":
				if got.PerDayMedian > 1 || got.HighPerMonth > 1 {
					t.Errorf("got %+v, want at most one message a day and one High a month", got)
				}
			case "company_x":
				if got.Cases != 1 || got.Messages > 3 || got.HighPerMonth != 1 {
					t.Errorf("got %+v, want one case and at most three messages, one of them High", got)
				}
			}
		})
	}
	if _, err := Scenario(t.Context(), "calm_year ", 1); err == nil {
		t.Error("an unknown scenario was run")
	}
}

func BenchmarkFlood(b *testing.B) {
	for b.Loop() {
		if _, err := Scenario(b.Context(), "flood", 10); err != nil {
			b.Fatal(err)
		}
	}
}
