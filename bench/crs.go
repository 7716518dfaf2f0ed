package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// CRSConfig says which tests [CRS] runs and against what.
type CRSConfig struct {
	Tests  string // folder of the Core Rule Set's regression tests
	Policy string // "stock" or "default"

	// URL, when set, tests a proxy that runs already; loopback and plain HTTP only. Its events are read from DataDir.
	URL     string
	DataDir string

	Binary string // the program that is started and asked; empty means the running one
}

// The policies of [CRSConfig].
const (
	// PolicyStock is the Core Rule Set as its own tests want it: paranoia level 4, and the limits that they are about.
	PolicyStock = "stock"
	// PolicyDefault is what a new site gets.
	PolicyDefault = "default"
	// PolicySmallBusiness is a new site with the small-business profile.
	PolicySmallBusiness = "small_business"
)

const (
	// crsTimeout bounds a whole run.
	crsTimeout = 15 * time.Minute
	// crsWorkers is how many requests are under way at once.
	crsWorkers = 4
)

// Rules of our own, loaded behind the Core Rule Set on the sites under test. Each exchange that was inspected leaves an
// event, since one rule always denies (in detect mode nobody is stopped), so that no event means: not inspected. The two
// rules stand last in their phases, and an event keeps the first matches: where the mark is missing, the list was cut.
const (
	ruleSuite    = 9990000
	markRequest  = 9990001
	markResponse = 9990002

	observingRules = `SecAction "id:9990001,phase:2,deny,status:403,log,msg:'bench: the request was inspected'"
SecAction "id:9990002,phase:4,pass,log,msg:'bench: the response was inspected'"
`
	// suiteRules are the settings that the suite is written for (its own crs-setup).
	suiteRules = `SecAction "id:9990000,phase:1,pass,nolog,t:none,setvar:tx.crs_validate_utf8_encoding=1,` +
		`setvar:tx.max_num_args=255,setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,` +
		`setvar:tx.max_file_size=64100,setvar:tx.combined_file_sizes=65535"
`
)

func isMark(id int) bool { return id == ruleSuite || id == markRequest || id == markResponse }

// stockPolicy is what every judgement is compared with.
func stockPolicy() sekisho.Policy {
	return sekisho.Policy{
		Profile: sekisho.ProfileStock, ParanoiaLevel: 4, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10, ResponseBodyLimit: 64 << 10,
		CustomRules: suiteRules + observingRules,
	}
}

func crsSite(policy string) ownSite {
	switch policy {
	case PolicyDefault:
		return ownSite{mode: sekisho.ModeDetect, rules: observingRules}
	case PolicySmallBusiness:
		return ownSite{mode: sekisho.ModeDetect, profile: sekisho.ProfileSmallBusiness, rules: observingRules}
	}
	return ownSite{mode: sekisho.ModeDetect, profile: sekisho.ProfileStock, paranoia: 4, rules: suiteRules + observingRules}
}

// Validate reports the first setting that cannot work, with what fits (KindInvalid).
func (c CRSConfig) Validate() error {
	if c.Tests == "" {
		return sekisho.Invalid("tests: give the folder of the Core Rule Set's regression tests")
	}
	if c.Policy != PolicyStock && c.Policy != PolicyDefault && c.Policy != PolicySmallBusiness {
		return sekisho.Invalid(fmt.Sprintf("policy %q: use %s, %s or %s", c.Policy, PolicyStock, PolicyDefault, PolicySmallBusiness))
	}
	if c.URL == "" {
		return nil
	}
	if c.DataDir == "" {
		return sekisho.Invalid("url: which rules matched stands in the events alone; give the data directory of that proxy too")
	}
	_, err := parseTarget(c.URL, "")
	return err
}

// CRS runs the regression tests over TCP against a proxy and compares what it found with plain Coraza in this process.
// Everything that it started has ended when it returns. A proxy that judges otherwise is a report, not an error.
func CRS(ctx context.Context, cfg CRSConfig) (CRSReport, error) {
	report, err := runCRS(ctx, cfg)
	if err != nil {
		return CRSReport{}, fmt.Errorf("regression tests: %w", err)
	}
	return report, nil
}

