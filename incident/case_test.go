package incident

import (
	"slices"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// do changes a case as a person would, straight in the records.
func (s *story) do(id sekisho.CaseID, at time.Time, action sekisho.CaseAction) {
	s.t.Helper()
	action.By, action.Reason = "sato", "known"
	c, change, quiet, err := s.records.cases[id].Do(action, at)
	if err != nil {
		s.t.Fatal(err)
	}
	s.records.cases[id] = c
	s.records.changes = append(s.records.changes, change)
	if quiet != nil {
		s.records.quiet = append(s.records.quiet, *quiet)
	}
}

// kinds are what happened to all cases, in order.
func (s *story) kinds() (kinds []sekisho.ChangeKind) {
	for _, change := range s.records.changes {
		kinds = append(kinds, change.Kind)
	}
	return kinds
}

// told are the changes that are more than a line in the monthly report.
func (s *story) told() (told []sekisho.Tell) {
	for _, change := range s.records.changes {
		if change.Tell == sekisho.TellNow || change.Tell == sekisho.TellDigest {
			told = append(told, change.Tell)
		}
	}
	return told
}

func TestCases_areTouchedOnlyWhenSomethingNewOrWorseHappens(t *testing.T) {
	const from = "203.0.113.9"
	blocked := func(n int, at time.Time) []sekisho.Event {
		return times(n, time.Second, sqli(at, from, sekisho.OutcomePrevented))
	}
	s := newStory(t)
	s.batch = 10
	s.tell(blocked(20, noon)...)
	s.tell(blocked(40, noon.Add(time.Hour))...) // Medium by number
	s.tell(sqli(noon.Add(2*time.Hour), from, sekisho.OutcomeUnknown))
	s.tell(sqli(noon.Add(3*time.Hour), from, sekisho.OutcomeSucceeded))
	s.tell(blocked(50, noon.Add(4*time.Hour))...)
	want := []sekisho.ChangeKind{sekisho.ChangeOpened, sekisho.ChangeRaised, sekisho.ChangeWorsened, sekisho.ChangeRaised}
	if got := s.kinds(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := s.told(), []sekisho.Tell{sekisho.TellDigest, sekisho.TellNow}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	i := s.one()
	c := s.records.cases[i.Case]
	if c.Severity != sekisho.SeverityHigh || c.Outcome != sekisho.OutcomeSucceeded || c.State != sekisho.CaseNew || c.Revision != 4 {
		t.Errorf("got %+v, want a new High case with a success at revision 4", c)
	}
}

func TestCases_holdAStoryThatPausesAndContinues(t *testing.T) {
	s := newStory(t)
	for _, days := range []int{0, 3, 6, 20} { // the last one is a story of its own
		s.tell(sqli(noon.Add(time.Duration(days)*day), "203.0.113.9", sekisho.OutcomePrevented))
		s.newEngine()
	}
	all := s.records.list()
	if len(all) != 4 || all[1].Case != all[0].Case || all[2].Case != all[0].Case || all[3].Case != sekisho.CaseID(all[3].ID) {
		t.Fatalf("got %+v, want one case of the first three and another of the fourth", all)
	}
	if c := s.records.cases[all[0].Case]; c.Incidents != 3 || c.Incident != all[2].ID {
		t.Errorf("got %+v, want three incidents, the third the latest", c)
	}
	want := []sekisho.ChangeKind{sekisho.ChangeOpened, sekisho.ChangeContinued, sekisho.ChangeContinued, sekisho.ChangeOpened}
	if got := s.kinds(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCases_openAgainOnlyForSomethingWorse(t *testing.T) {
	const from = "203.0.113.9"
	s := newStory(t)
	s.tell(sqli(noon, from, sekisho.OutcomeUnknown))
	id := s.one().Case
	s.do(id, noon, sekisho.CaseAction{Do: sekisho.ChangeClosed, Verdict: sekisho.VerdictClean})
	s.tell(sqli(noon.Add(time.Hour), from, sekisho.OutcomeUnknown), sqli(noon.Add(2*time.Hour), from, sekisho.OutcomePrevented))
	if c := s.records.cases[id]; c.State != sekisho.CaseClosed || c.Revision != 2 {
		t.Fatalf("got %+v, want it closed: more of the same is no news", c)
	}
	s.tell(sqli(noon.Add(3*time.Hour), from, sekisho.OutcomeErrored))
	c := s.records.cases[id]
	if c.State != sekisho.CaseNew || c.Verdict != "" || c.Outcome != sekisho.OutcomeErrored {
		t.Errorf("got %+v, want it reopened, without the old verdict", c)
	}
	if last := s.records.changes[len(s.records.changes)-1]; last.Kind != sekisho.ChangeReopened || last.Tell != sekisho.TellDigest {
		t.Errorf("got %+v, want it reopened and told", last)
	}
	// What begins after a closed case and a quiet day is a case of its own.
	s.do(id, noon.Add(4*time.Hour), sekisho.CaseAction{Do: sekisho.ChangeClosed})
	s.tell(sqli(noon.Add(3*day), from, sekisho.OutcomeUnknown))
	if all := s.records.list(); len(all) != 2 || all[1].Case == id {
		t.Errorf("got %+v, want a second incident with a case of its own", all)
	}
}

func TestCases_stayQuietUntilItGetsWorse(t *testing.T) {
	const from = "203.0.113.9"
	tests := []struct {
		name  string
		next  []sekisho.Event
		kinds []sekisho.ChangeKind // behind opened and suppressed
		told  int
	}{
		{"more of the same", times(50, time.Minute, sqli(noon.Add(time.Hour), from, sekisho.OutcomeUnknown)), nil, 0},
		{"a worse outcome", times(1, 0, sqli(noon.Add(time.Hour), from, sekisho.OutcomeErrored)), []sekisho.ChangeKind{sekisho.ChangeBrokeThrough}, 1},
		{"a success", times(1, 0, sqli(noon.Add(time.Hour), from, sekisho.OutcomeSucceeded)), []sekisho.ChangeKind{sekisho.ChangeBrokeThrough}, 1},
		{"another incident of the same, days later", times(1, 0, sqli(noon.Add(3*day), from, sekisho.OutcomeUnknown)), []sekisho.ChangeKind{sekisho.ChangeContinued}, 0},
		{"another case of the same, weeks later", times(1, 0, sqli(noon.Add(14*day), from, sekisho.OutcomeUnknown)), []sekisho.ChangeKind{sekisho.ChangeOpened}, 0},
		{"another case, and worse", times(1, 0, sqli(noon.Add(14*day), from, sekisho.OutcomeSucceeded)), []sekisho.ChangeKind{sekisho.ChangeOpened}, 1},
		{"the same when the suppression has expired", times(1, 0, sqli(noon.Add(20*day), from, sekisho.OutcomeUnknown)), []sekisho.ChangeKind{sekisho.ChangeOpened}, 1},
		{"another attack on the same site", times(1, 0, with(sqli(noon.Add(time.Hour), from, sekisho.OutcomeUnknown), func(e *sekisho.Event) { e.Family = "xss" })), []sekisho.ChangeKind{sekisho.ChangeOpened}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStory(t)
			s.now = noon
			s.newEngine()
			s.tell(sqli(noon, from, sekisho.OutcomeUnknown))
			s.do(s.one().Case, noon, sekisho.CaseAction{Do: sekisho.ChangeSuppressed, Until: noon.Add(19 * day)})
			s.records.changes = nil
			s.now = test.next[len(test.next)-1].Time
			s.newEngine()
			s.tell(test.next...)
			if got := s.kinds(); !slices.Equal(got, test.kinds) {
				t.Errorf("got %v, want %v", got, test.kinds)
			}
			if got := s.told(); len(got) != test.told {
				t.Errorf("told %v, want %d", got, test.told)
			}
			count := 0
			for _, i := range s.records.list() {
				count += i.Count
			}
			if count != len(test.next)+1 {
				t.Errorf("%d events counted, want %d: what is suppressed is still counted", count, len(test.next)+1)
			}
		})
	}
	t.Run("resumed when the time is over", func(t *testing.T) {
		s := newStory(t)
		s.now = noon
		s.newEngine()
		s.tell(sqli(noon, from, sekisho.OutcomeUnknown))
		s.do(s.one().Case, noon, sekisho.CaseAction{Do: sekisho.ChangeSuppressed, Until: noon.Add(time.Hour)})
		s.now = noon.Add(2 * time.Hour)
		s.newEngine()
		s.tell(sqli(noon.Add(2*time.Hour), from, sekisho.OutcomeUnknown))
		if last := s.records.changes[len(s.records.changes)-1]; last.Kind != sekisho.ChangeResumed || last.Tell != sekisho.TellDigest {
			t.Errorf("got %+v, want it resumed and told", last)
		}
	})
}

// A person closes the case between the engine's look and its commit.
func TestCases_areSettledAgainWhenAPersonWasFaster(t *testing.T) {
	const from = "203.0.113.9"
	s := newStory(t)
	s.tell(sqli(noon, from, sekisho.OutcomeUnknown))
	id := s.one().Case
	meanwhile := true
	s.records.fail = func(sekisho.TenantID) error {
		if meanwhile { // fakeRecords holds its lock: change it in place
			meanwhile = false
			c, change, _, err := s.records.cases[id].Do(sekisho.CaseAction{Do: sekisho.ChangeClosed, By: "sato", Reason: "done"}, noon)
			if err != nil {
				t.Fatal(err)
			}
			s.records.cases[id], s.records.changes = c, append(s.records.changes, change)
		}
		return nil
	}
	s.tell(sqli(noon.Add(time.Hour), from, sekisho.OutcomeErrored))
	want := []sekisho.ChangeKind{sekisho.ChangeOpened, sekisho.ChangeClosed, sekisho.ChangeReopened}
	if got := s.kinds(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := s.one(); got.Count != 2 {
		t.Errorf("count %d, want 2: nothing is counted twice", got.Count)
	}
}

// The pilot's company X: a month of a UTM's blocks, on working days, then an established connection and what the EDR
// found, all on one old Windows XP machine.
func TestCases_tellTheStoryOfCompanyXInThreeMessages(t *testing.T) {
	var events []sekisho.Event
	for d := range 30 {
		if weekday := noon.Add(time.Duration(d) * day).Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			continue
		}
		for i := range 50 {
			at := noon.Add(time.Duration(d)*day + time.Duration(i*10+i*i%7)*time.Minute)
			events = append(events, outbound(at, sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, "bad.example"))
		}
	}
	established := noon.Add(29*day + 9*time.Hour)
	events = append(events, outbound(established, sekisho.ClassKnownBadConnection, sekisho.OutcomeSucceeded, "c2.example"),
		edr(established.Add(20*time.Minute), sekisho.ClassMalware, sekisho.OutcomeContained))
	s := newStory(t)
	s.batch = 25
	s.tell(events...)
	if told := s.told(); len(told) > 3 || !slices.Contains(told, sekisho.TellNow) {
		t.Errorf("told %v, want at most 3 with one at once", told)
	}
	if n := len(s.records.cases); n != 1 {
		t.Errorf("%d cases, want one", n)
	}
	for _, c := range s.records.cases {
		if c.Severity != sekisho.SeverityHigh || c.Outcome != sekisho.OutcomeSucceeded {
			t.Errorf("got %+v, want it High with a success", c)
		}
		if i := s.records.incidents[c.Incident]; i.Sources[sekisho.SourceUTM] == 0 || i.Sources[sekisho.SourceEDR] == 0 || i.Severity != sekisho.SeverityHigh {
			t.Errorf("got %+v, want both sensors in one High incident", i)
		}
	}
	t.Logf("%d events, %d incidents, told %v, changes %v", len(events), len(s.records.incidents), s.told(), s.kinds())
}
