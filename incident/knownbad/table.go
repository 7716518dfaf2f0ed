package knownbad

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// List is a list in memory; it never changes behind [Parse]. A million entries take some 44 MB. Safe for concurrent use.
//
// One hash table holds everything. A slot keeps 64 bits of the entry's hash instead of the entry: with a seed of the
// process, so that nobody can make two entries meet, and with odds of one in ten million million that an ordinary lookup
// does. A network is found by asking for each length that the list uses, a domain by asking for each name above it.
type List struct {
	seed    maphash.Seed
	slots   []slot
	entries []entry
	sources []string
	classes []string // the first is "": the kind of entry decides
	lengths [2][]int // of networks in use, IPv4 and IPv6, longest first
}

type slot struct {
	sum   uint64
	entry uint32 // its number, from 1; 0 for an empty slot
}

type entry struct {
	first, last, expires uint32 // seconds since 1970; 0 for unknown, or never
	source, class        uint16
}

// Hit is what a list says of something.
type Hit struct {
	Kind    Kind
	Class   sekisho.Class // empty where the list leaves it to the kind
	Source  string
	First   time.Time // zero: unknown, as the next
	Last    time.Time
	Expires time.Time // zero: never
}

// Kind says what was found.
type Kind string

// Kinds of entry.
const (
	Address Kind = "address"
	Domain  Kind = "domain"
	Hash    Kind = "hash"
)

func newList(lines int) *List {
	size := 16
	for size*3 < min(lines, maxEntries)*4 { // at most three quarters full
		size *= 2
	}
	return &List{seed: maphash.MakeSeed(), slots: make([]slot, size), entries: make([]entry, 0, min(lines, maxEntries)), classes: []string{""}}
}

// Len is how many entries there are.
func (l *List) Len() int { return len(l.entries) }

// put adds an entry. Of one that stands twice, the widest time counts.
func (l *List) put(key []byte, e entry) error {
	at, found := l.slot(maphash.Bytes(l.seed, key))
	if found {
		old := &l.entries[l.slots[at].entry-1]
		old.last = max(old.last, e.last)
		if old.first == 0 || e.first != 0 && e.first < old.first {
			old.first = e.first
		}
		if e.expires == 0 || old.expires != 0 && e.expires > old.expires {
			old.expires = e.expires
		}
		return nil
	}
	if len(l.entries) >= maxEntries {
		return fmt.Errorf("more than %d entries", maxEntries)
	}
	l.entries = append(l.entries, e)
	l.slots[at] = slot{maphash.Bytes(l.seed, key), uint32(len(l.entries))}
	return nil
}

// slot returns where a sum stands, or would.
func (l *List) slot(sum uint64) (at int, found bool) {
	mask := len(l.slots) - 1
	for at = int(sum) & mask; l.slots[at].entry != 0; at = (at + 1) & mask {
		if l.slots[at].sum == sum {
			return at, true
		}
	}
	return at, false
}

func (l *List) uses(p netip.Prefix) {
	lengths := &l.lengths[0]
	if p.Addr().Is6() {
		lengths = &l.lengths[1]
	}
	if at, found := slices.BinarySearchFunc(*lengths, p.Bits(), func(have, want int) int { return want - have }); !found {
		*lengths = slices.Insert(*lengths, at, p.Bits())
	}
}

// Address looks an address up.
func (l *List) Address(ip netip.Addr, at time.Time) (Hit, bool) {
	if !ip.IsValid() {
		return Hit{}, false
	}
	ip = ip.Unmap().WithZone("")
	lengths := l.lengths[0]
	if ip.Is6() {
		lengths = l.lengths[1]
	}
	var room [32]byte // keys are made here, not on the heap
	for _, bits := range lengths {
		prefix, err := ip.Prefix(bits)
		if err != nil {
			continue
		}
		if hit, ok := l.find(Address, networkKey(room[:0], prefix), at); ok {
			return hit, true
		}
	}
	return Hit{}, false
}

// Domain looks a host name up, and every name above it that is not a top-level domain.
func (l *List) Domain(host string, at time.Time) (Hit, bool) {
	var room [longestName + 1]byte
	name, ok := domainName(host)
	for ok {
		if hit, found := l.find(Domain, domainKey(room[:0], name), at); found {
			return hit, true
		}
		if _, name, ok = strings.Cut(name, "."); !strings.Contains(name, ".") {
			ok = false
		}
	}
	return Hit{}, false
}

// Hash looks the hash of a file up, in hexadecimal of any case.
func (l *List) Hash(sum string, at time.Time) (Hit, bool) {
	key, ok := hashKey(sum)
	if !ok {
		return Hit{}, false
	}
	return l.find(Hash, key, at)
}

func (l *List) find(kind Kind, key []byte, at time.Time) (Hit, bool) {
	where, found := l.slot(maphash.Bytes(l.seed, key))
	if !found {
		return Hit{}, false
	}
	e := l.entries[l.slots[where].entry-1]
	if e.expires != 0 && !at.Before(time.Unix(int64(e.expires), 0)) {
		return Hit{}, false
	}
	return Hit{
		Kind: kind, Class: sekisho.Class(l.classes[e.class]), Source: l.sources[e.source],
		First: told(e.first), Last: told(e.last), Expires: told(e.expires),
	}, true
}

func told(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
