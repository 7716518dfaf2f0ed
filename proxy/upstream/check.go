package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho/internal/obs"
)

const (
	defaultCheckEvery = 10 * time.Second
	checkTurn         = time.Second // how often the book looks which checks are due
	checkTimeout      = 5 * time.Second
	checksAtOnce      = 16
	missesAllowed     = 2 // checks in a row that fail before a server counts as sick; one that succeeds makes it well
)

// check asks the servers that want to be asked, until ctx ends. A slow server delays none but itself: it is not asked
// again before it has answered, and many slow ones only delay other checks.
func (b *Book) check(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, checksAtOnce)
	tick := time.NewTicker(checkTurn)
	defer tick.Stop()
	for {
		for _, due := range b.due(time.Now()) {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			running.Go(func() {
				defer func() { <-slots }()
				b.checkOne(ctx, due)
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// checkDue is one check that is to be made, with what the site's requests carry.
type checkDue struct {
	server *server
	pool   *Pool
}

func (b *Book) due(now time.Time) (due []checkDue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, pool := range b.pools {
		for _, s := range pool.servers {
			if s.checkPath == "" {
				continue
			}
			last := s.checked.Load()
			if now.UnixNano()-last >= int64(s.checkEvery) && s.checked.CompareAndSwap(last, now.UnixNano()) {
				due = append(due, checkDue{s, pool})
			}
		}
	}
	return due
}

func (b *Book) checkOne(ctx context.Context, due checkDue) {
	err := due.ask(ctx)
	if ctx.Err() != nil {
		return
	}
	s := due.server
	s.checked.Store(time.Now().UnixNano())
	if err == nil {
		s.misses.Store(0)
		s.circuit.good()
		if s.sick.Swap(false) {
			b.log.LogAttrs(ctx, slog.LevelInfo, "origin is well again", obs.Site(s.checkHost), slog.String("origin", s.origin))
		}
		return
	}
	if s.misses.Add(1) >= missesAllowed {
		why := err.Error()
		s.why.Store(&why)
		if !s.sick.Swap(true) {
			b.log.LogAttrs(ctx, slog.LevelWarn, "origin fails its checks", obs.Site(s.checkHost), slog.String("origin", s.origin), obs.Err(err))
		}
	}
}

// ask makes one check: the path of the site, over the connections that requests use, redirects not followed.
func (d *checkDue) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(d.server.answer+d.server.connect, checkTimeout))
	defer cancel()
	target := *d.server.url
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.Scheme+"://"+target.Host+d.server.checkPath, http.NoBody)
	if err != nil {
		return fmt.Errorf("check %s: %w", d.server.origin, err)
	}
	request.Host = d.server.checkHost
	request.Header.Set("User-Agent", "sekisho-check")
	if d.pool.secret != "" {
		request.Header[d.pool.SecretHeader] = []string{d.pool.secret}
	}
	answer, err := d.server.transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode >= http.StatusInternalServerError {
		return errors.New("it answers " + answer.Status)
	}
	return nil
}
