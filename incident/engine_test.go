package incident

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestEngine_makesOneIncidentOfABotnet(t *testing.T) {
	s := newStory(t)
	s.batch = 64
	var events []sekisho.Event
	for i := range 500 {
		from := netip.AddrFrom4([4]byte{198, 51, byte(i / 250), byte(i%250 + 1)})
		events = append(events, sqli(noon.Add(time.Duration(i)*time.Second), from.String(), sekisho.OutcomePrevented))
	}
	got := s.tell(events...).one()
	if got.Actors != 500 || got.Count != 500 || got.Severity != sekisho.SeverityLow || got.Site != "shop.example" {
		t.Errorf("got %d addresses, %d events, %s at %q; want 500, 500, low at shop.example", got.Actors, got.Count, got.Severity, got.Site)
	}
	for _, e := range s.records.events {
		if e.Incident != got.ID {
			t.Fatalf("event %s is in incident %q, want %s", e.ID, e.Incident, got.ID)
		}
	}
}

// A thousand equal blocks spread over 30 days. The scale wants one story with the count; an incident covers a week at
// most, so the story is told in five parts that continue one another, and the last knows of all thousand.
func TestEngine_tellsAMonthOfEqualBlocksAsOneStory(t *testing.T) {
	s := newStory(t)
	s.batch = 10
	s.tell(times(1000, 30*day/1000, sqli(noon, "203.0.113.9", sekisho.OutcomePrevented))...)
	all := s.records.list()
	if len(all) != 5 {
		t.Fatalf("got %d incidents, want 5: a week each", len(all))
	}
	count := 0
	for i, in := range all {
		count += in.Count
		want := sekisho.IncidentID("")
		if i > 0 {
			want = all[i-1].ID
		}
		if in.ContinuedFrom != want {
			t.Errorf("part %d continues %q, want %q", i, in.ContinuedFrom, want)
		}
		if in.Last.Sub(in.First) > week {
			t.Errorf("part %d covers %s, want a week at most", i, in.Last.Sub(in.First))
		}
		if i > 0 && in.Severity < all[i-1].Severity {
			t.Errorf("part %d ranks %s, below %s before: a continued story forgets nothing", i, in.Severity, all[i-1].Severity)
		}
	}
	last := all[4]
	if count != 1000 || last.Terms.N != 1000 || last.Score != 42 {
		t.Errorf("counts sum to %d, the last part counts %d and scores %d; want 1000, 1000, 42", count, last.Terms.N, last.Score)
	}
}

func TestEngine_joinsTheStoryOfCompanyX(t *testing.T) {
	s := newStory(t)
	s.batch = 100
	blocks := jitter(times(120, 5*time.Minute, outbound(noon, sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, "bad.example")))
	open := outbound(noon.Add(12*time.Hour), sekisho.ClassKnownBadConnection, sekisho.OutcomeSucceeded, "c2.example")
	found := edr(noon.Add(12*time.Hour+20*time.Minute), sekisho.ClassMalware, sekisho.OutcomeContained)
	got := s.tell(join(blocks, []sekisho.Event{open, found})...).one()
	if got.Severity != sekisho.SeverityHigh || got.Score < 80 || got.Count != 122 {
		t.Errorf("got %s %d with %d events, want one High incident of 122", got.Severity, got.Score, got.Count)
	}
	if got.Sources[sekisho.SourceUTM] != 121 || got.Sources[sekisho.SourceEDR] != 1 {
		t.Errorf("sources %v, want 121 of the UTM and 1 of the EDR", got.Sources)
	}
	if !slices.Contains(got.Terms.Reasons, string(insideSensors)) {
		t.Errorf("reasons %v, want the same host in two sensors", got.Terms.Reasons)
	}
	// From now on the address is known to be that PC.
	s.tell(outbound(noon.Add(13*time.Hour), sekisho.ClassC2, sekisho.OutcomePrevented, "c2.example"))
	if again := s.one(); again.Count != 123 {
		t.Errorf("count %d, want the later block in the same incident: 123", again.Count)
	}
}

