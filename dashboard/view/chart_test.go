package view

import (
	"testing"
	"time"
)

func TestNewChart_scalesEachPanelByItself(t *testing.T) {
	at := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC) // midnight in Japan
	chart := NewChart(Japanese, false, []Bar{
		{Time: HourOf(at), Recorded: true, Counts: Counts{All: 1000, Stopped: 1}},
		{Time: HourOf(at.Add(time.Hour))},
		{Time: HourOf(at.Add(2 * time.Hour)), Recorded: true, Counts: Counts{All: 4000, Stopped: 10}},
	})
	if chart.Total != (Counts{5000, 11}) || chart.Max != (Counts{4000, 10}) {
		t.Errorf("total %v, max %v; want 5000/11 and 4000/10", chart.Total, chart.Max)
	}
	if chart.Peak != "11月23日 2時台" {
		t.Errorf("peak %q, want the third hour", chart.Peak)
	}
	for i, want := range []struct{ all, stopped int }{{25, 10}, {0, 0}, {100, 100}} {
		if bar := chart.Bars[i]; bar.AllH != want.all || bar.StopH != want.stopped || bar.AllY+bar.AllH != panelHeight {
			t.Errorf("bar %d is %d and %d high, want %v", i, bar.AllH, bar.StopH, want)
		}
	}
	if height(1, 1_000_000) < 1 {
		t.Error("one stopped attack cannot be seen")
	}
}

func TestTime_isJapaneseTimeWithoutEraNames(t *testing.T) {
	at := time.Date(2026, 12, 31, 15, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		time Time
		lang Lang
		want string
	}{
		{At(at), Japanese, "1月1日 00:04"},
		{At(at), English, "1 Jan 00:04 JST"},
		{HourOf(at.Truncate(time.Hour)), Japanese, "1月1日 0時台"},
		{HourOf(at.Truncate(time.Hour)), English, "1 Jan 00:00–01:00 JST"},
	} {
		got := tt.time.in(tt.lang)
		if got.Text != tt.want {
			t.Errorf("got %q, want %q", got.Text, tt.want)
		}
		if got.Exact[:4] != "2027" {
			t.Errorf("exact time %q, want the year 2027", got.Exact)
		}
	}
	if (Time{}).Known() {
		t.Error("the zero time is known")
	}
}
