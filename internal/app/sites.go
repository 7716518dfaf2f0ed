package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/certs"
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
	log       *slog.Logger

	mu      sync.Mutex // one load at a time
	last    []sekisho.Site
	served  atomic.Pointer[[]sekisho.Site]
	trouble atomic.Pointer[trouble]
}

// trouble is what went wrong in the last load; nil parts went well.
type trouble struct{ records, hot, apply error }

// load reads sites and overrides and applies them.
func (s *sites) load(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found trouble
	all, err := s.records.AllSites(ctx)
	if err != nil {
		found.records = err
		if all = s.last; all == nil {
			all = s.snapshot(ctx)
		}
	}
	over, err := s.hot.Override(ctx)
	if err != nil {
		found.hot = err
	}
	found.apply = s.apply(all, over, err == nil)
	if found.records == nil && found.hot == nil {
		s.keep(ctx, all)
	}
	s.last = all
	s.trouble.Store(&found)
	return errors.Join(found.hot, found.apply)
}

// apply puts the certificates there before the proxy needs them.
func (s *sites) apply(all []sekisho.Site, over state.Overrides, fresh bool) error {
	certErr := s.authority.SetSites(all)
	if !fresh && s.served.Load() != nil {
		return errors.Join(certErr, errors.New("mode overrides cannot be read; the last ones stay in force"))
	}
	s.served.Store(&all)
	return errors.Join(certErr, s.proxy.Apply(all, over.All, over.Sites))
}

// changed applies a change of this process and tells the others.
func (s *sites) changed(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	if err := s.hot.Publish(ctx, topicSites, "changed"); err != nil {
		s.log.WarnContext(ctx, "site change not announced; other processes see it at their next poll", obs.Err(err))
	}
	return nil
}

// now returns the sites in force; the caller must not change them.
func (s *sites) now() []sekisho.Site {
	if served := s.served.Load(); served != nil {
		return *served
	}
	return nil
}

// run loads again when somebody announces a change, and now and then.
func (s *sites) run(ctx context.Context) error {
	announced, err := s.hot.Subscribe(ctx, topicSites)
	if err != nil {
		return fmt.Errorf("listen for site changes: %w", err)
	}
	poll := time.NewTicker(pollSites)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-announced:
			if !open {
				announced = nil // the poll goes on
			}
		case <-poll.C:
		}
		before := s.trouble.Load()
		if err := s.load(ctx); err != nil && ctx.Err() == nil && (before == nil || before.apply == nil && before.hot == nil) {
			s.log.ErrorContext(ctx, "sites not fully in force", obs.Err(err))
		}
	}
}

// keep stores the sites as the snapshot that a start without records falls back to.
func (s *sites) keep(ctx context.Context, all []sekisho.Site) {
	content, err := json.Marshal(all)
	if err == nil {
		err = s.hot.PutSnapshot(ctx, content)
	}
	if err != nil {
		s.log.WarnContext(ctx, "site snapshot not kept", obs.Err(err))
	}
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
