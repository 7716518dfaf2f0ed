package storetest

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func testCommitWhole(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	before := everything(t, db, yamada)
	good := sekisho.Commit{
		Stream: "spool", Position: 1,
		Events:    []sekisho.Event{event(yamada, "E1", noon)},
		Incidents: []sekisho.Incident{incident(yamada, "I1", noon)},
		Memory:    []sekisho.Memory{{Kind: "count", Key: "k", Data: []byte("1"), Expires: noon}},
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Commit(ended, yamada, good); err == nil {
		t.Error("got no error from a context that had ended")
	}
	foreign := good
	foreign.Incidents = []sekisho.Incident{incident(suzuki, "I1", noon)}
	wantKind(t, db.Commit(t.Context(), yamada, foreign), sekisho.KindInvalid)
	if after := everything(t, db, yamada); after != before {
		t.Errorf("half a commit was kept:\ngot  %s\nwant %s", after, before)
	}
	must(t, db.Commit(t.Context(), yamada, good))
	if after := everything(t, db, yamada); after == before {
		t.Error("a good commit was not kept")
	}
}

func testCommitRepeated(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	commitEvents(t, db, yamada, 5, event(yamada, "E1", noon))
	before := everything(t, db, yamada)
	for _, position := range []uint64{5, 4, 1} {
		must(t, db.Commit(t.Context(), yamada, sekisho.Commit{
			Stream: "spool", Position: position,
			Events:    []sekisho.Event{event(yamada, "E2", noon)},
			Incidents: []sekisho.Incident{incident(yamada, "I2", noon)},
			Memory:    []sekisho.Memory{{Kind: "count", Key: "k", Data: []byte("2"), Expires: noon}},
		}))
	}
	if after := everything(t, db, yamada); after != before {
		t.Errorf("a repeated commit changed something:\ngot  %s\nwant %s", after, before)
	}
	commitEvents(t, db, yamada, 6, event(yamada, "E2", noon))
	if _, err := db.FindEvent(t.Context(), yamada, "E2"); err != nil {
		t.Errorf("the next position: %v", err)
	}
}

func testCommitStreams(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada, suzuki)
	for _, c := range []struct {
		tenant   sekisho.TenantID
		stream   string
		position uint64
	}{{yamada, "a", math.MaxInt64}, {yamada, "b", 1}, {suzuki, "a", 2}} {
		must(t, db.Commit(t.Context(), c.tenant, sekisho.Commit{Stream: c.stream, Position: c.position}))
		got, err := db.Remember(t.Context(), c.tenant, c.stream, noon)
		must(t, err)
		wantEqual(t, fmt.Sprintf("position of %s in %s", c.tenant, c.stream), got.Position, c.position)
	}
	got, err := db.Remember(t.Context(), yamada, "c", noon)
	must(t, err)
	wantEqual(t, "position of an unknown stream", got.Position, 0)
}

func testEventOnce(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada, suzuki)
	first, again, foreign := event(yamada, "E1", noon), event(yamada, "E1", noon.Add(time.Hour)), event(suzuki, "E1", noon.Add(2*time.Hour))
	commitEvents(t, db, yamada, 1, first, again)
	commitEvents(t, db, yamada, 2, again)
	commitEvents(t, db, suzuki, 1, foreign) // the same number of another tenant is another event
	for _, want := range []sekisho.Event{first, foreign} {
		got, _, err := db.ListEvents(t.Context(), want.Tenant, sekisho.EventFilter{})
		must(t, err)
		wantEqual(t, fmt.Sprintf("events of %s", want.Tenant), got, []sekisho.Event{want})
	}
}

func testBadCommits(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	for _, bad := range []struct {
		name   string
		tenant sekisho.TenantID
		commit sekisho.Commit
		want   sekisho.Kind
	}{
		{"no stream", yamada, sekisho.Commit{Position: 1}, sekisho.KindInvalid},
		{"no position", yamada, sekisho.Commit{Stream: "spool"}, sekisho.KindInvalid},
		{"position too large", yamada, sekisho.Commit{Stream: "spool", Position: math.MaxInt64 + 1}, sekisho.KindInvalid},
		{"event of another tenant", yamada, sekisho.Commit{Stream: "spool", Position: 1, Events: []sekisho.Event{event(suzuki, "E1", noon)}}, sekisho.KindInvalid},
		{"event without id", yamada, sekisho.Commit{Stream: "spool", Position: 1, Events: []sekisho.Event{event(yamada, "", noon)}}, sekisho.KindInvalid},
		{"unknown tenant", suzuki, sekisho.Commit{Stream: "spool", Position: 1, Events: []sekisho.Event{event(suzuki, "E1", noon)}}, sekisho.KindNotFound},
	} {
		t.Run(bad.name, func(t *testing.T) {
			wantKind(t, db.Commit(t.Context(), bad.tenant, bad.commit), bad.want)
			got, err := db.Remember(t.Context(), bad.tenant, bad.commit.Stream, noon)
			must(t, err)
			wantEqual(t, "position", got.Position, 0)
		})
	}
}