func TestEngine_keepsPCCareApartFromAttacks(t *testing.T) {
	highest := map[sekisho.Class]sekisho.Severity{
		sekisho.ClassUSB: sekisho.SeverityLow, sekisho.ClassInstall: sekisho.SeverityLow, sekisho.ClassOpenWiFi: sekisho.SeverityLow, sekisho.ClassPolicyWeb: sekisho.SeverityLow,
		sekisho.ClassDiskEvent: sekisho.SeverityMedium, sekisho.ClassSMARTFailure: sekisho.SeverityMedium, sekisho.ClassConfigChange: sekisho.SeverityMedium,
		sekisho.ClassSensorFault: sekisho.SeverityMedium, sekisho.ClassSensorSilent: sekisho.SeverityMedium,
	}
	lines := map[sekisho.Class]string{
		sekisho.ClassUSB: "usb", sekisho.ClassInstall: "install", sekisho.ClassOpenWiFi: "wifi", sekisho.ClassDiskEvent: "disk", sekisho.ClassSMARTFailure: "disk",
		sekisho.ClassPolicyWeb: "web", sekisho.ClassMaliciousWeb: "web", sekisho.ClassMalware: "file", sekisho.ClassSuspiciousFile: "file",
	}
	var events []sekisho.Event
	for class := range highest { // as much of it as there can be, all of it on one PC, with the sensor's own alarm
		for i := range 300 {
			e := edr(noon.Add(time.Duration(i)*time.Minute), class, sekisho.OutcomeSucceeded)
			e.Severity, e.Count = "critical", 500
			events = append(events, e)
		}
	}
	for _, class := range []sekisho.Class{sekisho.ClassMalware, sekisho.ClassSuspiciousFile, sekisho.ClassMaliciousWeb} {
		events = append(events, edr(noon.Add(20*day), class, sekisho.OutcomeContained))
	}
	slices.SortStableFunc(events, func(a, b sekisho.Event) int { return a.Time.Compare(b.Time) })
	s := newStory(t)
	s.batch = 500
	attacks := 0
	for _, i := range s.tell(events...).records.list() {
		most, care := highest[i.Class]
		switch {
		case care && (i.Track != sekisho.TrackCare || i.Severity > most):
			t.Errorf("%s is on track %q and ranks %s, want care and at most %s", i.Class, i.Track, i.Severity, most)
		case !care && i.Track != sekisho.TrackAttack:
			t.Errorf("%s is on track %q, want attack", i.Class, i.Track)
		case !care:
			attacks += i.Count
			if i.Terms.N != 1 || len(i.Terms.Reasons) > 0 && !slices.Equal(i.Terms.Reasons, []string{string(tactics)}) {
				t.Errorf("%s counts %+v, want nothing of the care in it", i.Class, i.Terms)
			}
		}
		if i.Care != lines[i.Class] {
			t.Errorf("%s stands on line %q of a PC's report, want %q", i.Class, i.Care, lines[i.Class])
		}
	}
	if attacks != 3 {
		t.Errorf("%d attacks counted, want 3", attacks)
	}
}

func TestEngine_startsAnewAfterAQuietDay(t *testing.T) {
	s := newStory(t)
	s.tell(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented), sqli(noon.Add(day), "203.0.113.9", sekisho.OutcomePrevented),
		sqli(noon.Add(2*day+time.Second), "203.0.113.9", sekisho.OutcomePrevented))
	all := s.records.list()
	if len(all) != 2 || all[0].Count != 2 || all[1].Count != 1 || all[1].ContinuedFrom != "" {
		t.Errorf("got %+v, want 2 events in the first and 1 in a second that continues nothing", all)
	}
	if all[1].Severity != sekisho.SeverityLow || all[1].Terms.N != 3 {
		t.Errorf("got %s with n %d, want low with 3: blocked attacks that come back are no news", all[1].Severity, all[1].Terms.N)
	}
}

func TestEngine_neverJoinsStrangers(t *testing.T) {
	s := newStory(t)
	for i := range 10 {
		a, b := sqli(noon.Add(time.Duration(i)*time.Minute), "203.0.113.9", sekisho.OutcomePrevented), ips(noon.Add(time.Duration(i)*time.Minute), "203.0.113.9", sekisho.OutcomePrevented)
		a.Tenant, b.Tenant = "yamada", "suzuki"
		s.tell(a, b) // one batch with both
	}
	all := s.records.list()
	if len(all) != 2 {
		t.Fatalf("got %d incidents, want one for each tenant", len(all))
	}
	for _, i := range all {
		if i.Count != 10 || len(i.Sources) != 1 || len(i.Terms.Reasons) != 0 {
			t.Errorf("%s: %d events of %v with %v; want 10 of one sensor and no correlation", i.Tenant, i.Count, i.Sources, i.Terms.Reasons)
		}
	}
	for _, e := range s.records.events {
		if i := s.records.incidents[e.Incident]; i.Tenant != e.Tenant {
			t.Errorf("event of %s is in an incident of %s", e.Tenant, i.Tenant)
		}
	}
}

