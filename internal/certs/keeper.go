package certs

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Locks lets one process of all do the work.
type Locks interface {
	Lock(ctx context.Context, name, holder string, lease time.Duration) (held bool, err error)
	Unlock(ctx context.Context, name, holder string) error
}

// Bus tells other processes that something has changed. Messages may be lost.
type Bus interface {
	Publish(ctx context.Context, topic, payload string) error
	Subscribe(ctx context.Context, topic string) (<-chan string, error)
}

// World says what can be seen of a name from outside.
type World interface {
	Addresses(ctx context.Context, host string) ([]netip.Addr, error)
	// Aliases returns the names that a name is an alias of, first to last.
	Aliases(ctx context.Context, name string) ([]string, error)
	// Issuers returns which authorities may issue for a host, and where that is written; at is empty when all may.
	Issuers(ctx context.Context, host string) (at string, issuers []string, err error)
	// Shows reports whether a URL answers with a text, redirects followed.
	Shows(ctx context.Context, url, text string) bool
}

// Recorder keeps events.
type Recorder interface{ Append(sekisho.Event) error }

// Config is what an operator sets about certificates.
type Config struct {
	Directory string         // of the authority that certificates are ordered from; empty: none are ordered
	Email     string         // for the authority's notices; may be empty
	Roots     *x509.CertPool // that the directory's own server is trusted by; nil: the system's
	Edges     []netip.Addr   // where visitors reach us; empty: not known
	Zone      string         // of our name server; empty: there is none
	Settle    time.Duration  // how long other processes may take to hear of a challenge
	// Patience bounds one order. Zero: two minutes.
	Patience time.Duration
}

// Keeper orders, renews and keeps certificates behind an [Authority]. Safe for concurrent use.
type Keeper struct {
	cfg       Config
	authority *Authority
	vault     *Vault
	locks     Locks
	bus       Bus
	world     World
	recorder  Recorder
	log       *slog.Logger
	now       func() time.Time
	holder    string

	challenges challenges
	attempts   attempts
	wake       chan struct{} // one pending wish to look now
	accounts   sync.Mutex    // guards account
	account    *account
}

// Parts are what a Keeper is plugged into; all are needed.
type Parts struct {
	Authority *Authority
	Vault     *Vault
	Locks     Locks
	Bus       Bus
	World     World
	Recorder  Recorder
}

// NewKeeper returns a keeper that does nothing until it runs, and lets the authority show what it keeps.
func NewKeeper(cfg Config, parts Parts, log *slog.Logger) *Keeper {
	if cfg.Patience == 0 {
		cfg.Patience = 2 * time.Minute
	}
	k := &Keeper{
		cfg: cfg, authority: parts.Authority, vault: parts.Vault, locks: parts.Locks, bus: parts.Bus, world: parts.World,
		recorder: parts.Recorder, log: log, now: parts.Authority.now, holder: rand.Text(), wake: make(chan struct{}, 1),
	}
	parts.Authority.keeper.Store(k)
	return k
}

const (
	topic     = "certificates"
	workLock  = "certificates"
	workLease = time.Minute
	lookEvery = 30 * time.Second
	// challengeEvery covers a lost message about a challenge.
	challengeEvery = 5 * time.Second
	// reloadEvery covers lost messages about certificates.
	reloadEvery = 10 * time.Minute
	// together bounds the orders that run at once.
	together = 4
)

// Load reads everything that is kept, before the first handshake. A certificate that cannot be read is logged and left
// out. KindInvalid: the key of the vault is not the one of before, so nothing could be read. A shelf that is away is
// logged: Run reads again.
func (k *Keeper) Load(ctx context.Context) error {
	if err := k.vault.Check(ctx); err != nil {
		if sekisho.KindOf(err) == sekisho.KindInvalid {
			return err
		}
		k.log.WarnContext(ctx, "kept certificates not read yet", obs.Err(err))
		return nil
	}
	return k.reload(ctx)
}

func (k *Keeper) reload(ctx context.Context) error {
	keys, err := k.vault.shelf.KeptKeys(ctx, certificateShelf)
	if err != nil {
		k.log.WarnContext(ctx, "kept certificates not read yet", obs.Err(err))
		return nil
	}
	for _, key := range keys {
		if err := k.refresh(ctx, key); err != nil {
			k.log.ErrorContext(ctx, "kept certificate not read", slog.String("key", key), obs.Err(err))
		}
	}
	return nil
}

// refresh reads what is kept of one host. What was read before holds when it cannot be read now.
func (k *Keeper) refresh(ctx context.Context, key string) error {
	host, cert, err := k.vault.load(ctx, key)
	if sekisho.KindOf(err) == sekisho.KindNotFound {
		k.authority.kept.Delete(key)
		return nil
	}
	if err != nil {
		return err
	}
	k.authority.kept.Store(shelfKey(host), cert)
	return nil
}

// Look asks Run to look for work now, such as when a site has been added.
func (k *Keeper) Look() {
	select {
	case k.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (k *Keeper) tell(ctx context.Context, payload string) {
	if err := k.bus.Publish(ctx, topic, payload); err != nil && ctx.Err() == nil {
		k.log.WarnContext(ctx, "certificate change not announced; other processes see it at their next look", obs.Err(err))
	}
}

// Run keeps this process's memory up to date, and works while it holds the lock. It returns when ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	heard, err := k.bus.Subscribe(ctx, topic)
	if err != nil {
		return fmt.Errorf("listen for certificate changes: %w", err)
	}
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(func() { k.work(ctx) })
	challenge, reload := time.NewTicker(challengeEvery), time.NewTicker(reloadEvery)
	defer challenge.Stop()
	defer reload.Stop()
	for {
		err := error(nil)
		select {
		case <-ctx.Done():
			return nil
		case payload, open := <-heard:
			switch {
			case !open:
				heard = nil // the tickers go on
			case payload == "challenge":
				err = k.refreshChallenges(ctx)
			case strings.HasPrefix(payload, "look "):
				k.attempts.now(ctx, k.vault, strings.TrimPrefix(payload, "look "))
				k.Look()
			default:
				err = k.refresh(ctx, payload)
			}
		case <-challenge.C:
			err = k.refreshChallenges(ctx)
		case <-reload.C:
			err = k.reload(ctx)
		}
		if err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "kept certificates not read", obs.Err(err))
		}
	}
}

// work orders and renews for as long as this process holds the lock; the others wait for their turn.
func (k *Keeper) work(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		held, err := k.locks.Lock(ctx, workLock, k.holder, workLease)
		if err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "nobody knows who orders certificates", obs.Err(err))
		}
		if held {
			k.underLock(ctx)
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = k.locks.Unlock(last, workLock, k.holder) // else its lease runs out
			return
		case <-look.C:
		case <-k.wake:
		}
	}
}

// underLock does one round of work, and renews the lease meanwhile. When the lease is lost, the round ends.
func (k *Keeper) underLock(ctx context.Context) {
	round, end := context.WithCancelCause(ctx)
	defer end(nil)
	var renewing sync.WaitGroup
	defer renewing.Wait()
	renewing.Go(func() {
		tick := time.NewTicker(workLease / 4)
		defer tick.Stop()
		for {
			select {
			case <-round.Done():
				return
			case <-tick.C:
				if held, err := k.locks.Lock(round, workLock, k.holder, workLease); !held && err == nil {
					end(errors.New("another process has taken over"))
				}
			}
		}
	})
	defer end(nil)
	k.attempts.load(round, k.vault)
	k.copyFiles(round)
	k.orderDue(round)
	k.warn(round)
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
