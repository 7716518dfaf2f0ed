package bench

import (
	"strings"
	"testing"
	"time"
)

func TestScale_asksEverySiteAndComparesWithOne(t *testing.T) {
	cfg := DefaultScale()
	cfg.Binary, cfg.Sites, cfg.Rounds, cfg.Duration, cfg.Connections = builtProgram(t), 200, 1, 200*time.Millisecond, 4
	report, err := Scale(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if report.Sites != 200 || report.RPS <= 0 || report.RPSOneSite <= 0 || report.Ratio <= 0 || report.StartS <= 0 {
		t.Errorf("got %+v, want figures of both proxies", report)
	}
	if report.Failed != 0 { // an unknown host would be answered 421
		t.Errorf("got %d failed requests, want none", report.Failed)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil || !strings.Contains(table.String(), "bytes a site") {
		t.Errorf("got %q, %v, want a table", &table, err)
	}
}

func TestScaleConfig_namesTheSettingThatCannotWork(t *testing.T) {
	for setting, change := range map[string]func(*ScaleConfig){
		"sites": func(c *ScaleConfig) { c.Sites = 1 }, "rounds": func(c *ScaleConfig) { c.Rounds = 0 },
		"duration": func(c *ScaleConfig) { c.Duration = 0 }, "connections": func(c *ScaleConfig) { c.Connections = 0 },
		"start": func(c *ScaleConfig) { c.Start = 0 },
	} {
		cfg := DefaultScale()
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: got %v, want its name", setting, err)
		}
	}
	cfg := DefaultScale()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}
