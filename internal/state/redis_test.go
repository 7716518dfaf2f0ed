package state_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/state/statetest"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

func TestRedis_keepsTheContract(t *testing.T) {
	url := testenv.Redis(t)
	statetest.Run(t, func(t *testing.T) state.State {
		if err := client(t, url).FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		return openRedis(t, url)
	})
}

func openRedis(t *testing.T, url string) *state.Redis {
	t.Helper()
	s, err := state.OpenRedis(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// client is a connection behind our back.
func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRedis_twoNodesHearAndSeeEachOther(t *testing.T) {
	url := testenv.Redis(t)
	one, two := openRedis(t, url), openRedis(t, url)
	messages, err := two.Subscribe(t.Context(), "sites")
	if err != nil {
		t.Fatal(err)
	}
	off := sekisho.ModeOff
	if err := one.SetOverride(t.Context(), "", &off); err != nil {
		t.Fatal(err)
	}
	if err := one.Publish(t.Context(), "sites", "yamada"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, messages, "yamada", func() {})
	if got, err := two.Override(t.Context()); err != nil || got.All == nil || *got.All != off {
		t.Errorf("got %+v (%v), want every site off", got, err)
	}
}

func TestRedis_comesBackAfterARestart(t *testing.T) {
	server := testenv.StartRedis(t)
	before := runtime.NumGoroutine()
	s := openRedis(t, server.URL())
	messages, err := s.Subscribe(t.Context(), "sites")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		server.Stop()
		wantUnavailable(t, s)
		late, err := s.Subscribe(t.Context(), "late") // while Redis is away
		if err != nil {
			t.Fatal(err)
		}
		server.Start()
		publish := func(topic string) func() {
			return func() { _ = s.Publish(t.Context(), topic, "back") } // may fail until the pool has noticed
		}
		waitFor(t, messages, "back", publish("sites"))
		waitFor(t, late, "back", publish("late"))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	statetest.WaitForGoroutines(t, before)
}

func TestRedis_frozenHoldsNobodyForLong(t *testing.T) {
	server := testenv.StartRedis(t)
	s := openRedis(t, server.URL())
	messages, err := s.Subscribe(t.Context(), "sites")
	if err != nil {
		t.Fatal(err)
	}
	server.Freeze()
	wantUnavailable(t, s)
	server.Thaw()
	waitFor(t, messages, "thawed", func() { _ = s.Publish(t.Context(), "sites", "thawed") })
}

// wantUnavailable makes every call. The bound is the promised quarter of a second with room for a busy machine; without
// the promise a call would take minutes, or never end.
func wantUnavailable(t *testing.T, s state.State) {
	t.Helper()
	off := sekisho.ModeOff
	for name, call := range map[string]func(context.Context) error{
		"Override":    func(ctx context.Context) error { _, err := s.Override(ctx); return err },
		"SetOverride": func(ctx context.Context) error { return s.SetOverride(ctx, "S1", &off) },
		"PutSnapshot": func(ctx context.Context) error { return s.PutSnapshot(ctx, []byte("x")) },
		"Snapshot":    func(ctx context.Context) error { _, err := s.Snapshot(ctx); return err },
		"Publish":     func(ctx context.Context) error { return s.Publish(ctx, "sites", "") },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := call(ctx)
		if sekisho.KindOf(err) != sekisho.KindUnavailable || !strings.Contains(sekisho.MessageOf(err), "127.0.0.1:") {
			t.Errorf("%s: got %v, want unavailable and the address", name, err)
		}
		if ctx.Err() != nil {
			t.Errorf("%s did not give up by itself", name)
		}
		cancel()
	}
}

// waitFor does something again and again until the message arrives.
func waitFor(t *testing.T, messages <-chan string, want string, again func()) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		again()
		select {
		case got, ok := <-messages:
			if !ok {
				t.Fatal("the subscription ended")
			}
			if got == want {
				return
			}
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatalf("got no message %q", want)
		}
	}
}

func TestRedis_tellsDamagedValues(t *testing.T) {
	url := testenv.Redis(t)
	s, raw := openRedis(t, url), client(t, url)
	if err := raw.HSet(t.Context(), "sekisho:{overrides}", "S1", "sideways").Err(); err != nil {
		t.Fatal(err)
	}
	if err := raw.Set(t.Context(), "sekisho:{snapshot}", "somebody else's", 0).Err(); err != nil {
		t.Fatal(err)
	}
	_, overrideErr := s.Override(t.Context())
	_, snapshotErr := s.Snapshot(t.Context())
	for key, err := range map[string]error{"sekisho:{overrides}": overrideErr, "sekisho:{snapshot}": snapshotErr} {
		if message := sekisho.MessageOf(err); !strings.Contains(message, key+" in Redis") || !strings.Contains(message, "delete it") {
			t.Errorf("got %v with message %q, want the key %s and the way out", err, message, key)
		}
	}
}

func TestOpenRedis_refusesWhatCannotWork(t *testing.T) {
	url := testenv.Redis(t)
	for _, c := range []struct {
		name string
		url  string
	}{
		{"not a URL", "redis://user:s3cret/x@%zz"},
		{"password that looks like a port", "redis://user:s3cret/@127.0.0.1"},
		{"another scheme", "http://:s3cret@127.0.0.1:6379"},
		{"unknown option", url + "?s3cure=1"},
		{"wrong password", strings.Replace(url, "redis://", "redis://nobody:s3cret@", 1)},
		{"no such database", strings.TrimSuffix(url, "0") + "4711"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := state.OpenRedis(t.Context(), c.url)
			if err == nil || sekisho.KindOf(err) != sekisho.KindInvalid {
				t.Fatalf("got %v, want an invalid error", err)
			}
			if message := err.Error(); strings.Contains(message, "s3cret") || strings.Contains(message, "\n") || !strings.Contains(message, "URL") {
				t.Errorf("got %q, want one line with the way out and without the password", message)
			}
		})
	}
}
