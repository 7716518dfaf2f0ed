package incident

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Bounds of what is remembered of one tenant. What is least recently touched is forgotten first; then a count starts
// anew or a late event begins an incident of its own, and nothing worse. At the bounds a tenant takes about 15 MB.
const (
	maxEntities = 5000 // addresses, hosts, users and hashes
	maxTracks   = 16   // families per entity
	maxTargets  = 16   // distinct targets per entity and family
	maxSpread   = 4    // hosts per hash
	maxOpen     = 1000 // incidents that can still grow
	maxActors   = 1000 // addresses per incident that are told apart
	maxRecent   = 4096 // marks of events that may come again

	day  = 24 * time.Hour
	week = 7 * day

	countDays   = 30       // recurrence
	rememberFor = 31 * day // an entity that was not seen for longer is forgotten by the store
	bindFor     = 7 * day  // an address belongs to the host that used it last
)

// millis is a time of an event, as remembered.
type millis int64

func millisOf(t time.Time) millis { return millis(t.UnixMilli()) }

func (m millis) time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// within reports whether two times are at most d apart, whichever came first.
func within(a, b millis, d time.Duration) bool {
	gap := a - b
	return max(gap, -gap) <= millis(d.Milliseconds())
}

// entity is somebody or something seen before: an outside address, an inside host or its address, a user, a hash.
// Its short keys are how it is stored.
type entity struct {
	Touched  uint64                    `json:"t"` // order of the last touch within the tenant
	Last     millis                    `json:"l"`
	Seen     map[sekisho.Source]*sight `json:"s,omitempty"`
	Tracks   map[string]*track         `json:"f,omitempty"`  // by family
	Leases   []lease                   `json:"le,omitempty"` // of an inside address: the hosts that used it, oldest first
	Spread   []seenOn                  `json:"sp,omitempty"` // of a hash: hosts that have it
	Opened   millis                    `json:"o,omitempty"`  // of a host: something that often comes before an infection
	Attacked millis                    `json:"a,omitempty"`  // of a host: another inside host turned against it
	Failures int                       `json:"n,omitempty"`  // logins that failed, with pauses of less than an hour
	FailedAt millis                    `json:"na,omitempty"`
}

// sight is the last time that a sensor saw an entity, and in which incident.
type sight struct {
	At       millis             `json:"t"`
	Incident sekisho.IncidentID `json:"i"`
}

type seenOn struct {
	Host string `json:"h"`
	At   millis `json:"t"`
}

// track is one family of one entity.
type track struct {
	Days    [][2]int `json:"d"` // day since 1970, events on it; ascending, the last countDays
	Last    millis   `json:"l"`
	Targets []target `json:"r,omitempty"`
	Beat    beat     `json:"b,omitzero"`
}

type target struct {
	Number uint32 `json:"n"`
	At     millis `json:"t"`
}

// beat keeps the mean and variance of the intervals towards one destination (Welford).
type beat struct {
	Destination uint32  `json:"d"`
	Last        millis  `json:"l"`
	N           int     `json:"n"`
	Mean        float64 `json:"m"`
	M2          float64 `json:"v"`
}

// track returns the entity's record of a family, and makes it if there is none.
func (en *entity) track(family string) *track {
	if t, ok := en.Tracks[family]; ok {
		return t
	}
	if en.Tracks == nil {
		en.Tracks = map[string]*track{}
	}
	if len(en.Tracks) >= maxTracks {
		oldest := ""
		for name, t := range en.Tracks {
			if oldest == "" || t.Last < en.Tracks[oldest].Last || t.Last == en.Tracks[oldest].Last && name < oldest {
				oldest = name
			}
		}
		delete(en.Tracks, oldest)
	}
	t := &track{}
	en.Tracks[family] = t
	return t
}

// count adds events on the day of at and returns how many there are on it and in the 30 days before, in whole days (UTC).
func (t *track) count(at millis, events int) (n int) {
	today := int(at.time().Unix() / int64(day/time.Second))
	t.add(today, events)
	for _, d := range t.Days {
		if d[0] <= today && d[0] >= today-countDays {
			n += d[1]
		}
	}
	t.Last = max(t.Last, at)
	return max(n, events) // an event older than all that is kept counts for itself
}

// add counts events on a day, and forgets what is too long ago.
func (t *track) add(today, events int) {
	i, found := slices.BinarySearchFunc(t.Days, today, func(d [2]int, day int) int { return d[0] - day })
	if found {
		t.Days[i][1] += events
	} else {
		t.Days = slices.Insert(t.Days, i, [2]int{today, events})
	}
	newest := t.Days[len(t.Days)-1][0]
	for len(t.Days) > 0 && t.Days[0][0] < newest-countDays {
		t.Days = t.Days[1:]
	}
}

// reach notes a target and returns how many different ones there were within the window.
func (t *track) reach(number uint32, at millis, window time.Duration) (distinct int) {
	i := slices.IndexFunc(t.Targets, func(x target) bool { return x.Number == number })
	switch {
	case i >= 0:
		t.Targets[i].At = max(t.Targets[i].At, at)
	case len(t.Targets) < maxTargets:
		t.Targets = append(t.Targets, target{number, at})
	default:
		oldest := 0
		for j, x := range t.Targets {
			if x.At < t.Targets[oldest].At {
				oldest = j
			}
		}
		t.Targets[oldest] = target{number, at}
	}
	for _, x := range t.Targets {
		if within(x.At, at, window) {
			distinct++
		}
	}
	return distinct
}

// tick notes a contact with a destination and reports how steady the rhythm is: the number of intervals and their
// variation (standard deviation by mean). Contacts of the same second are one.
func (b *beat) tick(destination uint32, at millis, window time.Duration) (intervals int, variation float64) {
	gap := at - b.Last
	if b.Destination != destination || gap < 0 || !within(at, b.Last, window) {
		*b = beat{Destination: destination, Last: at}
		return 0, math.Inf(1)
	}
	if gap >= 1000 {
		b.Last = at
		b.N++
		delta := float64(gap) - b.Mean
		b.Mean += delta / float64(b.N)
		b.M2 += delta * (float64(gap) - b.Mean)
	}
	if b.N < 2 {
		return b.N, math.Inf(1)
	}
	return b.N, math.Sqrt(b.M2/float64(b.N)) / b.Mean
}

// sightings returns where other events saw the entity within the window, the latest first; of equals in a fixed order.
func (en *entity) sightings(at millis, window time.Duration) (found []sighting) {
	for source, s := range en.Seen {
		if within(at, s.At, window) {
			found = append(found, sighting{source, *s})
		}
	}
	slices.SortFunc(found, func(a, b sighting) int {
		if a.At != b.At {
			return int(b.At - a.At)
		}
		return strings.Compare(string(a.source), string(b.source))
	})
	return found
}

type sighting struct {
	source sekisho.Source
	sight
}
