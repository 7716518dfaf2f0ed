package incident

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

const listed = "#! source=JPCERT\n198.51.100.0/24\nbad.example\nd41d8cd98f00b204e9800998ecf8427e, class=ransomware\n10.0.0.0/8\n"

func TestKnownBad_liftsWhatMeetsTheList(t *testing.T) {
	list, err := ParseKnownBad("list", []byte(listed))
	if err != nil {
		t.Fatal(err)
	}
	to := func(e sekisho.Event, ip string) sekisho.Event { e.DstIP = netip.MustParseAddr(ip); return e }
	quiet := outbound(noon, sekisho.ClassNoise, sekisho.OutcomeSucceeded, "x")
	quiet.URL, quiet.Format, quiet.Family, quiet.Action, quiet.Confidence, quiet.Severity = "", "some_kv", "traffic", sekisho.ActionPassed, 0.6, "info"
	tests := []struct {
		name  string
		event sekisho.Event
		class sekisho.Class // of the incident; empty: none
		score int
		mark  string
	}{
		{"an ordinary connection to a listed address", to(quiet, "198.51.100.9"), sekisho.ClassKnownBadConnection, 80, "known_bad:address:known_bad_connection:JPCERT"},
		{"an ordinary connection elsewhere", to(quiet, "203.0.113.9"), "", 0, ""},
		{"one without a class", with(to(quiet, "198.51.100.9"), func(e *sekisho.Event) { e.Class = "" }), sekisho.ClassKnownBadConnection, 80, "known_bad:address:known_bad_connection:JPCERT"},
		{"an inside address, though a list has it", to(quiet, "10.1.2.3"), "", 0, ""},
		{"a blocked visit to a listed domain", outbound(noon, sekisho.ClassPolicyWeb, sekisho.OutcomePrevented, "www.bad.example"), sekisho.ClassKnownBadConnection, 24, "known_bad:domain:known_bad_connection:JPCERT"},
		{"a suspicious file with a listed hash", with(edr(noon, sekisho.ClassSuspiciousFile, sekisho.OutcomeContained), func(e *sekisho.Event) { e.Hash, e.Confidence = "D41D8CD98F00B204E9800998ECF8427E", 0.7 }), sekisho.ClassRansomware, 48, "known_bad:hash:ransomware:JPCERT"},
		{"worse than what the list says", to(outbound(noon, sekisho.ClassRansomware, sekisho.OutcomePrevented, "x"), "198.51.100.9"), sekisho.ClassRansomware, 29, "known_bad:address:known_bad_connection:JPCERT"},
		{"a stopped attack from a listed address", sqli(noon, "198.51.100.9", sekisho.OutcomePrevented), sekisho.ClassWAFAttack, 18, "known_bad:address:known_bad_connection:JPCERT"},
		{"an attack from there that worked", sqli(noon, "198.51.100.9", sekisho.OutcomeSucceeded), sekisho.ClassKnownBadConnection, 80, "known_bad:address:known_bad_connection:JPCERT"},
		{"a visitor who names a listed domain in the URL", with(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented), func(e *sekisho.Event) { e.URL = "http://bad.example/" }), sekisho.ClassWAFAttack, 18, ""},
		{"a mark that a sensor made up", with(sqli(noon, "203.0.113.9", sekisho.OutcomePrevented), func(e *sekisho.Event) { e.Marks = []string{"known_bad:address:ransomware:me"} }), sekisho.ClassWAFAttack, 18, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStory(t)
			s.engine.SetKnownBad(KnownBad{list})
			s.tell(test.event)
			e := s.records.events[0]
			if got := strings.Join(e.Marks, " "); got != test.mark {
				t.Errorf("marks %q, want %q", got, test.mark)
			}
			if hits := s.engine.Stats().KnownBad; (hits == 1) != (test.mark != "") {
				t.Errorf("%d hits counted", hits)
			}
			if test.class == "" {
				if len(s.records.incidents) != 0 {
					t.Errorf("got %+v, want no incident", s.records.list())
				}
				return
			}
			got := s.one()
			if got.Class != test.class || got.Score != test.score || e.Class != test.event.Class {
				t.Errorf("got %s %d of an event stored as %s, want %s %d of %s", got.Class, got.Score, e.Class, test.class, test.score, test.event.Class)
			}
			// Another day, without the lists: what they said then still holds.
			again := replayed(t, e).Incidents()
			if len(again) != 1 || again[0].Score != test.score || again[0].Class != test.class {
				t.Errorf("replayed: got %+v, want the same", again)
			}
		})
	}
}

func TestKnownBadFiles_keepTheLastGoodListOfEach(t *testing.T) {
	dir := t.TempDir()
	var inForce KnownBad
	files := NewKnownBadFiles(2, func(lists KnownBad) { inForce = lists })
	paths := []string{filepath.Join(dir, "a", "list.txt"), filepath.Join(dir, "b", "list.txt")}
	var watched []*Watched
	write := func(i int, content string) {
		t.Helper()
		if err := writeWhole(paths[i], []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	write(0, "a.example\n")
	write(1, "broken line\n")
	watch := func() {
		watched = nil
		for i, path := range paths {
			watched = append(watched, Watch(path, filepath.Join(dir, "kept"), MaxKnownBad, func(content []byte) error { return files.Load(i, "list", content) }, slog.New(slog.DiscardHandler)))
		}
	}
	watch()
	has := func(when, name string, want bool) {
		t.Helper()
		e := outbound(noon, sekisho.ClassPolicyWeb, sekisho.OutcomePrevented, name)
		if got := inForce.meets(&e).class != ""; got != want {
			t.Errorf("%s: %s found %v, want %v", when, name, got, want)
		}
	}
	has("one of two is broken", "a.example", true)
	if err := watched[1].Trouble(); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("got trouble %v, want the line", err)
	}
	write(1, "b.example\n")
	watched[1].look(false)
	has("repaired", "b.example", true)
	write(0, "a2.example\nhttp://\n")
	watched[0].look(false)
	has("broken again", "a.example", true)
	has("broken again", "a2.example", false)
	files = NewKnownBadFiles(2, func(lists KnownBad) { inForce = lists }) // a restart
	if err := os.Remove(paths[1]); err != nil {
		t.Fatal(err)
	}
	watch()
	has("after a restart", "a.example", true)
	has("after a restart", "b.example", true)
}
