package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/nameserver"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/proxy"
)

const (
	// topicSites tells every process on the same hot state that sites or overrides have changed.
	topicSites = "sites"
	// pollSites covers a lost message and notices a database that came back.
	pollSites = 5 * time.Second
)

// sites brings the stored sites and the mode overrides into force on the proxy. When the records are away, the last
// sites that were read stay in force, and overrides still take effect: the kill switch needs no database.
type sites struct {
	records   *store.DB
	hot       state.State
	authority *certs.Authority
	proxy     *proxy.Server
	rules     *rules
	dns       *nameserver.Server // nil: without a zone
	edges     []netip.Addr
	log       *slog.Logger

	mu     sync.Mutex // one load at a time; guards what follows
	last   []sekisho.Site
	mark   [sha256.Size]byte // of the records that last was read from
	over   state.Overrides   // those of the hot state, as they were read last
	kept   [sha256.Size]byte // digest of the snapshot that was kept last
	forced state.Overrides   // of this process alone, over those of the hot state

	news chan struct{} // one pending word that sites have changed

	served  atomic.Pointer[[]sekisho.Site] // what Plane.Served shows, without the lock
	inForce atomic.Pointer[state.Overrides]
	trouble atomic.Pointer[trouble]
}

// trouble is what went wrong in the last load; nil parts went well.
type trouble struct{ records, hot, apply error }

func (t *trouble) any() bool { return t.records != nil || t.hot != nil || t.apply != nil }

func (t *trouble) log(ctx context.Context, log *slog.Logger) {
	if err := errors.Join(t.records, t.hot, t.apply); err != nil && ctx.Err() == nil {
		log.ErrorContext(ctx, "sites not fully in force", obs.Err(err))
	}
}

// load reads sites and overrides and puts them in force. Parts that are away are noted as trouble, and what was read
// of them last holds; the error is about what could not be put in force.
func (s *sites) load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loadLocked(ctx)
}

func (s *sites) loadLocked(ctx context.Context) error {
	var found trouble
	all, err := s.readSites(ctx)
	if err != nil {
		found.records = err
		if all = s.last; all == nil {
			s.rules.fromCopies(ctx)
			all = s.snapshot(ctx)
		}
	} else {
		s.keep(ctx, all)
	}
	s.last = all
	found.hot, found.apply = s.apply(ctx)
	if before := s.trouble.Swap(&found); before == nil || !before.any() {
		found.log(ctx, s.log)
	}
	return found.apply
}

// poll loads where something may have changed since the last load. With ten thousand sites a load costs a tenth of a
// second and tens of megabytes; finding out that there is nothing to do must not.
func (s *sites) poll(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asBefore(ctx) {
		return nil
	}
	return s.loadLocked(ctx)
}

// asBefore reports whether a load would bring about what is in force already. Trouble is always tried again, and files
// that a site names may have been replaced. The caller holds mu.
func (s *sites) asBefore(ctx context.Context) bool {
	if before := s.trouble.Load(); before == nil || before.any() || slices.ContainsFunc(s.last, namesFiles) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	mark, err := s.records.SitesMark(ctx)
	if err != nil || mark != s.mark {
		return false
	}
	over, err := s.hot.Override(ctx)
	return err == nil && sameMode(over.All, s.over.All) && maps.Equal(over.Sites, s.over.Sites)
}

func namesFiles(site sekisho.Site) bool {
	o := &site.Origins
	return site.CertFile != "" || o.CAFile != "" || o.CertFile != "" || o.SecretFile != ""
}

func sameMode(a, b *sekisho.Mode) bool { return a == b || a != nil && b != nil && *a == *b }

// readTimeout bounds how long a change waits for records that hang.
const readTimeout = 2 * time.Second

// readSites reads the sites with their exclusions: both go into the snapshot that nodes fall back to.
func (s *sites) readSites(ctx context.Context) ([]sekisho.Site, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	mark, err := s.records.SitesMark(ctx) // before the sites: what changes in between is seen at the next poll
	if err != nil {
		return nil, err
	}
	all, err := s.records.AllSites(ctx)
	if err != nil {
		return nil, err
	}
	exclusions, err := s.records.AllExclusions(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Exclusions = exclusions[all[i].ID]
	}
	if err := s.rules.apply(ctx, all); err != nil {
		return nil, err
	}
	s.mark = mark
	return all, nil
}

