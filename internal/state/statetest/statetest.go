// Package statetest owns what every [state.State] must do: one suite, run on each. What only one of them has (files, a
// server that goes away) is left to that one's own tests. Start with [Run].
package statetest

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/state"
)

// Run runs the suite. Each call of open returns an empty state, which the suite leaves for the test's cleanup to close.
func Run(t *testing.T, open func(t *testing.T) state.State) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, s state.State)
	}{
		{"overrides are set, changed and removed", testOverrides},
		{"a mode from nowhere is refused", testBadMode},
		{"overrides set at once are all kept", testOverridesAtOnce},
		{"a snapshot is kept whole", testSnapshot},
		{"things are kept on shelves", testKept},
		{"a lock has one holder until its time is over", testLock},
		{"of many that want a lock at once one gets it", testLockAtOnce},
		{"every subscriber of a topic hears a message", testBus},
		{"a slow subscriber holds nobody up", testSlowSubscriber},
		{"a subscription ends with its context", testSubscriptionEnds},
		{"closing ends every subscription", testClose},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
}

func testOverrides(t *testing.T, s state.State) {
	detect, block, off := sekisho.ModeDetect, sekisho.ModeBlock, sekisho.ModeOff
	type sites = map[sekisho.SiteID]sekisho.Mode
	for _, step := range []struct {
		name string
		site sekisho.SiteID
		mode *sekisho.Mode
		want state.Overrides
	}{
		{"removing what is not there", "S1", nil, state.Overrides{}},
		{"removing all that is not there", "", nil, state.Overrides{}},
		{"one site", "S1", &off, state.Overrides{Sites: sites{"S1": off}}},
		{"another site, to the zero mode", "S2", &detect, state.Overrides{Sites: sites{"S1": off, "S2": detect}}},
		{"every site", "", &off, state.Overrides{All: &off, Sites: sites{"S1": off, "S2": detect}}},
		{"change one", "S1", &block, state.Overrides{All: &off, Sites: sites{"S1": block, "S2": detect}}},
		{"change every", "", &detect, state.Overrides{All: &detect, Sites: sites{"S1": block, "S2": detect}}},
		{"remove one", "S2", nil, state.Overrides{All: &detect, Sites: sites{"S1": block}}},
		{"remove every", "", nil, state.Overrides{Sites: sites{"S1": block}}},
		{"remove the last", "S1", nil, state.Overrides{}},
	} {
		must(t, s.SetOverride(t.Context(), step.site, step.mode))
		got, err := s.Override(t.Context())
		must(t, err)
		if len(got.Sites) == 0 {
			got.Sites = nil // none is none
		}
		if !reflect.DeepEqual(got, step.want) {
			t.Errorf("%s: got %+v, want %+v", step.name, got, step.want)
		}
	}
}

func testBadMode(t *testing.T, s state.State) {
	bad := sekisho.Mode(99)
	if err := s.SetOverride(t.Context(), "S1", &bad); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("got %v, want an invalid error", err)
	}
	got, err := s.Override(t.Context())
	must(t, err)
	if len(got.Sites) != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}

func testOverridesAtOnce(t *testing.T, s state.State) {
	const sites = 20
	off := sekisho.ModeOff
	var group sync.WaitGroup
	for i := range sites {
		group.Go(func() {
			if err := s.SetOverride(t.Context(), sekisho.SiteID(fmt.Sprint("S", i)), &off); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := s.Override(t.Context())
	must(t, err)
	if len(got.Sites) != sites {
		t.Errorf("got %d overrides, want %d", len(got.Sites), sites)
	}
}

func testSnapshot(t *testing.T, s state.State) {
	if _, err := s.Snapshot(t.Context()); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("before the first: got %v, want not found", err)
	}
	for _, want := range []string{"first", "", "\x00\xff\n\n second, and longer", strings.Repeat("large ", 200_000), "short"} {
		must(t, s.PutSnapshot(t.Context(), []byte(want)))
		got, err := s.Snapshot(t.Context())
		must(t, err)
		if string(got) != want {
			t.Errorf("got %d bytes, want the %d that were put", len(got), len(want))
		}
	}
}

func testBus(t *testing.T, s state.State) {
	must(t, s.Publish(t.Context(), "sites", "nobody listens yet"))
	first, err := s.Subscribe(t.Context(), "sites")
	must(t, err)
	second, err := s.Subscribe(t.Context(), "sites")
	must(t, err)
	other, err := s.Subscribe(t.Context(), "incidents")
	must(t, err)
	for _, payload := range []string{"yamada", "", "山田\n\x00"} {
		must(t, s.Publish(t.Context(), "sites", payload))
		wantMessage(t, first, payload)
		wantMessage(t, second, payload)
	}
	must(t, s.Publish(t.Context(), "incidents", "other"))
	wantMessage(t, other, "other") // and nothing of the other topic before it
}

func testSlowSubscriber(t *testing.T, s state.State) {
	const messages = 500 // far more than wait for anybody
	slow, err := s.Subscribe(t.Context(), "sites")
	must(t, err)
	for i := range messages {
		must(t, s.Publish(t.Context(), "sites", fmt.Sprint(i)))
	}
	wantMessage(t, slow, "0")
	// Once it keeps up again, it hears again.
	for i := 0; ; i++ {
		must(t, s.Publish(t.Context(), "sites", "end"))
		for drained := false; !drained; {
			select {
			case got := <-slow:
				if got == "end" {
					return
				}
			case <-time.After(10 * time.Millisecond):
				drained = true
			}
		}
		if i == 1000 {
			t.Fatal("a slow subscriber hears nothing any more")
		}
	}
}

func testSubscriptionEnds(t *testing.T, s state.State) {
	must(t, s.Publish(t.Context(), "sites", "")) // connections of the state itself stay
	before := runtime.NumGoroutine()
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		messages, err := s.Subscribe(ctx, "sites")
		must(t, err)
		cancel()
		wantClosed(t, messages)
	}
	WaitForGoroutines(t, before)
	must(t, s.Publish(t.Context(), "sites", "nobody listens any more"))
}

func testClose(t *testing.T, s state.State) {
	var all []<-chan string
	for range 3 {
		messages, err := s.Subscribe(t.Context(), "sites")
		must(t, err)
		all = append(all, messages)
	}
	must(t, s.Close())
	for _, messages := range all {
		wantClosed(t, messages)
	}
	if _, err := s.Subscribe(t.Context(), "sites"); sekisho.KindOf(err) != sekisho.KindUnavailable {
		t.Errorf("after Close: got %v, want unavailable", err)
	}
}

// WaitForGoroutines waits until no more than a number of goroutines run, and fails with their stacks if they never do.
func WaitForGoroutines(t *testing.T, most int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > most; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("got %d goroutines, want at most %d:\n%s", runtime.NumGoroutine(), most, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantMessage(t *testing.T, messages <-chan string, want string) {
	t.Helper()
	select {
	case got, ok := <-messages:
		if !ok || got != want {
			t.Errorf("got %q (open=%v), want %q", got, ok, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("got no message, want %q", want)
	}
}

func wantClosed(t *testing.T, messages <-chan string) {
	t.Helper()
	for deadline := time.After(10 * time.Second); ; {
		select {
		case _, ok := <-messages:
			if !ok {
				return
			}
		case <-deadline:
			t.Fatal("the channel was not closed")
		}
	}
}
