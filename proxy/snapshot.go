package proxy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/clientip"
	"github.com/sekisho-waf/sekisho/proxy/upstream"
)

// snapshot is everything that requests look up, immutable from the moment it is stored. A change builds the next one.
type snapshot struct {
	sites map[string]*site // by canonical host
}

// site is one site as requests see it.
type site struct {
	sekisho.Site
	mode    sekisho.Mode // in force: the override, else the site's own
	origins *upstream.Pool
	traffic *siteTraffic
	load    *siteLoad
	counts  *siteCounts // nil: nothing is limited
	allow   clientip.Set
	deny    clientip.Set

	lease *lease          // nil: mode off, or a policy that has never compiled
	good  *sekisho.Policy // the last policy that compiled; nil if none has
}

// Apply makes the next snapshot of all sites and swaps it in; requests that begin afterwards see it, requests that run
// keep what they began with. override, if not nil, is for every site; perSite is for single ones; see [sekisho.InForce].
//
// A site that cannot be applied stays as it was: one whose settings are invalid keeps its last good settings, one whose
// policy does not compile keeps its last good policy. Without such a past, an invalid site is not served, and a site
// without any engine follows its fail mode. The error names each such site and the reason; the other sites are applied.
// Apply may be called at any time from any goroutine.
func (s *Server) Apply(sites []sekisho.Site, override *sekisho.Mode, perSite map[sekisho.SiteID]sekisho.Mode) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	build := builder{
		server: s, last: s.current.Load().sites, next: make(map[string]*site, len(sites)),
		leases: map[engineKey]*lease{}, failed: map[engineKey]error{}, origins: s.origins.Begin(),
	}
	for i := range sites {
		var single *sekisho.Mode
		if mode, ok := perSite[sites[i].ID]; ok {
			single = &mode
		}
		build.add(&sites[i], sekisho.InForce(sites[i].Mode, single, override))
	}
	s.current.Store(&snapshot{sites: build.next})

	for key, old := range s.leases {
		if build.leases[key] == nil {
			old.release() // the engine goes when its last request has ended
		}
	}
	build.origins.End()
	s.leases = build.leases
	s.traffic.forget(build.next)
	s.counts.keep(build.next)
	s.loads.keep(build.next)
	return errors.Join(build.errs...)
}

// builder puts the next snapshot together from the wanted sites and what the last snapshot can lend.
type builder struct {
	server     *Server
	last, next map[string]*site
	leases     map[engineKey]*lease
	failed     map[engineKey]error // what did not compile this time, tried once however many sites want it
	origins    *upstream.Round
	errs       []error
}

func (b *builder) add(wanted *sekisho.Site, mode sekisho.Mode) {
	if _, twice := b.next[wanted.Host]; twice {
		b.fail(wanted, sekisho.Invalid("the host stands twice in the list; the first one is served"))
		return
	}
	last := b.last[wanted.Host]
	if last != nil && last.Tenant != wanted.Tenant {
		last = nil // another owner's settings are not ours to keep
	}
	if err := wanted.Validate(); err != nil {
		b.fail(wanted, err)
		if last == nil {
			return
		}
		wanted = &last.Site
	}
	origins, err := b.origins.Pool(wanted)
	if err != nil {
		b.fail(wanted, err)
		if last == nil {
			return
		}
		wanted, origins = &last.Site, last.origins
		b.origins.Keep(origins)
	}
	next := &site{
		Site: *wanted, mode: mode, origins: origins, traffic: b.server.traffic.of(wanted), load: b.server.loads.of(wanted),
		counts: b.server.counts.of(wanted),
	}
	next.allow, next.deny = b.lists(&wanted.Limits, last)
	b.equip(next, last)
	b.next[next.Host] = next
}

// lists returns the sets of a site's lists, those of the last snapshot where they are the same: most of a large
// installation's sites are as they were.
func (b *builder) lists(limits *sekisho.Limits, last *site) (allow, deny clientip.Set) {
	if last != nil && slices.Equal(last.Limits.Allow, limits.Allow) {
		allow = last.allow
	} else {
		allow = clientip.NewSet(limits.Allow)
	}
	if last != nil && slices.Equal(last.Limits.Deny, limits.Deny) {
		deny = last.deny
	} else {
		deny = clientip.NewSet(limits.Deny)
	}
	return allow, deny
}

// equip gives the site its engine, or the one of its last good policy.
func (b *builder) equip(next, last *site) {
	if last != nil {
		next.good = last.good
	}
	if next.mode == sekisho.ModeOff {
		return
	}
	var err error
	if next.lease, err = b.lease(engineKey{next.Policy, next.mode}); err == nil {
		next.good = &next.Policy
		return
	}
	b.fail(&next.Site, fmt.Errorf("policy: %w", err))
	if next.good != nil {
		if next.lease, err = b.lease(engineKey{*next.good, next.mode}); err != nil {
			b.fail(&next.Site, fmt.Errorf("last good policy: %w", err))
		}
	}
}

func (b *builder) lease(key engineKey) (*lease, error) {
	if l := b.leases[key]; l != nil {
		return l, nil
	}
	if err := b.failed[key]; err != nil {
		return nil, err
	}
	if l := b.server.leases[key]; l != nil {
		b.leases[key] = l
		return l, nil
	}
	engine, err := b.server.engines.Acquire(key.policy, key.mode)
	if err != nil {
		b.failed[key] = err
		return nil, err
	}
	l := newLease(key, engine)
	b.leases[key] = l
	return l, nil
}

func (b *builder) fail(wanted *sekisho.Site, err error) {
	b.errs = append(b.errs, fmt.Errorf("apply site %s: %w", wanted.Host, err))
}
