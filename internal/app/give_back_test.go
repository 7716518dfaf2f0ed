package app

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestGiveBack_waitsForTheLastCompilation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		freed := 0
		g := newGiveBack(compileQuiet, func() { freed++ })
		for range 100 {
			g.soon()
			time.Sleep(compileQuiet / 2)
		}
		if freed != 0 {
			t.Errorf("memory was given back %d times between compilations, want never", freed)
		}
		time.Sleep(compileQuiet)
		if freed != 1 {
			t.Errorf("memory was given back %d times after the last compilation, want once", freed)
		}
		g.soon()
		if err := g.close(); err != nil {
			t.Fatal(err)
		}
		g.soon()
		time.Sleep(2 * compileQuiet)
		if freed != 1 {
			t.Errorf("memory was given back %d times, want not after the close", freed)
		}
	})
}
