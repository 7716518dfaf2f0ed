package ruleset

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// nextVersion is the bundled rules with a word against one more file.
func nextVersion(t *testing.T) sekisho.RuleVersion {
	t.Helper()
	pack, err := PackVersion(releaseDir(t, func(name, text string) string {
		if name == "rules/restricted-files.data" {
			return text + "\nsekisho-shadow.txt\n"
		}
		return text
	}))
	if err != nil {
		t.Fatal(err)
	}
	v, err := LoadVersion(pack)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestShadow_countsWhatDiffers(t *testing.T) {
	shadow := NewShadow(testPool, slog.New(slog.DiscardHandler))
	policy, next := sekisho.DefaultPolicy(), nextVersion(t)
	policy.Profile = sekisho.ProfileStock
	shadow.Watch(policy, exchange("GET", "/")) // it rests
	if shadow.Awake() || len(shadow.queue) != 0 {
		t.Error("a shadow that rests took a request")
	}
	shadow.Point(next.Name, 100)
	if !shadow.Awake() {
		t.Error("a shadow that is pointed at a version rests")
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- shadow.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	seen := func(compared int) ShadowCounts {
		t.Helper()
		deadline := time.Now().Add(30 * time.Second)
		for shadow.Counts().Compared < compared {
			if time.Now().After(deadline) {
				t.Fatalf("got %+v, want %d compared", shadow.Counts(), compared)
			}
			time.Sleep(time.Millisecond)
		}
		return shadow.Counts()
	}
	x := exchange("GET", "/sekisho-shadow.txt")
	shadow.Watch(policy, x)
	x.Target = "/changed/behind/its/back" // the exchange's memory is the proxy's again
	shadow.Watch(policy, exchange("GET", "/company/"))
	shadow.Watch(policy, exchange("GET", "/?q=1%27%20UNION%20SELECT%20a%20FROM%20b--%20-"))
	got := seen(3)
	if got.OnlyNext != 1 || got.OnlyCurrent != 0 || len(got.RulesOnlyOneHas) != 1 || got.RulesOnlyOneHas[930130] != [2]int{0, 1} {
		t.Errorf("got %+v, want one request that only the next rules stop, by 930130", got)
	}
	shadow.Point("", 0)
	shadow.Watch(policy, exchange("GET", "/"))
	if got := shadow.Counts(); got.Compared != 0 && got.Version != "" {
		t.Errorf("got %+v after its end", got)
	}
}

func TestShadow_neverWaits(t *testing.T) {
	shadow := NewShadow(testPool, slog.New(slog.DiscardHandler)) // nobody runs it
	shadow.Point("crs-9.9.9-00000000", 100)
	for range shadowQueue + 5 {
		shadow.Watch(sekisho.DefaultPolicy(), exchange("GET", "/"))
	}
	if got := shadow.Counts(); got.Missed != 5 {
		t.Errorf("got %+v, want five missed", got)
	}
}
