package limit

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

var (
	start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	five  = sekisho.Rate{Requests: 5, Per: 10 * time.Second}
)

func address(s string) Key { return OfAddress(KindAddress, netip.MustParseAddr(s)) }

// takes is how many of n requests pass.
func takes(table *Table, key Key, r sekisho.Rate, now time.Time, n int) (passed int) {
	for range n {
		if _, ok := table.Take(key, r, now); ok {
			passed++
		}
	}
	return passed
}

func TestTake_allowsTheBucketThenTheRate(t *testing.T) {
	table, key := NewTable(), address("192.0.2.1")
	if got := takes(table, key, five, start, 20); got != 5 {
		t.Errorf("at once: got %d passed, want 5", got)
	}
	wait, ok := table.Take(key, five, start)
	if ok || wait != 2*time.Second {
		t.Errorf("the next one: got %s, %t, want to wait 2s", wait, ok)
	}
	if got := takes(table, key, five, start.Add(4*time.Second), 20); got != 2 {
		t.Errorf("4s later: got %d passed, want 2", got)
	}
	if got := takes(table, address("192.0.2.2"), five, start, 20); got != 5 {
		t.Errorf("somebody else: got %d passed, want 5", got)
	}
}

func TestTake_countsAnIPv6SubscriberOnce(t *testing.T) {
	table := NewTable()
	if got := takes(table, address("2001:db8:1:2::1"), five, start, 3) + takes(table, address("2001:db8:1:2:ffff::9"), five, start, 9); got != 5 {
		t.Errorf("two addresses of one /64: got %d passed, want 5", got)
	}
	if got := takes(table, address("2001:db8:1:3::1"), five, start, 9); got != 5 {
		t.Errorf("the /64 beside it: got %d passed, want 5", got)
	}
	if address("::ffff:192.0.2.1") != address("192.0.2.1") {
		t.Error("an IPv4 address in IPv6 form: got another bucket, want its own")
	}
}

func TestTake_startsAnewUnderANewRate(t *testing.T) {
	table, key := NewTable(), address("192.0.2.1")
	takes(table, key, five, start, 9)
	if got := takes(table, key, sekisho.Rate{Requests: 2, Per: time.Second}, start, 9); got != 2 {
		t.Errorf("got %d passed, want the 2 of the new rate", got)
	}
}

func TestLook_takesNothing(t *testing.T) {
	table, key := NewTable(), address("192.0.2.1")
	if _, ok := table.Look(key, five, start); !ok || table.Len() != 0 {
		t.Errorf("a stranger: got ok %t and %d buckets, want true and none", ok, table.Len())
	}
	takes(table, key, five, start, 4)
	for range 3 {
		if _, ok := table.Look(key, five, start); !ok {
			t.Fatal("one token is left: got over, want ok")
		}
	}
	takes(table, key, five, start, 1)
	if wait, ok := table.Look(key, five, start); ok || wait != 2*time.Second {
		t.Errorf("none is left: got %s, %t, want 2s, false", wait, ok)
	}
}

func TestShut_closesABucketForAWhile(t *testing.T) {
	table, key := NewTable(), address("192.0.2.1")
	table.Shut(key, start, time.Hour)
	if wait, ok := table.Take(key, five, start.Add(time.Minute)); ok || wait != 59*time.Minute {
		t.Errorf("within: got %s, %t, want 59m, false", wait, ok)
	}
	if _, ok := table.Take(key, five, start.Add(time.Hour)); !ok {
		t.Error("after: got shut, want open")
	}
}

func TestTell_isOnceAnInterval(t *testing.T) {
	table, key := NewTable(), address("192.0.2.1")
	for _, step := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {time.Second, false}, {59 * time.Second, false}, {time.Minute, true}, {90 * time.Second, false}} {
		if got := table.Tell(key, start.Add(step.after), time.Minute); got != step.want {
			t.Errorf("after %s: got %t, want %t", step.after, got, step.want)
		}
	}
}