// apply puts the sites that were read last in force, their certificates first, under the overrides of this moment. While
// the hot state is away, the overrides that were read last hold. The caller holds mu.
func (s *sites) apply(ctx context.Context) (hot, apply error) {
	over, hot := s.hot.Override(ctx)
	if hot != nil {
		over = s.over
	}
	s.over = over
	served := onlyServed(s.last)
	if s.dns != nil {
		s.dns.Set(zone(s.last, s.edges))
	}
	certErr := s.authority.SetSites(served)
	shown := s.last // a header of its own: the next load writes over s.last
	s.served.Store(&shown)
	over = merge(over, s.forced)
	s.inForce.Store(&over)
	return hot, errors.Join(certErr, s.proxy.Apply(served, over.All, over.Sites))
}

// onlyServed leaves out the sites whose names nobody has proven, and those that are taken out of service. What it returns
// is the table of verified names: no other name gets past a handshake, is ordered a certificate, or reaches an origin.
func onlyServed(all []sekisho.Site) []sekisho.Site {
	served := make([]sekisho.Site, 0, len(all))
	for i := range all {
		if all[i].Stage.Served() {
			served = append(served, all[i])
		}
	}
	return served
}

// merge lays overrides over others.
func merge(under, over state.Overrides) state.Overrides {
	merged := state.Overrides{All: under.All, Sites: map[sekisho.SiteID]sekisho.Mode{}}
	if over.All != nil {
		merged.All = over.All
	}
	maps.Copy(merged.Sites, under.Sites)
	maps.Copy(merged.Sites, over.Sites)
	return merged
}

// changed puts a change of sites in force and tells the other processes. What cannot be put in force is logged and shown
// as degraded, and is no error of the change: a change is checked before it is stored, so the trouble is another site's,
// such as a certificate that has run out, and must not make every later command fail.
func (s *sites) changed(ctx context.Context) error {
	_ = s.load(ctx)
	s.announce(ctx)
	return nil
}

// switched puts a change of overrides in force, which needs no records, and tells the other processes. As with changed,
// another site's trouble is not the kill switch's.
func (s *sites) switched(ctx context.Context) error {
	s.mu.Lock()
	_, _ = s.apply(ctx) // a hot state that is away has been dealt with by whoever changed the override
	s.mu.Unlock()
	s.announce(ctx)
	return nil
}

func (s *sites) announce(ctx context.Context) {
	if err := s.hot.Publish(ctx, topicSites, "changed"); err != nil {
		s.log.WarnContext(ctx, "site change not announced; other processes see it at their next poll", obs.Err(err))
	}
}

// now returns the sites in force; the caller must not change them.
func (s *sites) now() []sekisho.Site {
	if served := s.served.Load(); served != nil {
		return *served
	}
	return nil
}

// overrides returns the overrides in force; the caller must not change them.
func (s *sites) overrides() (*sekisho.Mode, map[sekisho.SiteID]sekisho.Mode) {
	over := s.inForce.Load()
	if over == nil {
		return nil, nil
	}
	return over.All, over.Sites
}

// run loads again when somebody announces a change, and now and then.
func (s *sites) run(ctx context.Context) error {
	announced, err := s.hot.Subscribe(ctx, topicSites)
	if err != nil {
		return fmt.Errorf("listen for site changes: %w", err)
	}
	poll := time.NewTicker(pollSites)
	defer poll.Stop()
	for { // what goes wrong is logged and shown as trouble; the next round tries again
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-announced:
			if !open {
				announced = nil // the poll goes on
			}
			_ = s.load(ctx)
		case <-poll.C:
			_ = s.poll(ctx)
		}
	}
}

// force sets a mode in this process alone; it takes effect with the next load. A nil mode ends it.
func (s *sites) force(site sekisho.SiteID, mode *sekisho.Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case site == "":
		s.forced.All = mode
	case mode == nil:
		delete(s.forced.Sites, site)
	default:
		if s.forced.Sites == nil {
			s.forced.Sites = map[sekisho.SiteID]sekisho.Mode{}
		}
		s.forced.Sites[site] = *mode
	}
}

// keep stores the sites, where they have changed, as the snapshot that a start without records falls back to.
func (s *sites) keep(ctx context.Context, all []sekisho.Site) {
	content, err := json.Marshal(all)
	digest := sha256.Sum256(content)
	if err == nil && digest == s.kept {
		return
	}
	select {
	case s.news <- struct{}{}:
	default: // a word is pending
	}
	if err == nil {
		err = s.hot.PutSnapshot(ctx, content)
	}
	if err != nil {
		s.log.WarnContext(ctx, "site snapshot not kept", obs.Err(err))
		return
	}
	s.kept = digest
}

func (s *sites) snapshot(ctx context.Context) (all []sekisho.Site) {
	content, err := s.hot.Snapshot(ctx)
	if err == nil {
		err = json.Unmarshal(content, &all)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "no site snapshot to fall back to", obs.Err(err))
		return nil
	}
	return all
}