func TestEngine_countsAnEventOfTwoRelaysOnce(t *testing.T) {
	s := newStory(t)
	e := ips(noon, "203.0.113.9", sekisho.OutcomePrevented)
	e.SrcPort, e.DstPort, e.Signature = 4711, 443, "1059958"
	twin := e
	twin.Raw = "the same, with another relay's header"
	s.tell(e)
	s.newEngine() // also over a restart
	s.tell(twin)
	got := s.one()
	if got.Count != 1 {
		t.Errorf("count %d, want 1", got.Count)
	}
	if last := s.records.events[1]; !slices.Contains(last.Marks, MarkRepeated) || last.Incident != got.ID {
		t.Errorf("the repeated event has marks %v and incident %q, want it marked and in %s", last.Marks, last.Incident, got.ID)
	}
	later := ips(noon.Add(10*time.Minute), "203.0.113.9", sekisho.OutcomePrevented)
	s.tell(later, e)
	if got := s.one(); got.Count != 3 {
		t.Errorf("count %d, want 3: after two minutes the same event is another one", got.Count)
	}
}

func TestEngine_takesLateEventsIntoTheirIncident(t *testing.T) {
	s := newStory(t)
	s.tell(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented), sqli(noon.Add(3*day), "203.0.113.9", sekisho.OutcomePrevented))
	s.newEngine()
	s.tell(sqli(noon.Add(time.Hour), "203.0.113.9", sekisho.OutcomePrevented))
	all := s.records.list()
	if len(all) != 2 || all[0].Count != 2 || all[1].Count != 1 {
		t.Errorf("got %+v, want the late event in the first incident", all)
	}
}

func TestEngine_setsImpossibleTimesToTheOrderOfArrival(t *testing.T) {
	for _, wrong := range []time.Time{{}, noon.Add(200 * day), time.Unix(0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		s := newStory(t)
		s.tell(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented), sqli(wrong, "203.0.113.9", sekisho.OutcomePrevented),
			sqli(noon.Add(time.Minute), "203.0.113.9", sekisho.OutcomePrevented))
		got := s.one()
		if got.Count != 3 || !got.First.Equal(noon) || !got.Last.Equal(noon.Add(time.Minute)) {
			t.Errorf("%s: got %d events from %s to %s, want 3 around noon", wrong, got.Count, got.First, got.Last)
		}
		e := s.records.events[1]
		if !e.Time.Equal(noon) || len(e.Marks) != 1 || !strings.HasPrefix(e.Marks[0], MarkTime+":") {
			t.Errorf("%s: stored at %s with marks %v, want noon, marked", wrong, e.Time, e.Marks)
		}
		if s.engine.Stats().Mistimed != 1 {
			t.Errorf("%s: %+v, want it counted", wrong, s.engine.Stats())
		}
	}
}

func TestEngine_storesWhatIsNoAttackWithoutAnIncident(t *testing.T) {
	s := newStory(t)
	away := sqli(noon, "203.0.113.9", sekisho.OutcomeUnknown)
	away.Class, away.Family, away.Action, away.Reason = sekisho.ClassNoise, "", sekisho.ActionFailed, sekisho.ReasonOrigin
	unclassified := away
	unclassified.Class = ""
	strange := sqli(noon, "203.0.113.9", sekisho.OutcomeSucceeded)
	strange.Class = "telepathy"
	s.tell(away, unclassified, strange)
	if len(s.records.incidents) != 0 || len(s.records.events) != 3 {
		t.Errorf("got %d incidents of %d events, want none of 3", len(s.records.incidents), len(s.records.events))
	}
	if got := s.records.events[2].Marks; !slices.Contains(got, MarkUnknownClass) {
		t.Errorf("marks %v, want the unknown class marked", got)
	}
	failedAttack := sqli(noon, "203.0.113.9", sekisho.OutcomeErrored)
	failedAttack.Action, failedAttack.Reason = sekisho.ActionFailed, sekisho.ReasonOriginTimeout
	s.tell(failedAttack)
	s.one() // an attack remains one when the origin breaks on it
}