func TestTable_isBoundedUnderAFloodOfAddresses(t *testing.T) {
	table := NewTable()
	for i := range uint32(200_000) {
		var four [4]byte
		binary.BigEndian.PutUint32(four[:], i)
		table.Take(OfAddress(KindAddress, netip.AddrFrom4(four)), five, start)
	}
	if got := table.Len(); got > 2*shards*perShard || got < perShard {
		t.Errorf("got %d buckets, want at most %d", got, 2*shards*perShard)
	}
}

func TestTable_keepsWhoComesOften(t *testing.T) {
	table, key := NewTable(), address("2001:db8::1")
	takes(table, key, five, start, 5)
	for i := range uint32(100_000) {
		var four [4]byte
		binary.BigEndian.PutUint32(four[:], i)
		table.Take(OfAddress(KindAddress, netip.AddrFrom4(four)), five, start)
		if i%512 == 0 {
			if _, ok := table.Take(key, five, start); ok {
				t.Fatalf("after %d strangers: got a fresh bucket, want the empty one", i)
			}
		}
	}
}

func TestDrainAndAbsorb_makeTwoNodesOneLimit(t *testing.T) {
	here, there, key := NewTable(), NewTable(), address("192.0.2.1")
	takes(here, key, five, start, 3)
	takes(there, key, five, start, 1)
	for _, use := range here.Drain(10) {
		there.Absorb(use, start)
	}
	if got := takes(there, key, five, start, 9); got != 1 {
		t.Errorf("after 3 here and 1 there: got %d passed there, want 1", got)
	}
	if again := here.Drain(10); len(again) != 0 {
		t.Errorf("drained twice: got %v, want nothing new", again)
	}
	there.Absorb(Use{key, 1_000_000}, start)
	if wait, _ := there.Take(key, five, start); wait > 20*time.Second {
		t.Errorf("after a flood elsewhere: got to wait %s, want one bucket's time at most", wait)
	}
	here.Absorb(Use{address("192.0.2.9"), 5}, start)
	if here.Len() != 1 {
		t.Errorf("a visitor of the other node: got %d buckets here, want 1", here.Len())
	}
}

func TestDrain_tellsTheMostUsedFirstAndTheRestLater(t *testing.T) {
	table := NewTable()
	takes(table, address("192.0.2.1"), five, start, 1)
	takes(table, address("192.0.2.2"), five, start, 4)
	if got := table.Drain(1); len(got) != 1 || got[0] != (Use{address("192.0.2.2"), 4}) {
		t.Errorf("first: got %v, want the four of .2", got)
	}
	if got := table.Drain(1); len(got) != 1 || got[0] != (Use{address("192.0.2.1"), 1}) {
		t.Errorf("then: got %v, want the one of .1", got)
	}
}

func TestTake_isExactUnderConcurrency(t *testing.T) {
	table, key := NewTable(), address("192.0.2.1")
	hundred := sekisho.Rate{Requests: 100, Per: time.Hour}
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			passed.Add(int64(takes(table, key, hundred, start, 50)))
			table.Drain(3)
		})
	}
	all.Wait()
	if passed.Load() != 100 {
		t.Errorf("got %d passed, want 100", passed.Load())
	}
}

func TestKey_survivesItsText(t *testing.T) {
	addr := netip.MustParseAddr("2001:db8::1")
	for _, key := range []Key{Of(KindSite), OfAddress(KindAttack, addr), OfPath("/contact", addr), OfSession("secret")} {
		got, err := ParseKey(key.String())
		if err != nil || got != key {
			t.Errorf("%s: got %v, %v, want %v", key, got, err, key)
		}
	}
	if OfPath("/a", addr) == OfPath("/b", addr) {
		t.Error("two paths: got one bucket, want two")
	}
	for _, text := range []string{"", "zz", "00", OfSession("s").String() + "00"} {
		if _, err := ParseKey(text); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%q: got %v, want KindInvalid", text, err)
		}
	}
}
