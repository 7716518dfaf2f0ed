package incident

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// relayWindow is how far apart two relays may bring the same event.
const relayWindow = 120 * time.Second

// recent remembers the events of the last moments, to count those once that arrive over two relays.
type recent struct {
	Entries []recentEntry `json:"e"` // oldest first
	seen    map[uint64]sekisho.IncidentID
}

type recentEntry struct {
	Key      uint64             `json:"k"`
	Clock    millis             `json:"c"` // the tenant's clock when it arrived
	Incident sekisho.IncidentID `json:"i"`
}

func (r *recent) index() {
	r.seen = make(map[uint64]sekisho.IncidentID, len(r.Entries))
	for _, entry := range r.Entries {
		r.seen[entry.Key] = entry.Incident
	}
}

// find returns the incident of the same event, if it came before.
func (r *recent) find(key uint64, clock millis) (sekisho.IncidentID, bool) {
	old := 0
	for old < len(r.Entries) && !within(r.Entries[old].Clock, clock, relayWindow) {
		delete(r.seen, r.Entries[old].Key)
		old++
	}
	r.Entries = r.Entries[old:]
	id, ok := r.seen[key]
	return id, ok
}

func (r *recent) add(key uint64, clock millis, id sekisho.IncidentID) {
	if r.seen == nil {
		r.seen = map[uint64]sekisho.IncidentID{}
	}
	if len(r.Entries) >= maxRecent {
		delete(r.seen, r.Entries[0].Key)
		r.Entries = slices.Clone(r.Entries[len(r.Entries)-maxRecent+1:])
	}
	r.Entries = append(r.Entries, recentEntry{key, clock, id})
	r.seen[key] = id
}

// relayKey identifies an event by device time, code and 5-tuple. Without a whole 5-tuple nobody can tell two equal
// events from one that came twice, and both count.
func relayKey(e *sekisho.Event) (key uint64, ok bool) {
	if !e.SrcIP.IsValid() || !e.DstIP.IsValid() || e.SrcPort == 0 || e.DstPort == 0 {
		return 0, false
	}
	h := fnv.New64a()
	var b []byte
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixNano()))
	src, dst := e.SrcIP.As16(), e.DstIP.As16()
	b = append(append(b, src[:]...), dst[:]...)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, e.SrcPort), e.DstPort)
	for _, id := range e.RuleIDs {
		b = binary.BigEndian.AppendUint64(b, uint64(id))
	}
	for _, part := range []string{string(e.Source), string(e.Class), e.Family, string(e.Outcome), e.Signature, e.Method, e.URL, e.Path, e.Host, e.User, e.File, e.Hash} {
		b = append(append(b, part...), 0)
	}
	_, _ = h.Write(b)
	return h.Sum64(), true
}
