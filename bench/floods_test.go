package bench

import (
	"testing"
	"time"
)

// TestFloods_measuresEachKind presses lightly, for a moment: what is looked for are the figures, not what they are.
func TestFloods_measuresEachKind(t *testing.T) {
	cfg := DefaultFloods()
	cfg.Binary, cfg.Hold, cfg.Rate, cfg.Connections = builtProgram(t), 400*time.Millisecond, 30, 20
	cfg.Only = []string{"slow reads", "CONTINUATION"}
	report, err := Floods(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Rows) != 2 {
		t.Fatalf("got %d rows, want 2", len(report.Rows))
	}
	for row, want := range map[int]string{0: "slow connections", 1: "frames sent"} {
		found := false
		for _, f := range report.Rows[row].Figures {
			found = found || f.Name == want && f.Value > 0
		}
		if !found {
			t.Errorf("%s: got %+v, want a figure of %q above 0", report.Rows[row].Fault, report.Rows[row], want)
		}
	}
}
