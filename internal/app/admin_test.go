package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestTurnedAway_boundsTheLabelsOfSites(t *testing.T) {
	away := map[sekisho.SiteID]map[sekisho.Reason]int64{}
	var want int64
	for i := range 3 * labelledSites {
		away[sekisho.SiteID(strings.Repeat("s", i+1))] = map[sekisho.Reason]int64{sekisho.ReasonDenied: int64(i + 1)}
		want += int64(i + 1)
	}
	lines, sum := turnedAway(away, func(id sekisho.SiteID) string { return string(id) }), int64(0)
	if len(lines) != labelledSites+1 {
		t.Errorf("got %d series, want %d and one for the others", len(lines), labelledSites)
	}
	for _, line := range lines {
		sum += line.n
	}
	if sum != want {
		t.Errorf("the series count %d, want %d: nothing is left out", sum, want)
	}
}

func TestHealthz_asksNothingElse(t *testing.T) {
	h := &house{}
	answer := httptest.NewRecorder()
	h.adminPages().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/healthz", http.NoBody))
	if answer.Code != http.StatusOK {
		t.Errorf("/healthz: got %d, want 200 whatever else is away", answer.Code)
	}
}
