package statetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/state"
)

func testKept(t *testing.T, s state.State) {
	ctx := t.Context()
	if _, err := s.Kept(ctx, "certificates", "a.example"); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("before the first: got %v, want not found", err)
	}
	if keys, err := s.KeptKeys(ctx, "certificates"); err != nil || len(keys) != 0 {
		t.Errorf("an empty shelf: got %v, %v", keys, err)
	}
	for _, want := range []string{"first", "", "\x00\n second", strings.Repeat("large ", 20_000)} {
		must(t, s.Keep(ctx, "certificates", "a.example", []byte(want)))
		got, err := s.Kept(ctx, "certificates", "a.example")
		must(t, err)
		if string(got) != want {
			t.Errorf("got %d bytes, want the %d that were kept", len(got), len(want))
		}
	}
	must(t, s.Keep(ctx, "certificates", "b.example", []byte("b")))
	must(t, s.Keep(ctx, "tokens", "c", []byte("c")))
	keys, err := s.KeptKeys(ctx, "certificates")
	must(t, err)
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"a.example", "b.example"}) {
		t.Errorf("got keys %v", keys)
	}
	must(t, s.Forget(ctx, "certificates", "a.example"))
	must(t, s.Forget(ctx, "certificates", "a.example"))
	if _, err := s.Kept(ctx, "certificates", "a.example"); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("after Forget: got %v, want not found", err)
	}
	for _, bad := range []string{"", "..", "../overrides", "a/b", ".hidden", "a b", strings.Repeat("x", 256), "}"} {
		for what, err := range map[string]error{
			"key": s.Keep(ctx, "tokens", bad, nil), "shelf": s.Keep(ctx, bad, "key", nil), "forget": s.Forget(ctx, "tokens", bad),
		} {
			if sekisho.KindOf(err) != sekisho.KindInvalid {
				t.Errorf("%s %q: got %v, want invalid", what, bad, err)
			}
		}
	}
}

func testLock(t *testing.T, s state.State) {
	ctx := t.Context()
	take := func(holder string, lease time.Duration) bool {
		t.Helper()
		held, err := s.Lock(ctx, "issuer", holder, lease)
		must(t, err)
		return held
	}
	if !take("one", time.Minute) || take("two", time.Minute) || !take("one", time.Minute) {
		t.Error("a lock is held by the first, again by the first, and by nobody else")
	}
	must(t, s.Unlock(ctx, "issuer", "two")) // not theirs
	if take("two", time.Minute) {
		t.Error("somebody else's unlock has let go of the lock")
	}
	must(t, s.Unlock(ctx, "issuer", "one"))
	if !take("two", 30*time.Millisecond) {
		t.Error("a lock that was given back cannot be taken")
	}
	deadline := time.Now().Add(10 * time.Second)
	for !take("one", time.Minute) {
		if time.Now().After(deadline) {
			t.Fatal("a lease never ends")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if held, err := s.Lock(ctx, "other", "two", time.Minute); err != nil || !held {
		t.Errorf("another lock: got %v, %v", held, err)
	}
}

func testLockAtOnce(t *testing.T, s state.State) {
	var holders atomic.Int64
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			held, err := s.Lock(t.Context(), "issuer", fmt.Sprint("node", i), time.Minute)
			if err != nil {
				t.Error(err)
			}
			if held {
				holders.Add(1)
			}
		})
	}
	group.Wait()
	if got := holders.Load(); got != 1 {
		t.Errorf("got %d holders, want 1", got)
	}
}
