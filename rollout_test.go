package sekisho

import "testing"

func TestRollout_canarySharesAreStableAndGrow(t *testing.T) {
	chosen := func(percent float64) map[SiteID]bool {
		r := Rollout{Current: "a", Next: "b", Stage: RolloutCanary, Percent: percent}
		sites := map[SiteID]bool{}
		for i := range 2000 {
			id := SiteID(rune('A'+i%26)) + SiteID(rune('a'+i/26%26)) + SiteID(rune('0'+i/676))
			switch r.VersionFor(id) {
			case "b":
				sites[id] = true
			case "a":
			default:
				t.Fatalf("%s: got %q", id, r.VersionFor(id))
			}
		}
		return sites
	}
	small, large := chosen(10), chosen(50)
	if len(small) < 120 || len(small) > 280 || len(large) < 850 || len(large) > 1150 {
		t.Errorf("got %d and %d of 2000, want about 200 and 1000", len(small), len(large))
	}
	for id := range small {
		if !large[id] {
			t.Errorf("%s is in the small share and not in the large one", id)
		}
	}
	for stage, want := range map[RolloutStage]string{RolloutNone: "a", RolloutShadow: "a"} {
		if got := (Rollout{Current: "a", Next: "b", Stage: stage, Percent: 100}).VersionFor("x"); got != want {
			t.Errorf("%s: got %s, want %s", stage, got, want)
		}
	}
}
