package incident

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// strange reads events of any kind from bytes: every field can be something that no sensor would send.
type strange struct{ data []byte }

func (s *strange) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

// text is mostly a word of a few, now and then bytes of the input, or something huge.
func (s *strange) text(words ...string) string {
	switch b := int(s.byte()); {
	case b < 160:
		return words[b%len(words)]
	case b < 200:
		return ""
	case b < 250:
		n := min(len(s.data), b-199)
		text := s.data[:n]
		s.data = s.data[n:]
		return string(text)
	default:
		return strings.Repeat("長\x00", 1<<uint(b-244))
	}
}

func (s *strange) time() time.Time {
	switch b := s.byte(); {
	case b < 200:
		return noon.Add(time.Duration(b) * 20 * time.Minute)
	case b < 230:
		return noon.Add(time.Duration(b-215) * 24 * time.Hour)
	case b < 240:
		return time.Time{}
	case b < 248:
		return time.Unix(math.MaxInt64/2, 0)
	default:
		return time.Date(int(b)*100, 1, 1, 0, 0, 0, 0, time.FixedZone("odd", 12345))
	}
}

func (s *strange) ip() netip.Addr {
	switch b := s.byte(); {
	case b < 100:
		return netip.AddrFrom4([4]byte{192, 168, 1, b % 6})
	case b < 200:
		return netip.AddrFrom4([4]byte{203, 0, 113, b % 12})
	case b < 220:
		return netip.Addr{}
	default:
		return netip.MustParseAddr(fmt.Sprintf("fe80::%x%%%s", b, "eth0"))
	}
}

func (s *strange) event() (e sekisho.Event) {
	e.Tenant = []sekisho.TenantID{"yamada", "suzuki", "nobody"}[s.byte()%3]
	e.Time = s.time()
	e.ID = sekisho.EventID(s.text("", "", "", "", "ONE", "TWO"))
	e.Source = sekisho.Source(s.text("waf", "utm", "edr", "web", "telepathy"))
	classes := make([]string, 0, len(allClasses)+2)
	for _, class := range allClasses {
		classes = append(classes, string(class))
	}
	e.Class = sekisho.Class(s.text(append(classes, "telepathy", "")...))
	e.Outcome = sekisho.Outcome(s.text("prevented", "detected", "succeeded", "contained", "unknown", "errored", "refused", "nonsense"))
	e.Direction = sekisho.Direction(s.text("", "inbound", "outbound", "internal", "sideways"))
	e.SrcIP, e.DstIP, e.SrcPort, e.DstPort = s.ip(), s.ip(), uint16(s.byte()%2), 443
	e.Host, e.User, e.Hash = s.text("", "PC-1", "PC-2", card1), s.text("", "sato"), s.text("", "hash")
	e.Family, e.Sensor, e.URL = s.text("", "sqli", "ips", sekisho.FamilyLease), s.text("", "a", "b"), s.text("", "http://bad.example/x", "http://%zz/", "::://")
	e.SiteID, e.Action, e.Raw = sekisho.SiteID(s.text("", "SHOP")), sekisho.Action(s.text("", "blocked", "passed", "failed")), s.text("raw")
	e.Count = []int{0, 1, 2, -5, math.MaxInt, math.MinInt, 1000}[s.byte()%7]
	e.Confidence = []float64{0, 1, 0.7, math.NaN(), math.Inf(1), -1, 1e300}[s.byte()%7]
	e.Severity, e.Marks = s.text("", "critical", "info"), []string{s.text("", "time:x", "known_bad:address:c2:x", MarkRepeated)}
	e.RuleIDs = make([]int, int(s.byte())*3)
	return e
}

