package proxy

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// town is a data plane without sockets on a simulated clock: its last step is the origin.
type town struct {
	*Server
	t        *testing.T
	recorder *memoryRecorder
	seen     atomic.Int64
}

func newTown(t *testing.T, mode sekisho.Mode, limits sekisho.Limits) *town {
	t.Helper()
	w := &town{t: t, recorder: &memoryRecorder{}}
	config := DefaultConfig()
	config.HTTP, config.HTTPS = "127.0.0.1:0", ""
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} // httptest's visitor
	var err error
	w.Server, err = New(config, Deps{Engines: &wordEngines{}, Recorder: w.recorder, Traffic: &memoryTraffic{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.plain.Close() })
	w.steps[len(w.steps)-1] = func(x *exchange) bool {
		w.seen.Add(1)
		x.site.load.answered(20 * time.Millisecond)
		x.w.WriteHeader(http.StatusOK)
		return true
	}
	w.settings(mode, limits)
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() { w.keepWatch(stop); close(ended) }()
	t.Cleanup(func() { close(stop); <-ended })
	return w
}

func (w *town) settings(mode sekisho.Mode, limits sekisho.Limits) {
	site := testSite("http://192.0.2.80", mode)
	site.Limits = limits
	if err := w.Apply([]sekisho.Site{site}, nil, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) ask(from, path string) int {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Host, request.Proto, request.ProtoMajor, request.ProtoMinor = testHost, "HTTP/2.0", 2, 0
	request.Header.Set("X-Forwarded-For", from)
	answer := httptest.NewRecorder()
	w.serve(answer, request)
	return answer.Code
}

// lives lets time pass with a visitor every two seconds.
func (w *town) lives(d time.Duration) {
	for i := range int(d / (2 * time.Second)) {
		time.Sleep(2 * time.Second)
		if status := w.ask(fmt.Sprintf("198.51.100.%d", i%200), "/"); status != 200 {
			w.t.Fatalf("an ordinary visitor: got %d, want 200", status)
		}
	}
}

// flood lets time pass with 60 requests a second of six addresses, a third of them attacks, and returns what was answered.
func (w *town) flood(d time.Duration) map[int]int {
	answered := map[int]int{}
	for range int(d / time.Second) {
		time.Sleep(time.Second)
		for i := range 60 {
			answered[w.ask(fmt.Sprintf("203.0.113.%d", i%6), []string{"/", "/", "/?q=" + attackWord}[i/6%3])]++
		}
	}
	return answered
}

func (w *town) told(family string) (n int) {
	for _, event := range w.recorder.all() {
		if event.Family == family {
			n++
		}
	}
	return n
}

func TestUnderAttack_tightensLimitsWhileAFloodLastsAndTellsOfItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, sekisho.ModeBlock, sekisho.Limits{})
		w.lives(40 * time.Minute)
		if got := w.flood(12 * time.Second); got[429] > 0 {
			t.Errorf("before it is known: got %v, want nobody limited", got)
		}
		if got := w.UnderAttack(); len(got) != 1 || got[0].Host != testHost || !strings.Contains(got[0].Why, "requests a second where 0.5 are usual") {
			t.Fatalf("got %+v, want the site", got)
		}
		w.flood(4 * time.Minute)
		before := w.seen.Load()
		got := w.flood(time.Minute)
		if reached := w.seen.Load() - before; got[429] == 0 || reached > 6*121 {
			t.Errorf("a minute of it: got %v, %d at the origin; want at most 120 of each of six addresses", got, reached)
		}
		w.lives(4 * time.Minute)
		if len(w.UnderAttack()) != 1 {
			t.Error("a minute of calm is missing: got calm, want still under attack")
		}
		w.lives(2 * time.Minute)
		if got := w.UnderAttack(); len(got) != 0 {
			t.Errorf("afterwards: got %+v, want nothing", got)
		}
		if began, ended := w.told(familyUnderAttack), w.told(familyAttackOver); began != 1 || ended != 1 {
			t.Errorf("told %d times that it began and %d times that it ended, want once each", began, ended)
		}
		if got := w.TurnedAway()["SITE1"][sekisho.ReasonUnderAttack]; got != 0 {
			return // the site's counts go with the next change of sites, not before
		}
		t.Error("nobody was counted as turned away under attack")
	})
}

func TestUnderAttack_onlyCountsInDetectMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, sekisho.ModeDetect, sekisho.Limits{})
		w.lives(40 * time.Minute)
		got := w.flood(2 * time.Minute)
		if len(w.UnderAttack()) != 1 || got[200] != 120*60 {
			t.Errorf("got %v, want everybody let through", got)
		}
		if w.TurnedAway()["SITE1"][sekisho.ReasonUnderAttack] == 0 {
			t.Error("nobody was counted")
		}
	})
}

func TestUnderAttack_followsWhatAPersonSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, sekisho.ModeBlock, sekisho.Limits{UnderAttack: sekisho.AlertOn})
		answered := map[int]int{}
		for range 150 {
			answered[w.ask("203.0.113.1", "/")]++
		}
		if answered[200] != 120 || answered[429] != 30 || len(w.UnderAttack()) != 1 {
			t.Errorf("on: got %v, want 120 let through", answered)
		}
		if w.ask("203.0.113.2", "/") != 200 {
			t.Error("on: somebody else was turned away")
		}
		w.settings(sekisho.ModeBlock, sekisho.Limits{UnderAttack: sekisho.AlertOff})
		w.lives(40 * time.Minute)
		if got := w.flood(time.Minute); got[429] > 0 || len(w.UnderAttack()) != 0 || w.told(familyUnderAttack) != 0 {
			t.Errorf("off: got %v, %v, told %d times, want nobody limited", got, w.UnderAttack(), w.told(familyUnderAttack))
		}
	})
}

func TestUnderAttack_hearsHowLongTheOriginTakes(t *testing.T) {
	server := origin(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	c := start(t, testSite(server.URL, sekisho.ModeBlock))
	c.get("http", "/")
	c.get("http", "/?q="+attackWord)
	load := c.current.Load().sites[testHost].load
	if asked, stopped, answers := load.asked.Load(), load.stopped.Load(), load.answers.Load(); asked != 2 || stopped != 1 || answers != 1 || load.originsUS.Load() == 0 {
		t.Errorf("got %d asked, %d stopped, %d answered in %d µs; want 2, 1, 1 and some", asked, stopped, answers, load.originsUS.Load())
	}
}

func TestTighter_halvesALimitThatIsTighterStill(t *testing.T) {
	minute := func(n int) sekisho.Rate { return sekisho.Rate{Requests: n, Per: time.Minute} }
	for _, test := range []struct{ own, want sekisho.Rate }{{sekisho.Rate{}, tight}, {minute(1000), tight}, {minute(60), minute(30)}, {minute(1), minute(1)}} {
		if got := tighter(test.own); got != test.want {
			t.Errorf("tighter(%s) = %s, want %s", test.own, got, test.want)
		}
	}
}