func testMemory(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	remember := func(want ...sekisho.Memory) {
		t.Helper()
		got, err := db.Remember(t.Context(), yamada, "spool", noon)
		must(t, err)
		wantEqual(t, "memory", got.Memory, want)
	}
	commit := func(position uint64, rows ...sekisho.Memory) {
		t.Helper()
		must(t, db.Commit(t.Context(), yamada, sekisho.Commit{Stream: "spool", Position: position, Memory: rows}))
	}
	row := func(kind, key, data string) sekisho.Memory {
		return sekisho.Memory{Kind: kind, Key: key, Data: []byte(data), Expires: noon}
	}
	remember()
	commit(1, row("count", "a", "1"), row("count", "b", "1"), row("seen", "a", "\x00\xff"), row("seen", "empty", ""))
	remember(row("count", "a", "1"), row("count", "b", "1"), row("seen", "a", "\x00\xff"), row("seen", "empty", ""))
	commit(2, row("count", "a", "2"), sekisho.Memory{Kind: "count", Key: "b"}, sekisho.Memory{Kind: "count", Key: "never there"})
	remember(row("count", "a", "2"), row("seen", "a", "\x00\xff"), row("seen", "empty", ""))
	// Within one commit the last word counts.
	commit(3, row("count", "a", "3"), sekisho.Memory{Kind: "count", Key: "a"}, sekisho.Memory{Kind: "seen", Key: "a"}, row("seen", "a", "4"))
	remember(row("seen", "a", "4"), row("seen", "empty", ""))
}

func testDeleteExpired(t *testing.T, db *store.DB) {
	ctx := t.Context()
	putUser(t, db)
	later := noon.Add(time.Microsecond)
	for hash, expires := range map[[32]byte]time.Time{{1}: noon, {2}: later} {
		must(t, db.PutLoginToken(ctx, hash, "U1", expires))
		must(t, db.PutSession(ctx, hash, "U1", expires))
	}
	kept := sekisho.Memory{Kind: "count", Key: "kept", Data: []byte("1"), Expires: later}
	must(t, db.Commit(ctx, yamada, sekisho.Commit{Stream: "spool", Position: 1, Memory: []sekisho.Memory{
		{Kind: "count", Key: "old", Data: []byte("1"), Expires: noon}, kept,
	}}))

	got, err := db.DeleteExpired(ctx, noon)
	must(t, err)
	wantEqual(t, "deleted", got, store.Expired{LoginTokens: 1, Sessions: 1, Memory: 1})
	remembered, err := db.Remember(ctx, yamada, "spool", noon)
	must(t, err)
	wantEqual(t, "memory", remembered.Memory, []sekisho.Memory{kept})
	_, err = db.FindSession(ctx, [32]byte{2}, noon)
	must(t, err)
	_, err = db.TakeLoginToken(ctx, [32]byte{2}, noon)
	must(t, err)
	got, err = db.DeleteExpired(ctx, noon)
	must(t, err)
	wantEqual(t, "deleted the second time", got, store.Expired{})
}

func testConcurrency(t *testing.T, db *store.DB) {
	const writers, rounds = 6, 20
	createTenants(t, db, yamada)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for r := range rounds {
				id := fmt.Sprintf("%02d-%02d", w, r)
				err := db.Commit(t.Context(), yamada, sekisho.Commit{
					Stream: fmt.Sprint("stream ", w), Position: uint64(r + 1),
					Events: []sekisho.Event{event(yamada, sekisho.EventID(id), noon)},
				})
				if err == nil {
					err = db.AddTraffic(t.Context(), yamada, []sekisho.Traffic{{Site: "S1", Hour: noon, Requests: 1}})
				}
				if err == nil {
					_, err = db.FindEvent(t.Context(), yamada, sekisho.EventID(id)) // what was committed is seen at once
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	events, _, err := db.ListEvents(t.Context(), yamada, sekisho.EventFilter{Limit: 1000})
	must(t, err)
	wantEqual(t, "events", len(events), writers*rounds)
	traffic, err := db.ListTraffic(t.Context(), yamada, "S1", noon.Add(-time.Hour), time.Time{})
	must(t, err)
	wantEqual(t, "traffic", traffic, []sekisho.Traffic{{Site: "S1", Hour: noon.Truncate(time.Hour), Requests: writers * rounds}})
}
