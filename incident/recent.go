package incident

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// relayWindow is how far apart two relays may bring the same event.
const relayWindow = 120 * time.Second

// recent remembers the events of the last moments, to count those once that arrive over two relays or are sent again.
type recent struct {
	entries []recentEntry // oldest first
	seen    map[uint64]*seenKey
}

type recentEntry struct {
	key      uint64
	clock    millis // the tenant's clock when it arrived
	via      uint32 // the way it came
	incident sekisho.IncidentID
}

// seenKey is what the entries of one key add up to.
type seenKey struct {
	incident sekisho.IncidentID
	ways     []way
}

type way struct {
	via uint32
	n   int
}

// identity is how an event is known again.
type identity struct {
	key   uint64
	via   uint32
	exact bool // equal means the same, whichever way it came
}

// identities returns by what an event can be known again: its id, and its content with the device's own time. With a whole
// 5-tuple, equal content is one event. Without, nobody can tell two equal events of one second from one that came
// twice, unless they came by different ways: then the first of one way is the first of the other, and so on.
func identities(e *sekisho.Event) (ids []identity) {
	h := fnv.New64a()
	_, _ = h.Write([]byte("id/" + string(e.ID)))
	ids = append(ids, identity{key: h.Sum64(), exact: true})
	whole := e.SrcIP.IsValid() && e.DstIP.IsValid() && e.SrcPort != 0 && e.DstPort != 0
	if !whole && e.Sensor == "" {
		return ids
	}
	h.Reset()
	var b []byte
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixNano()))
	src, dst := e.SrcIP.As16(), e.DstIP.As16()
	b = append(append(b, src[:]...), dst[:]...)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, e.SrcPort), e.DstPort)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Count))
	for _, id := range e.RuleIDs {
		b = binary.BigEndian.AppendUint64(b, uint64(id))
	}
	for _, part := range []string{
		string(e.Source), e.Device, string(e.Class), e.Family, string(e.Outcome), e.Signature, e.Code, e.Verb, e.Protocol, e.Method,
		e.URL, e.Path, e.Host, e.User, e.Process, e.File, e.Hash, e.Category,
	} {
		b = append(append(b, part...), 0)
	}
	_, _ = h.Write(b)
	return append(ids, identity{key: h.Sum64(), via: number(e.Sensor), exact: whole})
}

// take notes an event and reports whether it is one that came before, and in which incident that is. The incident of a
// new one is told by joined.
func (r *recent) take(ids []identity, clock millis) (of sekisho.IncidentID, again bool) {
	r.forget(clock)
	for _, id := range ids {
		k := r.seen[id.key]
		if k == nil {
			continue
		}
		same, others := 0, 0
		for _, w := range k.ways {
			if w.via == id.via {
				same = w.n
			} else {
				others = max(others, w.n)
			}
		}
		if id.exact || same < others {
			of, again = k.incident, true
			break
		}
	}
	for _, id := range ids {
		if !again || !id.exact {
			r.add(recentEntry{key: id.key, clock: clock, via: id.via, incident: of})
		}
	}
	return of, again
}

// joined tells the incident of the event that was taken last.
func (r *recent) joined(ids []identity, incident sekisho.IncidentID) {
	for i := range r.entries[max(0, len(r.entries)-len(ids)):] {
		e := &r.entries[len(r.entries)-1-i]
		e.incident = incident
		if k := r.seen[e.key]; k.incident == "" || len(k.ways) == 1 && k.ways[0].n == 1 {
			k.incident = incident
		}
	}
}

func (r *recent) add(e recentEntry) {
	if r.seen == nil {
		r.seen = map[uint64]*seenKey{}
	}
	if len(r.entries) >= maxRecent {
		r.drop(1)
	}
	r.entries = append(r.entries, e)
	k := r.seen[e.key]
	if k == nil {
		k = &seenKey{incident: e.incident}
		r.seen[e.key] = k
	}
	for i := range k.ways {
		if k.ways[i].via == e.via {
			k.ways[i].n++
			return
		}
	}
	k.ways = append(k.ways, way{e.via, 1})
}

// forget lets go of what came too long ago.
func (r *recent) forget(clock millis) {
	old := 0
	for old < len(r.entries) && !within(r.entries[old].clock, clock, relayWindow) {
		old++
	}
	r.drop(old)
}

func (r *recent) drop(n int) {
	for _, e := range r.entries[:n] {
		k := r.seen[e.key]
		k.ways = slices.DeleteFunc(k.ways, func(w way) bool { return w.via == e.via && w.n == 1 })
		for i := range k.ways {
			if k.ways[i].via == e.via {
				k.ways[i].n--
			}
		}
		if len(k.ways) == 0 {
			delete(r.seen, e.key)
		}
	}
	r.entries = r.entries[n:]
}

const recentVersion = 1

var errRecent = errors.New("unknown form of the recent events")

// MarshalBinary packs the entries: they are written with nearly every batch.
func (r *recent) MarshalBinary() ([]byte, error) {
	b := make([]byte, 1, 1+len(r.entries)*40)
	b[0] = recentVersion
	for _, e := range r.entries {
		b = binary.BigEndian.AppendUint64(b, e.key)
		b = binary.BigEndian.AppendUint64(b, uint64(e.clock))
		b = binary.BigEndian.AppendUint32(b, e.via)
		b = append(b, byte(min(len(e.incident), 255)))
		b = append(b, e.incident[:min(len(e.incident), 255)]...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (r *recent) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != recentVersion {
		return errRecent
	}
	for b = b[1:]; len(b) > 0; {
		const fixed = 8 + 8 + 4 + 1
		if len(b) < fixed || len(b) < fixed+int(b[fixed-1]) {
			return errRecent
		}
		end := fixed + int(b[fixed-1])
		r.add(recentEntry{
			key: binary.BigEndian.Uint64(b), clock: millis(binary.BigEndian.Uint64(b[8:])), via: binary.BigEndian.Uint32(b[16:]),
			incident: sekisho.IncidentID(b[fixed:end]),
		})
		b = b[end:]
	}
	return nil
}