// Whatever comes: no panic, every event is stored once and marked when it is odd, counts add up, tenants stay apart, and
// batches and restarts change nothing.
func FuzzEngine(f *testing.F) {
	f.Add([]byte("an ordinary day"), uint8(3))
	f.Add(bytes.Repeat([]byte{0, 17, 200, 3, 9, 255, 1}, 60), uint8(1))
	f.Add(bytes.Repeat([]byte{1, 100, 0, 0, 23, 2, 2, 50, 150, 1, 1, 0, 0, 7, 0, 0, 0}, 30), uint8(7))
	f.Fuzz(func(t *testing.T, data []byte, batch uint8) {
		in := &strange{data: data}
		var events []sekisho.Event
		for len(in.data) > 0 && len(events) < 40 {
			events = append(events, in.event())
		}
		tell := func(batch, restart int) *story {
			s := &story{t: t, records: newRecords(), now: noon.Add(day)}
			s.newEngine()
			seq := 0
			for chunk := range slices.Chunk(slices.Clone(events), batch) {
				seq += len(chunk)
				if err := s.engine.Process(t.Context(), "stream", uint64(seq), chunk); err != nil {
					t.Fatal(err)
				}
				if restart > 0 {
					s.newEngine()
				}
			}
			return s
		}
		if len(events) == 0 {
			return
		}
		whole := tell(len(events), 0)
		checkBooks(t, whole.records, events)
		sameRecords(t, "in small batches", tell(1+int(batch%9), 0).records, whole.records)
		sameRecords(t, "with restarts", tell(1+int(batch%9), 1).records, whole.records)

		r, err := NewReplay(DefaultConfig(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if err := r.Add(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.End(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.Stats().Events; got != uint64(len(events)) {
			t.Errorf("replayed %d of %d events", got, len(events))
		}
	})
}

// checkBooks holds that what is stored adds up.
func checkBooks(t *testing.T, records *fakeRecords, came []sekisho.Event) {
	t.Helper()
	if len(records.events) != len(came) {
		t.Errorf("%d events stored of %d", len(records.events), len(came))
	}
	counts, cases := map[sekisho.IncidentID]int{}, map[sekisho.CaseID]int{}
	for _, e := range records.events {
		if slices.Contains(e.Marks, MarkRepeated) || e.Incident == "" {
			continue
		}
		counts[e.Incident] += e.Count
		if i := records.incidents[e.Incident]; i.Tenant != e.Tenant {
			t.Errorf("event %s of %s is in an incident of %q", e.ID, e.Tenant, i.Tenant)
		}
		if e.Class == "telepathy" && !slices.ContainsFunc(e.Marks, func(m string) bool { return strings.HasPrefix(m, MarkKnownBad) }) {
			t.Errorf("an unknown class is in incident %s", e.Incident)
		}
	}
	for id, i := range records.incidents {
		sources, outcomes := 0, 0
		for _, n := range i.Sources {
			sources += n
		}
		for _, n := range i.Outcomes {
			outcomes += n
		}
		if i.Count != counts[id] || sources != i.Count || outcomes != i.Count {
			t.Errorf("incident %s counts %d, its events %d, its sources %d, its outcomes %d", id, i.Count, counts[id], sources, outcomes)
		}
		if i.Score < 0 || i.Score > 100 || i.Last.Before(i.First) || i.Last.Sub(i.First) > week || len(i.Sources) > 5 {
			t.Errorf("incident %+v cannot be", i)
		}
		c, there := records.cases[i.Case]
		if !there || c.Tenant != i.Tenant || c.Severity < i.Severity {
			t.Errorf("incident %s ranks %s, its case is %+v", id, i.Severity, c)
		}
		cases[i.Case]++
		words := Explain(i)
		if words.Title.JA == "" || words.Why.EN == "" {
			t.Errorf("no words for %+v", i)
		}
	}
	for id, c := range records.cases {
		if cases[id] != c.Incidents {
			t.Errorf("case %s holds %d incidents and says %d", id, cases[id], c.Incidents)
		}
	}
	steps := map[sekisho.CaseID]int64{}
	for _, change := range records.changes {
		if steps[change.Case]++; change.Revision != steps[change.Case] {
			t.Errorf("case %s: change %d has revision %d", change.Case, steps[change.Case], change.Revision)
		}
	}
}

func TestEngine_keepsMarksAndCountsBadInput(t *testing.T) {
	huge := strings.Repeat("あ", 1<<20)
	tests := []struct {
		name   string
		change func(*sekisho.Event)
		mark   string
	}{
		{"a huge field", func(e *sekisho.Event) { e.URL = huge }, "cut:url"},
		{"a huge raw line", func(e *sekisho.Event) { e.Raw = huge }, "cut:raw"},
		{"a huge name", func(e *sekisho.Event) { e.Host = huge }, "cut:host"},
		{"a huge class", func(e *sekisho.Event) { e.Class = sekisho.Class(huge) }, "cut:class"},
		{"many rules", func(e *sekisho.Event) { e.RuleIDs = make([]int, 1e6) }, "cut:rule_ids"},
		{"an impossible count", func(e *sekisho.Event) { e.Count = math.MaxInt }, MarkCount},
		{"a negative count", func(e *sekisho.Event) { e.Count = -3 }, MarkCount},
		{"an impossible confidence", func(e *sekisho.Event) { e.Confidence = math.NaN() }, MarkConfidence},
		{"a huge id", func(e *sekisho.Event) { e.ID = sekisho.EventID(huge) }, MarkID},
		{"an unknown sensor", func(e *sekisho.Event) { e.Source = "telepathy" }, MarkUnknownSource},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStory(t)
			s.tell(with(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented), test.change))
			e := s.records.events[0]
			if !slices.Contains(e.Marks, test.mark) || s.engine.Stats().Damaged != 1 || e.ID == "" {
				t.Errorf("marks %q, stats %+v; want %q, and it counted", e.Marks, s.engine.Stats(), test.mark)
			}
			stored := len(fmt.Sprintf("%+v", e))
			if stored > longestRaw+8*longestField || e.Count < 1 || e.Count > mostCount {
				t.Errorf("%d bytes and a count of %d are stored", stored, e.Count)
			}
		})
	}
}
