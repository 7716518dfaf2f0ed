// Package state owns what every node must know at once and can lose without harm: modes that override the sites' own (the
// kill switch), the last good snapshot of the sites, and a bus that says "something changed, look".
//
// It leaves the records to internal/store and their meaning to its callers. No request waits for it: a node asks now and
// then, and keeps going on what it knew when state is away (KindUnavailable).
//
// There are two: [Local] in the data directory of one machine, and [Redis] for many. One suite, statetest, holds both to the
// promises of [State]; start there.
package state

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// State is safe for concurrent use. Each call takes at most a quarter of a second when Redis is away, frozen or slow.
type State interface {
	// Override returns the modes that override the sites' own, as any process has set them. None is no error.
	Override(ctx context.Context) (Overrides, error)
	// SetOverride sets the mode of a site, or of every site with "". A nil mode removes it. Once it has returned nil, every
	// Override of every process sees it.
	SetOverride(ctx context.Context, site sekisho.SiteID, mode *sekisho.Mode) error

	// PutSnapshot keeps a snapshot in place of the one before, whole or not at all.
	PutSnapshot(ctx context.Context, snapshot []byte) error
	// Snapshot returns what was put last, or KindNotFound. A snapshot that was damaged is an error that says where it is.
	Snapshot(ctx context.Context) ([]byte, error)

	// Keep stores a small thing under a shelf and a key, in place of the one before, whole or not at all. Shelf and key
	// are letters, digits, dots, hyphens and underscores, at most 255 of them (KindInvalid otherwise).
	Keep(ctx context.Context, shelf, key string, content []byte) error
	// Kept returns what was kept last, or KindNotFound.
	Kept(ctx context.Context, shelf, key string) ([]byte, error)
	// KeptKeys returns the keys of a shelf, in no order.
	KeptKeys(ctx context.Context, shelf string) ([]string, error)
	// Forget removes what was kept. Nothing there is no error.
	Forget(ctx context.Context, shelf, key string) error

	// Lock takes a lock for a time, or keeps it for that time from now on when this holder has it already. It returns
	// false while another holder has it. A holder that dies loses it when the time is over; one that is slow can lose it
	// too, so whoever works under a lock must do no harm when another has begun the same work.
	Lock(ctx context.Context, name, holder string, lease time.Duration) (held bool, err error)
	// Unlock gives the lock back, if this holder still has it.
	Unlock(ctx context.Context, name, holder string) error

	// Publish tells the subscribers of a topic. A message is a hint and may be lost: while Redis is away, between two
	// processes on Local, and when a subscriber does not keep up. So whoever subscribes also looks by itself, slowly.
	Publish(ctx context.Context, topic, payload string) error
	// Subscribe returns the messages that are published from now on, until ctx ends or the state is closed; then the
	// channel is closed. A subscription survives the loss of Redis and goes on when it is back.
	Subscribe(ctx context.Context, topic string) (<-chan string, error)

	// Close ends every subscription and waits for it. Other calls must have ended.
	Close() error
}

// Overrides are modes set from outside over the sites' own. A nil All overrides nothing.
type Overrides struct {
	All   *sekisho.Mode                   `json:"all,omitempty"`
	Sites map[sekisho.SiteID]sekisho.Mode `json:"sites,omitempty"`
}

// set changes one mode in place; a nil mode removes it.
func (o *Overrides) set(site sekisho.SiteID, mode *sekisho.Mode) {
	if mode != nil {
		copied := *mode // the caller keeps its own
		mode = &copied
	}
	switch {
	case site == "":
		o.All = mode
	case mode == nil:
		delete(o.Sites, site)
	default:
		if o.Sites == nil {
			o.Sites = map[sekisho.SiteID]sekisho.Mode{}
		}
		o.Sites[site] = *mode
	}
}

// validName keeps out what could lead out of a directory or clash with the form of a key.
func validName(names ...string) error {
	for _, name := range names {
		good := name != "" && len(name) <= 255 && name[0] != '.'
		for i := range len(name) {
			c := name[i]
			good = good && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_')
		}
		if !good {
			return sekisho.Invalid(fmt.Sprintf("%q: use letters, digits, dots, hyphens and underscores", name))
		}
	}
	return nil
}

// validMode keeps a number that is no mode from being stored, where nobody could read it back.
func validMode(mode *sekisho.Mode) error {
	if mode == nil {
		return nil
	}
	_, err := sekisho.ParseMode(mode.String())
	return err
}
