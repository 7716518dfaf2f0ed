package incident

import (
	"cmp"
	"container/list"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Kinds of memory rows.
const (
	kindClock  = "clock"
	kindEntity = "entity"
	kindOpen   = "open"
	kindRecent = "recent"
	kindActors = "actors" // of an open incident
)

// lateness is how far behind the tenant's clock an event may come and still be believed.
const lateness = 8 * day

// memory is all that is remembered of one tenant. It is used by one goroutine at a time, and nothing in it depends on
// anything but the events and their order, so that the same events lead to the same memory, with or without a restart.
type memory struct {
	w        *Weights
	tenant   sekisho.TenantID
	stream   string
	position uint64
	streams  map[string]uint64 // how far others have come

	clock   millis // the latest believable event time
	touches uint64

	entities map[string]*list.Element // of *remembered, in lru
	lru      *list.List               // most recently touched first

	open   map[sekisho.IncidentID]*growing
	byKey  map[string][]*growing // oldest first
	recent recent

	// What the current batch changed.
	dirtyEntities map[string]bool
	dirtyOpen     map[sekisho.IncidentID]bool
	dirtyActors   map[sekisho.IncidentID]bool
	forgotten     []sekisho.Memory
	changed       map[sekisho.IncidentID]*growing
	dirtyRecent   bool

	lastUsed time.Time
	skipped  int // rows that could not be read
}

type remembered struct {
	name string
	entity
}

type clockRow struct {
	Clock   millis `json:"clock"`
	Touches uint64 `json:"touches"`
}

func newMemory(w *Weights, tenant sekisho.TenantID, stream string) *memory {
	return &memory{
		w: w, tenant: tenant, stream: stream,
		entities: map[string]*list.Element{}, lru: list.New(),
		open: map[sekisho.IncidentID]*growing{}, byKey: map[string][]*growing{},
		dirtyEntities: map[string]bool{}, dirtyOpen: map[sekisho.IncidentID]bool{}, dirtyActors: map[sekisho.IncidentID]bool{}, changed: map[sekisho.IncidentID]*growing{},
	}
}

// recall rebuilds a tenant's memory from its records. A row that cannot be read is left out and counted: it costs a
// count, not the tenant.
func recall(w *Weights, tenant sekisho.TenantID, stream string, r sekisho.Remembered) *memory {
	m := newMemory(w, tenant, stream)
	m.position = r.Position
	incidents := map[sekisho.IncidentID]sekisho.Incident{}
	for _, i := range r.Open {
		incidents[i.ID] = i
	}
	addresses := map[string][]byte{}
	var entities []*remembered
	var growings []*growing
	for _, row := range r.Memory {
		var err error
		switch row.Kind {
		case kindClock:
			var c clockRow
			err = json.Unmarshal(row.Data, &c)
			m.clock, m.touches = c.Clock, c.Touches
		case kindEntity:
			en := &remembered{name: row.Key}
			if err = json.Unmarshal(row.Data, &en.entity); err == nil {
				entities = append(entities, en)
			}
		case kindOpen:
			i, there := incidents[sekisho.IncidentID(row.Key)]
			if !there {
				continue // too old to grow; its row expires
			}
			g := &growing{Incident: i}
			if err = json.Unmarshal(row.Data, &g.alertState); err == nil {
				growings = append(growings, g)
			}
		case kindActors:
			addresses[row.Key] = row.Data
		case kindRecent:
			err = m.recent.UnmarshalBinary(row.Data)
		}
		if err != nil {
			m.skipped++
		}
	}
	slices.SortFunc(entities, func(a, b *remembered) int { return cmp.Compare(a.Touched, b.Touched) })
	for _, en := range entities {
		m.entities[en.name] = m.lru.PushFront(en)
	}
	slices.SortFunc(growings, func(a, b *growing) int { return cmp.Compare(a.Order, b.Order) })
	for _, g := range growings {
		g.seen.unpack(addresses[string(g.ID)])
		m.take(g)
	}
	return m
}

// entity returns what is known of a name and marks it as touched at a time.
func (m *memory) entity(name string, at millis) *entity {
	m.touches++
	element, ok := m.entities[name]
	if ok {
		m.lru.MoveToFront(element)
	} else {
		element = m.lru.PushFront(&remembered{name: name})
		m.entities[name] = element
		for len(m.entities) > maxEntities {
			oldest := m.lru.Remove(m.lru.Back()).(*remembered)
			delete(m.entities, oldest.name)
			delete(m.dirtyEntities, oldest.name)
			m.forgotten = append(m.forgotten, sekisho.Memory{Kind: kindEntity, Key: oldest.name})
		}
	}
	en := &element.Value.(*remembered).entity
	en.Touched = m.touches
	en.Last = max(en.Last, at)
	m.dirtyEntities[name] = true
	return en
}

// known returns what is known of a name without touching it, or nil.
func (m *memory) known(name string) *entity {
	if element, ok := m.entities[name]; ok {
		return &element.Value.(*remembered).entity
	}
	return nil
}

// begin forgets what the last batch changed, once that is stored.
func (m *memory) begin() {
	clear(m.dirtyEntities)
	clear(m.dirtyOpen)
	clear(m.dirtyActors)
	for _, g := range m.changed {
		g.prior = nil
	}
	clear(m.changed)
	m.forgotten, m.dirtyRecent = nil, false
}

// rows returns what the batch changed, in a fixed order.
func (m *memory) rows() ([]sekisho.Memory, error) {
	rows := slices.Clone(m.forgotten)
	add := func(kind, key string, value any, expires time.Time) error {
		data, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("encoding %s %s of %s: %w", kind, key, m.tenant, err)
		}
		rows = append(rows, sekisho.Memory{Kind: kind, Key: key, Data: data, Expires: expires})
		return nil
	}
	for _, name := range sorted(m.dirtyEntities) {
		en := m.known(name)
		if err := add(kindEntity, name, en, en.Last.time().Add(rememberFor)); err != nil {
			return nil, err
		}
	}
	for _, id := range sorted(m.dirtyOpen) {
		g := m.open[id]
		if err := add(kindOpen, string(id), &g.alertState, g.Last.Add(lateness+caseWithin+day)); err != nil {
			return nil, err
		}
	}
	for _, id := range sorted(m.dirtyActors) {
		g := m.open[id]
		rows = append(rows, sekisho.Memory{Kind: kindActors, Key: string(id), Data: slices.Clone(g.seen.packed), Expires: g.Last.Add(lateness + caseWithin + day)})
	}
	if m.dirtyRecent {
		data, err := m.recent.MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("encoding the recent events of %s: %w", m.tenant, err)
		}
		rows = append(rows, sekisho.Memory{Kind: kindRecent, Data: data, Expires: m.clock.time().Add(day)})
	}
	if len(rows) > 0 || m.clock > 0 {
		if err := add(kindClock, "", clockRow{m.clock, m.touches}, m.clock.time().Add(rememberFor)); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
