package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// jitter keeps a series of contacts from being a steady rhythm.
func jitter(events []sekisho.Event) []sekisho.Event {
	for i := range events {
		events[i].Time = events[i].Time.Add(time.Duration(i*i*7919%37) * time.Minute)
	}
	slices.SortFunc(events, func(a, b sekisho.Event) int { return a.Time.Compare(b.Time) })
	return events
}

func with(e sekisho.Event, change func(*sekisho.Event)) sekisho.Event {
	change(&e)
	return e
}

func join(lists ...[]sekisho.Event) []sekisho.Event { return slices.Concat(lists...) }

// TestEngine_scoresTheWorkedExamples runs the worked examples of the scale through the whole engine.
func TestEngine_scoresTheWorkedExamples(t *testing.T) {
	const (
		low    = sekisho.SeverityLow
		medium = sekisho.SeverityMedium
		high   = sekisho.SeverityHigh
	)
	attacker := "203.0.113.9"
	onServer := func(e *sekisho.Event) { e.Asset = sekisho.AssetServer }
	heuristic := func(e *sekisho.Event) { e.Confidence = 0.7 }
	login := func(class sekisho.Class, at time.Time, outcome sekisho.Outcome) sekisho.Event {
		e := ips(at, attacker, outcome)
		e.Class, e.Family = class, "admin_login"
		return e
	}
	overTen := func() (events []sekisho.Event) {
		for i := range 1000 {
			events = append(events, outbound(noon.Add(time.Duration(i)*40*time.Minute), sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, fmt.Sprintf("bad%d.example", i%10)))
		}
		return jitter(events)
	}
	tests := []struct {
		name   string
		events []sekisho.Event
		score  int
		want   sekisho.Severity
	}{
		{"IPS drop once, from the internet", times(1, 0, ips(noon, attacker, sekisho.OutcomePrevented)), 18, low},
		{"300 IPS drops, one attacker", times(300, time.Minute, ips(noon, attacker, sekisho.OutcomePrevented)), 38, medium},
		{"IPS detected, not blocked", times(1, 0, ips(noon, attacker, sekisho.OutcomeDetected)), 51, medium},
		{"the same on a server", times(1, 0, with(ips(noon, attacker, sekisho.OutcomeDetected), onServer)), 61, high},
		{"10,000 scan drops", times(10_000, time.Second, with(ips(noon, attacker, sekisho.OutcomePrevented), func(e *sekisho.Event) { e.Class = sekisho.ClassScan })), 6, low},
		{"1 gambling page denied", times(1, 0, outbound(noon, sekisho.ClassPolicyWeb, sekisho.OutcomePrevented, "bet.example")), 3, low},
		{"1,000 policy denials in 30 days, one PC", times(1000, 40*time.Minute, outbound(noon, sekisho.ClassPolicyWeb, sekisho.OutcomePrevented, "bet.example")), 29, low},
		{"1,000 malware-category denials, one domain", jitter(times(1000, 40*time.Minute, outbound(noon, sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, "bad.example"))), 48, medium},
		{"the same over 10 domains", overTen(), 63, high},
		{"the same as a beacon", times(1000, 40*time.Minute, outbound(noon, sekisho.ClassMaliciousWeb, sekisho.OutcomePrevented, "bad.example")), 63, high},
		{"connection to a known-bad address, bytes both ways", times(1, 0, outbound(noon, sekisho.ClassKnownBadConnection, sekisho.OutcomeSucceeded, "bad.example")), 80, high},
		{"UTM virus stripped", times(1, 0, outbound(noon, sekisho.ClassMalware, sekisho.OutcomePrevented, "mail.example")), 24, low},
		{"UTM virus let through", times(1, 0, outbound(noon, sekisho.ClassMalware, sekisho.OutcomeDetected, "mail.example")), 68, high},
		{"20 failed administrator logins", times(20, time.Minute, login(sekisho.ClassLoginFailure, noon, sekisho.OutcomePrevented)), 19, low},
		{"then a success", join(times(20, time.Minute, login(sekisho.ClassLoginFailure, noon, sekisho.OutcomePrevented)),
			times(1, 0, with(login(sekisho.ClassAdminLoginExternal, noon.Add(21*time.Minute), sekisho.OutcomeSucceeded), func(e *sekisho.Event) { e.Family = "admin_login_ok" }))), 85, high},
		{"SQL injection blocked once", times(1, 0, sqli(noon, attacker, sekisho.OutcomePrevented)), 18, low},
		{"SQL injection blocked 100 times", times(100, time.Second, sqli(noon, attacker, sekisho.OutcomePrevented)), 34, medium},
		{"SQL injection in detect-only: 404", times(1, 0, sqli(noon, attacker, sekisho.OutcomeRefused)), 24, low},
		{"SQL injection in detect-only: 500", times(1, 0, sqli(noon, attacker, sekisho.OutcomeErrored)), 51, medium},
		{"SQL injection in detect-only: 200", times(1, 0, sqli(noon, attacker, sekisho.OutcomeUnknown)), 42, medium},
		{"SQL injection in detect-only: 200 with a database error in the page", times(1, 0, sqli(noon, attacker, sekisho.OutcomeSucceeded)), 60, high},
		{"WAF 10 times + UTM IPS, same address", join(times(10, time.Second, sqli(noon, attacker, sekisho.OutcomePrevented)), times(1, 0, ips(noon.Add(time.Hour), attacker, sekisho.OutcomePrevented))), 41, medium},
		{"the same, the UTM first", join(times(1, 0, ips(noon, attacker, sekisho.OutcomePrevented)), times(10, time.Second, sqli(noon.Add(time.Hour), attacker, sekisho.OutcomePrevented))), 41, medium},
		{"the server starts a shell (EDR)", times(1, 0, with(edr(noon, sekisho.ClassWebShell, sekisho.OutcomeSucceeded), onServer)), 100, high},
		{"EDR malware quarantined, not run", times(1, 0, edr(noon, sekisho.ClassMalware, sekisho.OutcomeContained)), 40, medium},
		{"same hash again after closing, third time", times(3, 25*time.Hour, edr(noon, sekisho.ClassMalware, sekisho.OutcomeContained)), 67, high},
		{"EDR malware executed", times(1, 0, edr(noon, sekisho.ClassMalware, sekisho.OutcomeSucceeded)), 80, high},
		{"suspicious file quarantined", times(1, 0, with(edr(noon, sekisho.ClassSuspiciousFile, sekisho.OutcomeContained), heuristic)), 21, low},
		{"suspicious file ran", times(1, 0, with(edr(noon, sekisho.ClassSuspiciousFile, sekisho.OutcomeSucceeded), heuristic)), 42, medium},
		{"UTM C2 block + EDR quarantine, one PC", []sekisho.Event{outbound(noon, sekisho.ClassC2, sekisho.OutcomePrevented, "bad.example"), edr(noon.Add(30*time.Minute), sekisho.ClassMalware, sekisho.OutcomeContained)}, 65, high},
		{"USB", times(1, 0, edr(noon, sekisho.ClassUSB, sekisho.OutcomeSucceeded)), 10, low},
		{"USB then malware", []sekisho.Event{edr(noon, sekisho.ClassUSB, sekisho.OutcomeSucceeded), edr(noon.Add(10*time.Minute), sekisho.ClassMalware, sekisho.OutcomeContained)}, 60, high},
		{"sensor silent 24 h", times(1, 0, sekisho.Event{Time: noon, Source: sekisho.SourceUTM, Class: sekisho.ClassSensorSilent, Outcome: sekisho.OutcomeSucceeded, Host: "utm"}), 50, medium},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStory(t)
			s.batch = 500
			got := s.tell(test.events...).highest()
			if got.Score != test.score || got.Severity != test.want {
				t.Errorf("got %d %s, want %d %s; terms %+v", got.Score, got.Severity, test.score, test.want, got.Terms)
			}
		})
	}
}

