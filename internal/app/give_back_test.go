package app

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestGiveBack_waitsForTheLastCompilation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var freed atomic.Int32 // the timer has a goroutine of its own
		g := newGiveBack(compileQuiet, func() { freed.Add(1) })
		for range 100 {
			g.soon()
			time.Sleep(compileQuiet / 2)
		}
		if freed.Load() != 0 {
			t.Errorf("memory was given back %d times between compilations, want never", freed.Load())
		}
		time.Sleep(compileQuiet)
		synctest.Wait()
		if freed.Load() != 1 {
			t.Errorf("memory was given back %d times after the last compilation, want once", freed.Load())
		}
		g.soon()
		if err := g.close(); err != nil {
			t.Fatal(err)
		}
		g.soon()
		time.Sleep(2 * compileQuiet)
		synctest.Wait()
		if freed.Load() != 1 {
			t.Errorf("memory was given back %d times, want not after the close", freed.Load())
		}
	})
}