// randomEvents is a month of everything, the same for the same seed.
func randomEvents(seed uint64, n int) (events []sekisho.Event) {
	r := rand.New(rand.NewPCG(seed, 1))
	classes := append(slices.Clone(allClasses), "telepathy", "")
	outcomes := append(slices.Clone(allOutcomes), "")
	sources := []sekisho.Source{sekisho.SourceWAF, sekisho.SourceUTM, sekisho.SourceEDR, sekisho.SourceWeb}
	directions := []sekisho.Direction{"", sekisho.DirectionInbound, sekisho.DirectionOutbound, sekisho.DirectionInternal}
	at := noon
	for i := range n {
		at = at.Add(time.Duration(r.IntN(40)) * time.Minute)
		e := sekisho.Event{
			ID: sekisho.EventID(fmt.Sprintf("R%015d", i)), Time: at, Tenant: sekisho.TenantID([]string{"yamada", "suzuki", "tanaka"}[r.IntN(3)]),
			Source: sources[r.IntN(4)], Class: classes[r.IntN(len(classes))], Outcome: outcomes[r.IntN(len(outcomes))],
			Direction: directions[r.IntN(4)], SrcIP: netip.AddrFrom4([4]byte{192, 168, 1, byte(r.IntN(5))}),
			DstIP: netip.AddrFrom4([4]byte{203, 0, 113, byte(r.IntN(12))}), SrcPort: uint16(r.IntN(2)), DstPort: 443, Count: r.IntN(3),
		}
		switch r.IntN(6) {
		case 0:
			e.SrcIP, e.DstIP = e.DstIP, e.SrcIP
		case 1:
			e.Host = fmt.Sprintf("PC-%d", r.IntN(4))
		case 2:
			e.Hash, e.Host = fmt.Sprintf("hash%d", r.IntN(3)), fmt.Sprintf("PC-%d", r.IntN(4))
		case 3:
			e.SiteID, e.Site, e.SrcIP = "SHOP", "shop.example", netip.AddrFrom4([4]byte{198, 51, 100, byte(r.IntN(9))})
		case 4:
			e.User = "sato"
		}
		if r.IntN(20) == 0 {
			e.Time = e.Time.Add(-time.Duration(r.IntN(300)) * time.Hour) // late, some beyond belief
		}
		events = append(events, e)
	}
	return events
}

func sameRecords(t *testing.T, what string, got, want *fakeRecords) {
	t.Helper()
	if len(got.events) != len(want.events) {
		t.Fatalf("%s: %d events, want %d", what, len(got.events), len(want.events))
	}
	if len(got.incidents) != len(want.incidents) {
		t.Errorf("%s: %d incidents, want %d", what, len(got.incidents), len(want.incidents))
	}
	for id, w := range want.incidents {
		if g := got.incidents[id]; !reflect.DeepEqual(g, w) {
			t.Fatalf("%s: incident %s is %+v, want %+v", what, id, g, w)
		}
	}
	byTenant := func(events []sekisho.Event) map[sekisho.TenantID][]sekisho.Event { // whose order batches do not change
		all := map[sekisho.TenantID][]sekisho.Event{}
		for _, e := range events {
			all[e.Tenant] = append(all[e.Tenant], e)
		}
		return all
	}
	gotEvents := byTenant(got.events)
	for tenant, events := range byTenant(want.events) {
		for n, w := range events {
			if g := gotEvents[tenant][n]; !reflect.DeepEqual(g, w) {
				t.Fatalf("%s: event %d of %s is %+v, want %+v", what, n, tenant, g, w)
			}
		}
	}
}

func TestEngine_isDeterministicAcrossRunsBatchesAndRestarts(t *testing.T) {
	events := randomEvents(7, 800)
	run := func(batch, restart int) *fakeRecords {
		s := newStory(t)
		s.batch, s.restart = batch, restart
		return s.tell(slices.Clone(events)...).records
	}
	want := run(800, 0)
	if len(want.incidents) < 20 {
		t.Fatalf("only %d incidents: the story is too thin to tell", len(want.incidents))
	}
	sameRecords(t, "the same again", run(800, 0), want)
	sameRecords(t, "in small batches", run(7, 0), want)
	sameRecords(t, "with a restart after every batch", run(50, 1), want)
}

func TestEngine_countsEachEventOnceOverCrashesAndReplays(t *testing.T) {
	events := randomEvents(11, 500)
	whole := newStory(t)
	whole.tell(slices.Clone(events)...)

	s := newStory(t)
	r := rand.New(rand.NewPCG(3, 3))
	crash := errors.New("crash before the commit")
	s.records.fail = func(sekisho.TenantID) error {
		if r.IntN(4) == 0 {
			return crash
		}
		return nil
	}
	done := 0 // what the source has forgotten
	for done < len(events) {
		to := min(len(events), done+1+r.IntN(60))
		err := s.engine.Process(t.Context(), "stream", uint64(to), slices.Clone(events[done:to]))
		switch {
		case err != nil && !errors.Is(err, crash):
			t.Fatal(err)
		case err == nil && r.IntN(3) > 0:
			done = to // otherwise killed between the commit and Done: all of it comes again
		}
		if r.IntN(3) == 0 {
			s.newEngine()
		}
	}
	sameRecords(t, "with crashes", s.records, whole.records)
	if len(s.records.events) != 500 {
		t.Errorf("%d events stored, want 500", len(s.records.events))
	}
}