func TestScore_keepsTheGuards(t *testing.T) {
	w := DefaultWeights()
	tests := []struct {
		name  string
		f     Finding
		want  int
		guard string
	}{
		{"noise stays low, however broad", Finding{Class: sekisho.ClassScan, Outcome: sekisho.OutcomePrevented, Outside: true, N: 10_000, Reasons: []string{"breadth", "outside_sensors"}}, 29, GuardQuiet},
		{"a scan that got through may rise", Finding{Class: sekisho.ClassScan, Outcome: sekisho.OutcomeDetected, Outside: true, N: 1, Reasons: []string{"breadth", "outside_sensors"}}, 47, ""},
		{"all prevented from outside is never High", Finding{Class: sekisho.ClassWAFAttack, Outcome: sekisho.OutcomePrevented, Outside: true, N: 1_000_000, Reasons: []string{"breadth"}}, 59, GuardOutside},
		{"a second sensor lifts that", Finding{Class: sekisho.ClassWAFAttack, Outcome: sekisho.OutcomePrevented, Outside: true, N: 1_000_000, Reasons: []string{"outside_sensors"}}, 81, ""},
		{"so does something else that got through", Finding{Class: sekisho.ClassWAFAttack, Outcome: sekisho.OutcomePrevented, Outside: true, N: 1_000_000, Harmful: true}, 66, ""},
		{"policy categories never pass Low", Finding{Class: sekisho.ClassPolicyWeb, Outcome: sekisho.OutcomeSucceeded, N: 1_000_000}, 29, GuardCapped},
		{"a success is High on a guest network too", Finding{Class: sekisho.ClassMalware, Outcome: sekisho.OutcomeSucceeded, Asset: sekisho.AssetGuest, Confidence: 0.75, N: 1}, 60, GuardSuccess},
		{"a doubtful success is not", Finding{Class: sekisho.ClassMalware, Outcome: sekisho.OutcomeSucceeded, Asset: sekisho.AssetGuest, Confidence: 0.7, N: 1}, 45, ""},
		{"reasons of one group count once", Finding{Class: sekisho.ClassC2, Outcome: sekisho.OutcomePrevented, N: 1, Reasons: []string{"breadth", "beacon", "move", "inside_sensors"}}, 64, ""},
		{"never above 100", Finding{Class: sekisho.ClassRansomware, Outcome: sekisho.OutcomeSucceeded, Asset: sekisho.AssetServer, N: 1000, Reasons: []string{"chain", "again"}}, 100, ""},
		{"the sensor's own word moves one step up", Finding{Class: sekisho.ClassExploit, Outcome: sekisho.OutcomePrevented, Vendor: "Critical", N: 1}, 24, ""},
		{"or one step down", Finding{Class: sekisho.ClassExploit, Outcome: sekisho.OutcomePrevented, Vendor: "low", N: 1}, 12, ""},
		{"but never to nothing", Finding{Class: sekisho.ClassScan, Outcome: sekisho.OutcomeSucceeded, Vendor: "low", N: 1}, 10, ""},
		{"no outcome is an unknown one", Finding{Class: sekisho.ClassWAFAttack, N: 1}, 42, ""},
		{"an unknown class is stored only", Finding{Class: "telepathy", Outcome: sekisho.OutcomeSucceeded, N: 1}, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Score(w, test.f)
			if got.Score != test.want || got.Guard != test.guard {
				t.Errorf("got %d by %q, want %d by %q; terms %+v", got.Score, got.Guard, test.want, test.guard, got)
			}
		})
	}
}

