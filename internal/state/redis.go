package state

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/sekisho-waf/sekisho"
)

// Keys have a hash tag each, so that every command stays in one slot of a cluster. One Redis belongs to one installation.
const (
	overridesKey = "sekisho:{overrides}" // a hash: site id, or everySite, to mode
	snapshotKey  = "sekisho:{snapshot}"  // sealed
	topicPrefix  = "sekisho:{bus}:"
	everySite    = "*" // no site id: those are letters and digits
)

// patience is the longest that a call may take, all retries included: an operator waits for it, a request never does.
const patience = 250 * time.Millisecond

// Redis is the state of many machines.
type Redis struct {
	client *redis.Client
	where  string // host and port, for messages: the URL has a password in it

	open  context.Context // until Close
	close context.CancelFunc

	mu      sync.Mutex     // between the start of a subscription and Close
	running sync.WaitGroup // subscriptions
	dropped atomic.Uint64

	uses uses
}

var _ State = (*Redis)(nil)

// OpenRedis opens the state in the Redis of a URL such as redis://:password@127.0.0.1:6379/0, or rediss:// for TLS.
//
// It asks once. A Redis that refuses us, or a URL that is none, is KindInvalid. A Redis that is away is no error: calls
// return KindUnavailable until it is there, and subscriptions wait for it, so that a node can start without it.
func OpenRedis(ctx context.Context, redisURL string) (*Redis, error) {
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		// What url.Parse says can repeat a part of the password; what go-redis says cannot.
		if _, ok := errors.AsType[*url.Error](err); ok {
			err = errors.New("it is no URL; special characters of a password are percent-encoded")
		}
		return nil, &sekisho.Error{
			Kind: sekisho.KindInvalid, Op: "opening the state",
			Msg: fmt.Sprintf("Redis URL (%v): use one like redis://:password@127.0.0.1:6379/0", err),
		}
	}
	// A Redis that stops answering without closing holds every caller for the sum of these: keep them below patience.
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = patience, patience, patience, patience
	options.DialerRetries = 1
	options.MaxRetries = 1
	options.ContextTimeoutEnabled = true
	// CLIENT SETINFO that times out once led to replies out of order (CVE-2025-29923); it tells us nothing anyway.
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	quietDriver()

	r := &Redis{client: redis.NewClient(options), where: options.Addr}
	r.open, r.close = context.WithCancel(context.Background())
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = r.client.Ping(ctx).Err()
	if refused, ok := errors.AsType[redis.Error](err); ok && !temporary(err) {
		_ = r.Close()
		return nil, &sekisho.Error{
			Kind: sekisho.KindInvalid, Op: "opening the state",
			Msg: fmt.Sprintf("Redis at %s refuses us (%v): check the user, password and database of its URL", r.where, refused),
		}
	}
	return r, nil
}

// quietDriver keeps go-redis from writing lines of its own to standard error: our errors say the same, once.
var quietDriver = sync.OnceFunc(logging.Disable)

// temporary tells the refusals that pass: Redis is reading its file, a replica waits for its primary, memory is short.
func temporary(err error) bool {
	for _, prefix := range []string{"LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "READONLY", "ERR max number of clients"} {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return false
}

// Override implements [State].
func (r *Redis) Override(ctx context.Context) (Overrides, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stored, err := r.client.HGetAll(ctx, overridesKey).Result()
	if err != nil {
		return Overrides{}, r.failed("reading overrides", err)
	}
	var overrides Overrides
	for site, text := range stored {
		mode, err := sekisho.ParseMode(text)
		if err != nil {
			return Overrides{}, r.damaged("reading overrides", overridesKey, err)
		}
		if site == everySite {
			site = ""
		}
		overrides.set(sekisho.SiteID(site), &mode)
	}
	return overrides, nil
}

// SetOverride implements [State].
func (r *Redis) SetOverride(ctx context.Context, site sekisho.SiteID, mode *sekisho.Mode) error {
	const op = "setting an override"
	if err := validMode(mode); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	field := string(site)
	if site == "" {
		field = everySite
	}
	if mode == nil {
		return r.failed(op, r.client.HDel(ctx, overridesKey, field).Err())
	}
	return r.failed(op, r.client.HSet(ctx, overridesKey, field, mode.String()).Err())
}

// PutSnapshot implements [State].
func (r *Redis) PutSnapshot(ctx context.Context, snapshot []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.failed("storing the snapshot", r.client.Set(ctx, snapshotKey, seal(snapshot), 0).Err())
}

// Snapshot implements [State].
func (r *Redis) Snapshot(ctx context.Context) ([]byte, error) {
	const op = "reading the snapshot"
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sealed, err := r.client.Get(ctx, snapshotKey).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("%s: %w", op, sekisho.NotFound("snapshot"))
	}
	if err != nil {
		return nil, r.failed(op, err)
	}
	content, err := unseal(sealed)
	if err != nil {
		return nil, r.damaged(op, snapshotKey, err)
	}
	return content, nil
}

func (r *Redis) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return &sekisho.Error{Kind: sekisho.KindUnavailable, Op: op, Err: err, Msg: "Redis at " + r.where + " does not do its part"}
}

func (r *Redis) damaged(op, key string, err error) error {
	return &sekisho.Error{
		Kind: sekisho.KindInvalid, Op: op, Err: err,
		Msg: fmt.Sprintf("the key %s in Redis at %s is damaged: delete it; sekisho writes it anew", key, r.where),
	}
}