func TestEngine_boundsTheMemoryOfATenant(t *testing.T) {
	s := newStory(t)
	s.batch = 1000
	var events []sekisho.Event
	long := strings.Repeat("長い名前", 400)
	for i := range 5500 {
		e := sqli(noon.Add(time.Duration(i)*time.Second), netip.AddrFrom4([4]byte{10 + byte(i%3), 51, byte(i / 250), byte(i % 250)}).String(), sekisho.OutcomePrevented)
		e.Family = fmt.Sprintf("family %d %s", i%1300, long[:3*(i%100)])
		if i%100 == 0 {
			e.Family, e.User, e.Hash, e.Severity, e.Outcome = long+fmt.Sprint(i), long, long, long, sekisho.OutcomeSucceeded
		}
		events = append(events, e)
	}
	s.tell(events...)
	m := s.engine.tenants["yamada"]
	if len(m.entities) > maxEntities || m.lru.Len() > maxEntities || len(m.open) > maxOpen || len(m.recent.entries) > maxRecent {
		t.Errorf("%d entities, %d open incidents, %d recent; want at most %d, %d, %d", len(m.entities), len(m.open), len(m.recent.entries), maxEntities, maxOpen, maxRecent)
	}
	stored := 0
	for key, row := range s.records.rows {
		stored += len(key) + len(row.Data)
	}
	if rows := len(s.records.rows); rows > maxEntities+2*maxOpen+2 || stored > 20<<20 {
		t.Errorf("%d rows with %d bytes stored, want at most %d rows and 20 MiB", rows, stored, maxEntities+2*maxOpen+2)
	}
	if len(s.records.events) != 5500 {
		t.Errorf("%d events stored, want all 5500", len(s.records.events))
	}
}

func TestEngine_forgetsTenantsThatAreIdle(t *testing.T) {
	s := newStory(t)
	s.engine.cfg.MaxTenants = 2
	for i := range 9 {
		e := sqli(noon.Add(time.Duration(i)*time.Minute), "203.0.113.9", sekisho.OutcomePrevented)
		e.Tenant = sekisho.TenantID(fmt.Sprintf("tenant-%d", i%3))
		s.tell(e)
	}
	if n := len(s.engine.tenants); n > 2 {
		t.Errorf("%d tenants in memory, want at most 2", n)
	}
	for _, i := range s.records.list() {
		if i.Count != 3 {
			t.Errorf("%s counts %d, want 3 in spite of being forgotten between", i.Tenant, i.Count)
		}
	}
}

func TestEngine_goesOnWithoutARowItCannotRead(t *testing.T) {
	s := newStory(t)
	s.tell(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented))
	for key, row := range s.records.rows {
		if row.Kind == kindEntity {
			row.Data = []byte("{")
			s.records.rows[key] = row
		}
	}
	s.newEngine()
	s.tell(sqli(noon.Add(time.Minute), "203.0.113.9", sekisho.OutcomePrevented))
	if got := s.one(); got.Count != 2 || s.engine.Stats().Forgotten != 1 {
		t.Errorf("count %d, stats %+v; want 2 and one row forgotten", got.Count, s.engine.Stats())
	}
}

// cpuTime is what this process has used of all processors: a figure that a busy machine does not bend.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkEngine(b *testing.B) {
	// How many events a second does one core score, group and hand to the records, with WAF floods and mixed sensors?
	for _, test := range []struct {
		name   string
		events []sekisho.Event
	}{
		{"flood of one attacker", times(1000, time.Second, sqli(noon, "203.0.113.9", sekisho.OutcomePrevented))},
		{"everything", randomEvents(5, 1000)},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := newStory(b)
			s.records.discard = true
			n := 0
			start := cpuTime(b)
			for b.Loop() {
				shift := time.Duration(n) * time.Second / 100 // time goes on, so that windows move
				batch := slices.Clone(test.events)
				for i := range batch {
					batch[i].Tenant, batch[i].Time = "yamada", batch[i].Time.Add(shift)
				}
				s.tell(batch...)
				n += len(batch)
			}
			b.ReportMetric(float64(n)/(cpuTime(b)-start).Seconds(), "events/cpu-s")
		})
	}
}
