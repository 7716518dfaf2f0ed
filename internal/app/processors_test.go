package app

import (
	"runtime"
	"testing"
)

func TestAddProcessors_areTakenAwayAgain(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	restore := addProcessors(3)
	if got := runtime.GOMAXPROCS(0); got != before+3 {
		t.Errorf("got %d, want %d", got, before+3)
	}
	if err := restore(); err != nil || runtime.GOMAXPROCS(0) != before {
		t.Errorf("got %d, %v, want %d again", runtime.GOMAXPROCS(0), err, before)
	}
}