func runCRS(ctx context.Context, cfg CRSConfig) (CRSReport, error) {
	if err := cfg.Validate(); err != nil {
		return CRSReport{}, err
	}
	cases, err := readCRSCases(cfg.Tests)
	if err != nil {
		return CRSReport{}, err
	}
	reasons, err := readReasons()
	if err != nil {
		return CRSReport{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, crsTimeout)
	defer cancel()
	run := &crsRun{cfg: cfg, stock: newStock()}
	defer run.stock.close()
	if run.cfg.Binary == "" {
		if run.cfg.Binary, err = os.Executable(); err != nil {
			return CRSReport{}, fmt.Errorf("find the running program: %w", err)
		}
	}
	tried, err := run.all(ctx, cases)
	if err != nil {
		return CRSReport{}, err
	}
	if err := run.askAgain(ctx, tried); err != nil {
		return CRSReport{}, err
	}
	return newCRSReport(cfg.Policy, tried, reasons), nil
}

// crsRun is one run of the suite.
type crsRun struct {
	cfg   CRSConfig
	stock *stock
}

// A crsTry is one stage of a case and what became of it.
type crsTry struct {
	c     *crsCase
	stage int
	raw   []byte
	skip  string // why it was not tried

	answer  *rawAnswer
	seen    crsSeen
	again   *crsSeen // from a second request, where the first list was cut
	refused bool     // turned away before any inspector saw it
	// withheld: our page came back in place of an answer that gave too much away. Nobody but the proxy has seen that answer.
	withheld bool

	compared   bool           // plain Coraza was shown the same
	stock      stockJudgement // under the site's own policy
	stockAgain []int          // its rules on the second request
	underStock crsSeen        // under the stock policy
	differs    bool           // the proxy's rules are not plain Coraza's
}

func (t *crsTry) output() *crsOutput { return &t.c.stages[t.stage].Output }

// all runs every case against one proxy.
func (r *crsRun) all(ctx context.Context, cases []crsCase) ([]*crsTry, error) {
	tried := newTries(cases)
	proxy, err := r.open(ctx, tried)
	if err != nil {
		return nil, err
	}
	defer proxy.stop()
	if err := r.send(ctx, proxy, tried); err != nil {
		return nil, err
	}
	if err := r.readEvents(ctx, proxy, tried); err != nil {
		return nil, err
	}
	return tried, r.compare(ctx, proxy, tried)
}

func newTries(cases []crsCase) []*crsTry {
	var tried []*crsTry
	for i := range cases {
		for stage := range cases[i].stages {
			t := &crsTry{c: &cases[i], stage: stage}
			var err error
			if t.raw, err = cases[i].stages[stage].Input.wire(); err != nil {
				t.skip = err.Error()
			} else if why := cases[i].stages[stage].Output.unreadable; why != "" {
				t.skip = why
			}
			tried = append(tried, t)
		}
	}
	return tried
}

// open starts the proxy, or looks at the one that runs.
func (r *crsRun) open(ctx context.Context, tried []*crsTry) (*watchedProxy, error) {
	if r.cfg.URL == "" {
		proxy, err := startProxy(ctx, r.cfg.Binary, hostsOf(tried), crsSite(r.cfg.Policy))
		if err != nil {
			return nil, err
		}
		if site := proxy.sites[suiteHost]; r.cfg.Policy == PolicyStock && site.Policy != stockPolicy() {
			proxy.stop()
			return nil, fmt.Errorf("the site under test has another policy than the stock one: %+v", site.Policy)
		}
		return proxy, nil
	}
	t, err := parseTarget(r.cfg.URL, "")
	if err != nil {
		return nil, err
	}
	proxy, err := watchProxy(ctx, r.cfg.Binary, t, r.cfg.DataDir)
	if err != nil {
		return nil, err
	}
	if _, ok := proxy.sites[suiteHost]; !ok {
		return nil, sekisho.Invalid(fmt.Sprintf("url %s: the tests ask for the host %s, which is no site there; "+
			"add it with: sekisho site add %s ORIGIN_URL", r.cfg.URL, suiteHost, suiteHost))
	}
	return proxy, nil
}

// suiteHost is the host that nearly all tests ask for.
const suiteHost = "localhost"

// hostsOf lists every host that the requests ask for and that can be a site's, the usual one first.
func hostsOf(tried []*crsTry) []string {
	hosts := []string{suiteHost}
	for _, t := range tried {
		if host, err := sekisho.CanonicalHost(hostOf(t.raw)); err == nil && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// send sends every request. The stages of a case follow one another; cases run side by side.
func (r *crsRun) send(ctx context.Context, proxy *watchedProxy, tried []*crsTry) error {
	return sideBySide(ctx, byCase(tried), func(ctx context.Context, stages []*crsTry) error {
		var last *rawAnswer
		for _, t := range stages {
			if t.skip != "" {
				continue
			}
			if t.c.stages[t.stage].Input.Follow && last != nil {
				if err := t.follow(last); err != nil {
					return err
				}
			}
			answer, err := sendRaw(ctx, proxy.address, t.raw)
			if err != nil {
				return err
			}
			t.answer, last = answer, answer
		}
		return nil
	})
}

// follow sends the request to where the answer before led.
func (t *crsTry) follow(last *rawAnswer) error {
	location, err := url.Parse(last.header.Get("Location"))
	if err != nil || location.String() == "" {
		return nil //nolint:nilerr // nowhere to go: the request is sent as it stands, and the case says what is wrong
	}
	input := t.c.stages[t.stage].Input
	uri := location.RequestURI()
	input.URI = &uri
	t.raw, err = input.wire()
	return err
}

func byCase(tried []*crsTry) [][]*crsTry {
	return slices.Collect(func(yield func([]*crsTry) bool) {
		for from := 0; from < len(tried); {
			to := from + 1
			for to < len(tried) && tried[to].c == tried[from].c {
				to++
			}
			if !yield(tried[from:to]) {
				return
			}
			from = to
		}
	})
}

// sideBySide calls do for every item, a few at a time, and returns the first error.
func sideBySide[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range crsWorkers {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				if err := do(ctx, items[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// readEvents joins answers and events by the request's number.
func (r *crsRun) readEvents(ctx context.Context, proxy *watchedProxy, tried []*crsTry) error {
	wanted := map[string]bool{}
	for _, t := range tried {
		// Our own sites leave an event of all that reached the origin. Of other sites nobody knows which ones to expect.
		if t.answer != nil && t.answer.id() != "" && (t.answer.isOrigins() || r.cfg.URL != "") {
			wanted[t.answer.id()] = true
		}
	}
	events, err := proxy.events(ctx, wanted)
	if err != nil {
		return err
	}
	for _, t := range tried {
		if t.answer == nil {
			t.refused = t.skip == ""
			continue
		}
		t.seen = crsSeen{answered: true, status: t.answer.status, body: t.answer.body}
		event, has := events[t.answer.id()]
		switch {
		case has && (event.Action == sekisho.ActionDetected || event.Action == sekisho.ActionBlocked):
			t.seen.take(event.Matches)
			t.seen.score, t.withheld = event.Score, event.Reason == sekisho.ReasonResponseRule && event.Action == sekisho.ActionBlocked
		case !has && r.cfg.URL != "" && t.answer.isServed():
			t.seen.inspected = true // clean under its site's policy
		case !has && t.answer.isOrigins():
			return fmt.Errorf("request %s of test %s reached the origin and left no event; the proxy does not inspect everything, or loses events", t.answer.id(), t.c.name)
		default:
			t.refused = true
		}
	}
	return nil
}

// take notes the matches of an event, without our own marks, and whether there were more.
func (s *crsSeen) take(matches []sekisho.Match) {
	s.inspected = true
	marked := false
	for _, match := range matches {
		if isMark(match.RuleID) {
			marked = marked || match.RuleID == markRequest
			continue
		}
		s.matches = append(s.matches, match)
		s.rules = append(s.rules, match.RuleID)
	}
	s.cut = !marked && len(matches) >= eventMatches
}

// eventMatches is how many matches an event holds at least when its list was cut.
const eventMatches = 20

func (a *rawAnswer) id() string      { return a.header.Get("X-Request-Id") }
func (a *rawAnswer) isOrigins() bool { return a.header.Get(originMark) != "" }

// isServed reports whether the answer is an origin's, ours or another, as far as its status tells.
func (a *rawAnswer) isServed() bool {
	return a.isOrigins() || a.id() != "" && a.status < 500 && !isRefusal(a.status)
}

// compare shows plain Coraza what the proxy inspected.
func (r *crsRun) compare(ctx context.Context, proxy *watchedProxy, tried []*crsTry) error {
	if err := r.stock.prepare(stockPolicy(), sekisho.ModeDetect); err != nil {
		return err
	}
	for _, site := range proxy.sites {
		if site.Mode == sekisho.ModeOff {
			continue
		}
		if err := r.stock.prepare(site.Policy, site.Mode); err != nil {
			return err
		}
	}
	return sideBySide(ctx, tried, func(ctx context.Context, t *crsTry) error {
		if !t.seen.inspected || t.withheld {
			return nil
		}
		host, err := sekisho.CanonicalHost(hostOf(t.raw))
		if err != nil {
			return fmt.Errorf("test %s was inspected, and has no valid host: %w", t.c.name, err)
		}
		site, ok := proxy.sites[host]
		if !ok || site.Mode == sekisho.ModeOff {
			return nil
		}
		return r.compareOne(ctx, t, site)
	})
}

func (r *crsRun) compareOne(ctx context.Context, t *crsTry, site siteNow) error {
	own, err := r.judge(ctx, t, site.Policy, site.Mode)
	if err != nil {
		return err
	}
	t.compared, t.stock = true, own
	judged := own
	if stock := stockPolicy(); stock.Hash() != site.Policy.Hash() || site.Mode != sekisho.ModeDetect {
		if judged, err = r.judge(ctx, t, stock, sekisho.ModeDetect); err != nil {
			return err
		}
	}
	// Plain Coraza tells all of its rules, however many: nothing of it is cut.
	t.underStock = crsSeen{answered: true, status: t.seen.status, body: t.seen.body}
	t.underStock.take(judged.matches)
	t.underStock.rules, t.underStock.cut = judged.all, false

	var mine crsSeen
	if own.attack { // else there is no event
		mine.take(own.matches)
		mine.score = own.score
	}
	t.differs = !slices.Equal(mine.rules, t.seen.rules) || mine.score != t.seen.score
	return nil
}

func (r *crsRun) judge(ctx context.Context, t *crsTry, policy sekisho.Policy, mode sekisho.Mode) (stockJudgement, error) {
	x, err := exchangeOf(t.raw, t.answer, policy)
	if err != nil {
		return stockJudgement{}, fmt.Errorf("test %s was inspected, but is no request: %w", t.c.name, err)
	}
	judgement, err := r.stock.judge(ctx, policy, mode, x)
	if err != nil {
		return stockJudgement{}, fmt.Errorf("test %s: %w", t.c.name, errors.Join(err, ctx.Err()))
	}
	return judgement, nil
}