func lineOfText(text, word string) int {
	return 1 + strings.Count(text[:strings.Index(text, word)], "\n")
}

func TestParseWeights_refusesTheWholeFileAndNamesWhatIsWrong(t *testing.T) {
	good := string(embeddedWeights)
	tests := []struct{ name, old, new, want string }{
		{"an unknown key", "quiet: 29", "quiett: 29", "quiett"},
		{"an unknown key, with its line", "thresholds: {low: 1,", "thresholds: {lo: 1,", "line 4: "},
		{"an unknown class", "  usb:   ", "  usbb:   ", "classes.usbb"},
		{"a missing class", "  pua:                  {impact: 50, tactic: execution, care: install}\n", "", "classes.pua: missing"},
		{"an impossible impact", "ransomware:           {impact: 95", "ransomware:           {impact: 950", "classes.ransomware.impact"},
		{"an impossible outcome", "prevented:  {factor: 0.3", "prevented:  {factor: 3", "outcomes.prevented"},
		{"thresholds out of order", "medium: 30, high: 60", "medium: 70, high: 60", "thresholds"},
		{"a step too far", "critical: 20", "critical: 40", "vendor_severity.critical"},
		{"a word where a number belongs", "outside: 59", "outside: many", "cannot unmarshal"},
		{"an impossible impact, with its line", "ransomware:           {impact: 95", "ransomware:           {impact: 950", fmt.Sprintf("line %d: classes.ransomware.impact: 950", lineOfText(good, "ransomware:"))},
		{"a cap that is no rank", "cap: low", "cap: none", "cap: \"none\""},
		{"a key given twice", "guards:", "guards: {}\nguards:", "line "},
		{"no YAML at all", "thresholds: {", "thresholds: {{[", "line 4: "},
		{"an infinite number", "server: 1.2", "server: .inf", "assets.server"},
		{"not a number", "server: 1.2", "server: .nan", "assets.server"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			broken := strings.Replace(good, test.old, test.new, 1)
			if broken == good {
				t.Fatalf("the embedded file has no %q", test.old)
			}
			w, err := ParseWeights([]byte(broken))
			if w != nil || sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want KindInvalid that names %q", err, test.want)
			}
			if strings.Contains(sekisho.MessageOf(err), "\n") {
				t.Errorf("got %q, want one line", err)
			}
		})
	}
}
