package bench

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestChaos_seesAPromiseThatIsNotKept runs one fault as it is, and once more with the healthy site's own origin killed meanwhile.
func TestChaos_seesAPromiseThatIsNotKept(t *testing.T) {
	binary := builtProgram(t)
	for name, planted := range map[string]bool{"nothing else fails": false, "an origin dies": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultChaos()
			cfg.Binary, cfg.Hold, cfg.Rate, cfg.Only = binary, time.Second, 30, []string{"origin down"}
			if planted {
				cfg.during = func(_ string, r *rig) {
					_ = r.origin.cmd.Process.Kill()
					<-r.origin.ended
				}
			}
			report, err := Chaos(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Rows) != 1 {
				t.Fatalf("got %d rows, want 1", len(report.Rows))
			}
			row, failed := report.Rows[0], 0.0
			for _, f := range row.Figures {
				if strings.HasPrefix(f.Name, "requests of visitors failed") {
					failed = f.Value
				}
			}
			if (failed > 0) != planted {
				t.Errorf("requests of visitors failed: got %g in %+v, want some: %t", failed, row, planted)
			}
			if planted && row.Verdict != verdictNotMet {
				t.Errorf("verdict: got %q, want %q", row.Verdict, verdictNotMet)
			}
			var table bytes.Buffer
			if err := report.WriteTable(&table); err != nil || !strings.Contains(table.String(), "origin down") {
				t.Errorf("table: got %q, %v, want the fault in it", table.String(), err)
			}
		})
	}
}

func TestChaosRow_isAsGoodAsItsWorstFigure(t *testing.T) {
	near := atMost("near", 12, 10)
	near.Noise = 5
	for _, tc := range []struct {
		name    string
		figures []ChaosFigure
		err     error
		want    string
	}{
		{"all within", []ChaosFigure{figure("free", 99), atMost("few", 1, 1), atLeast("many", 1, 1)}, nil, verdictMet},
		{"beyond by less than the noise", []ChaosFigure{atMost("few", 0, 1), near}, nil, verdictUnclear},
		{"too many", []ChaosFigure{atMost("few", 2, 1), near}, nil, verdictNotMet},
		{"too few", []ChaosFigure{atLeast("many", 0, 1)}, nil, verdictNotMet},
		{"not possible here", nil, skipped("no right"), verdictSkipped},
		{"not measured", nil, errors.New("broke"), verdictNotMet},
	} {
		row := ChaosRow{Figures: tc.figures}
		row.judge(tc.err)
		if row.Verdict != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, row.Verdict, tc.want)
		}
	}
}
