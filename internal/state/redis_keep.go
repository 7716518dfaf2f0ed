package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-waf/sekisho"
)

const (
	shelfPrefix = "sekisho:{shelf-" // a hash per shelf: key to sealed content
	lockPrefix  = "sekisho:{lock-"
)

// Keep implements [State].
func (r *Redis) Keep(ctx context.Context, shelf, key string, content []byte) error {
	op := fmt.Sprintf("keeping %s in %s", key, shelf)
	if err := validName(shelf, key); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.failed(op, r.client.HSet(ctx, shelfKey(shelf), key, seal(content)).Err())
}

// Kept implements [State].
func (r *Redis) Kept(ctx context.Context, shelf, key string) ([]byte, error) {
	op := fmt.Sprintf("reading %s of %s", key, shelf)
	if err := validName(shelf, key); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sealed, err := r.client.HGet(ctx, shelfKey(shelf), key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("%s: %w", op, sekisho.NotFound(key))
	}
	if err != nil {
		return nil, r.failed(op, err)
	}
	content, err := unseal(sealed)
	if err != nil {
		return nil, r.damaged(op, shelfKey(shelf)+" "+key, err)
	}
	return content, nil
}

// KeptKeys implements [State].
func (r *Redis) KeptKeys(ctx context.Context, shelf string) ([]string, error) {
	if err := validName(shelf); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	keys, err := r.client.HKeys(ctx, shelfKey(shelf)).Result()
	return keys, r.failed("listing "+shelf, err)
}

// Forget implements [State].
func (r *Redis) Forget(ctx context.Context, shelf, key string) error {
	op := fmt.Sprintf("forgetting %s of %s", key, shelf)
	if err := validName(shelf, key); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.failed(op, r.client.HDel(ctx, shelfKey(shelf), key).Err())
}

func shelfKey(shelf string) string { return shelfPrefix + shelf + "}" }

// Each script touches one key, so it runs in a cluster too. The time is Redis's own: the clocks of the nodes may differ.
var (
	takeLock = redis.NewScript(`
		local holder = redis.call('GET', KEYS[1])
		if holder and holder ~= ARGV[1] then return 0 end
		redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
		return 1`)
	giveLockBack = redis.NewScript(`
		if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
		return 1`)
)

// Lock implements [State].
func (r *Redis) Lock(ctx context.Context, name, holder string, lease time.Duration) (bool, error) {
	op := "locking " + name
	if err := validName(name); err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	held, err := takeLock.Run(ctx, r.client, []string{lockPrefix + name + "}"}, holder, lease.Milliseconds()).Int()
	return err == nil && held == 1, r.failed(op, err)
}

// Unlock implements [State].
func (r *Redis) Unlock(ctx context.Context, name, holder string) error {
	if err := validName(name); err != nil {
		return fmt.Errorf("unlocking %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.failed("unlocking "+name, giveLockBack.Run(ctx, r.client, []string{lockPrefix + name + "}"}, holder).Err())
}
