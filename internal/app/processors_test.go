package app

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

func TestLendProcessors_areThereWhileTheSlowLaneWorks(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	config := slowlane.DefaultConfig()
	config.Workers = 3
	lane := slowlane.New(config)
	restore := lendProcessors(lane, 10*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- lane.Run(ctx) }()

	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("got %d processors before there is work, want %d", got, before)
	}
	for range 2 { // again after a rest
		during := 0
		if err := lane.Do(ctx, "site", time.Millisecond, func(*slowlane.Meter) { during = runtime.GOMAXPROCS(0) }); err != nil {
			t.Fatal(err)
		}
		if during != before+3 {
			t.Errorf("got %d processors at work, want %d", during, before+3)
		}
		for runtime.GOMAXPROCS(0) != before {
			time.Sleep(time.Millisecond)
		}
	}

	if err := lane.Do(ctx, "site", time.Millisecond, func(*slowlane.Meter) {}); err != nil {
		t.Fatal(err)
	}
	if err := restore(); err != nil || runtime.GOMAXPROCS(0) != before {
		t.Errorf("got %d, %v, want %d again", runtime.GOMAXPROCS(0), err, before)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
