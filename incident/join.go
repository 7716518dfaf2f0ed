package incident

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	joinWithin = day  // an event joins until this long after the last one
	joinAtMost = week // and an incident never covers more than this
)

// growing is an incident that further events may join.
type growing struct {
	sekisho.Incident
	alertState
	seen  actors
	prior *growing // the incident of the same key whose case this one may continue; nil once it has a case
}

// alertState is what the engine keeps of an incident beside what people see of it.
type alertState struct {
	Order   uint64   `json:"order"` // in which incidents began, within the tenant
	Best    alert    `json:"best"`
	Harmful bool     `json:"harmful,omitempty"` // something had an effect
	Success bool     `json:"success,omitempty"` // something succeeded that calls for the success guard
	Tactics []string `json:"tactics,omitempty"`
}

// alert is one entity, family and outcome: the one of an incident that scores highest speaks for it.
type alert struct {
	Class      sekisho.Class   `json:"class"`
	Family     string          `json:"family"`
	Outcome    sekisho.Outcome `json:"outcome"`
	Asset      sekisho.Asset   `json:"asset,omitempty"`
	Confidence float64         `json:"confidence,omitempty"`
	Vendor     string          `json:"vendor,omitempty"`
	Outside    bool            `json:"outside,omitempty"`
	N          int             `json:"n"`
}

func (a alert) finding() Finding {
	return Finding{Class: a.Class, Outcome: a.Outcome, Asset: a.Asset, Confidence: a.Confidence, Vendor: a.Vendor, Outside: a.Outside, N: a.N}
}

// take brings an incident into memory.
func (m *memory) take(g *growing) {
	m.open[g.ID] = g
	m.byKey[g.Key] = append(m.byKey[g.Key], g)
	if len(m.open) <= maxOpen {
		return
	}
	// Some at once, so that a flood of new incidents does not look for the oldest one each time.
	for _, oldest := range slices.SortedFunc(maps.Values(m.open), func(a, b *growing) int {
		return cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.Order, b.Order))
	})[:maxOpen/10] {
		if oldest != g {
			m.close(oldest)
		}
	}
}

// close ends an incident's growing. What it is stays as committed.
func (m *memory) close(g *growing) {
	delete(m.open, g.ID)
	rest := slices.DeleteFunc(m.byKey[g.Key], func(other *growing) bool { return other == g })
	if len(rest) == 0 {
		delete(m.byKey, g.Key)
	} else {
		m.byKey[g.Key] = rest
	}
	delete(m.dirtyOpen, g.ID)
	delete(m.dirtyActors, g.ID)
	m.forgotten = append(m.forgotten, sekisho.Memory{Kind: kindOpen, Key: string(g.ID)})
	if g.seen.count() > 0 {
		m.forgotten = append(m.forgotten, sekisho.Memory{Kind: kindActors, Key: string(g.ID)})
	}
}

// expire closes what no believable event can join or continue any more.
func (m *memory) expire() {
	for _, id := range sorted(m.open) {
		if g := m.open[id]; millisOf(g.Last) < m.clock-millis((lateness+caseWithin).Milliseconds()) {
			m.close(g)
		}
	}
}

// fits reports whether an event at this time may join.
func (g *growing) fits(at millis) bool {
	first, last := millisOf(g.First), millisOf(g.Last)
	return g.near(at) && max(last, at)-min(first, at) <= millis(joinAtMost.Milliseconds())
}

// near reports whether the event is of the same run of events, however long that has lasted.
func (g *growing) near(at millis) bool {
	gap := millis(joinWithin.Milliseconds())
	return at <= millisOf(g.Last)+gap && at >= millisOf(g.First)-gap
}

// join finds the incident that an event belongs to, or begins one: first by key, then by what ties it to another sensor
// or host.
func (m *memory) join(e *sekisho.Event, p parties, at millis, candidates []sekisho.IncidentID) *growing {
	same := m.byKey[p.key]
	for i := len(same) - 1; i >= 0; i-- {
		if same[i].fits(at) {
			return same[i]
		}
	}
	for _, id := range candidates {
		if g := m.open[id]; g != nil && g.fits(at) {
			return g
		}
	}
	m.touches++
	g := &growing{
		Incident: sekisho.Incident{
			ID: incidentID(m.tenant, p.key, e), Tenant: m.tenant, SiteID: e.SiteID, Site: e.Site, Key: p.key,
			Sources: map[sekisho.Source]int{}, Outcomes: map[sekisho.Outcome]int{}, First: at.time(), Last: at.time(),
		},
		alertState: alertState{Order: m.touches},
	}
	if len(same) > 0 {
		last := same[len(same)-1]
		if last.near(at) {
			g.ContinuedFrom = last.ID // a week is full; the story goes on
		}
		if within(at, millisOf(last.Last), caseWithin) {
			g.prior = last
		}
	}
	m.take(g)
	return g
}

// incidentID derives the id from what began the incident, so that the same events give the same incidents.
func incidentID(tenant sekisho.TenantID, key string, e *sekisho.Event) sekisho.IncidentID {
	h := fnv.New64a()
	for _, part := range []string{string(tenant), key, string(e.ID)} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return sekisho.IncidentID(derivedID(e.Time, h.Sum64()))
}

// derivedID has the time in its first half, as every id; in the second a sum stands in for chance.
func derivedID(at time.Time, sum uint64) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	sum ^= sum >> 32 // the low bits of FNV are its weak ones
	id := []byte(sekisho.NewIncidentID(at))
	for i := range 8 {
		id[8+i] = alphabet[sum>>(5*i)&31]
	}
	return string(id)
}

// actors is the set of outside addresses of an incident, up to maxActors. It is stored as it is packed, apart from the
// rest: it is large, and soon changes no more.
type actors struct {
	packed []byte // four bytes each, in the order they came
	known  map[uint32]bool
}

// add reports whether the address was new and taken.
func (a *actors) add(name string) bool {
	n := number(name)
	if len(a.known) >= maxActors || a.known[n] {
		return false
	}
	if a.known == nil {
		a.known = map[uint32]bool{}
	}
	a.known[n] = true
	a.packed = binary.BigEndian.AppendUint32(a.packed, n)
	return true
}

func (a *actors) count() int { return len(a.known) }

// unpack reads what was stored.
func (a *actors) unpack(packed []byte) {
	packed = packed[:min(len(packed), 4*maxActors)&^3]
	a.packed, a.known = slices.Clone(packed), make(map[uint32]bool, len(packed)/4)
	for ; len(packed) >= 4; packed = packed[4:] {
		a.known[binary.BigEndian.Uint32(packed)] = true
	}
}

// snapshot returns the incident as it is now; later events do not change it.
func (g *growing) snapshot() sekisho.Incident {
	i := g.Incident
	i.Sources, i.Outcomes = maps.Clone(i.Sources), maps.Clone(i.Outcomes)
	i.Terms.Reasons = slices.Clone(i.Terms.Reasons)
	return i
}
