package state

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-waf/sekisho"
)

var errClosed = &sekisho.Error{Kind: sekisho.KindUnavailable, Op: "subscribing", Msg: "the state is closed"}

const (
	// quiet is how long a subscription hears nothing before it asks whether anybody is there, and then how long it waits
	// for the answer: a connection whose other end has vanished looks like one on which nothing happens.
	quiet = 2 * time.Second
	// retryAfter is the pause before a lost subscription tries again.
	retryAfter = 100 * time.Millisecond
)

// Publish implements [State].
func (r *Redis) Publish(ctx context.Context, topic, payload string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.failed("publishing", r.client.Publish(ctx, topicPrefix+topic, payload).Err())
}

// Subscribe implements [State]. With Redis there, the subscription is in force when it returns.
func (r *Redis) Subscribe(ctx context.Context, topic string) (<-chan string, error) {
	box := newMailbox(&r.dropped)
	ready := make(chan struct{})
	if !r.run(func() {
		defer close(box.messages)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(r.open, cancel)()
		r.subscribe(ctx, topic, box, ready)
	}) {
		return nil, errClosed
	}
	select {
	case <-ready:
	case <-time.After(patience): // Redis is away: the subscription waits for it
	case <-ctx.Done():
	}
	return box.messages, nil
}

// run starts a goroutine that Close waits for, unless Close has been called.
func (r *Redis) run(subscription func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open.Err() != nil {
		return false
	}
	r.running.Go(subscription)
	return true
}

// subscribe listens until ctx ends, over as many connections as it takes. It closes ready when the first one listens.
func (r *Redis) subscribe(ctx context.Context, topic string, box mailbox, ready chan struct{}) {
	for {
		r.listen(ctx, topic, box, func() {
			if ready != nil {
				close(ready)
				ready = nil
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryAfter):
		}
	}
}

// listen subscribes once and hands messages on until the connection is lost or ctx ends.
func (r *Redis) listen(ctx context.Context, topic string, box mailbox, listening func()) {
	subscription := r.client.Subscribe(ctx, topicPrefix+topic)
	defer subscription.Close()
	defer context.AfterFunc(ctx, func() { _ = subscription.Close() })() // ends a read that is under way
	asked := false
	for ctx.Err() == nil {
		message, err := subscription.ReceiveTimeout(ctx, quiet)
		if isSilence(err) && !asked {
			asked = true
			err = subscription.Ping(ctx)
		} else if err == nil {
			asked = false
		}
		if err != nil {
			return
		}
		switch message := message.(type) {
		case *redis.Subscription:
			listening()
		case *redis.Message:
			box.put(message.Payload)
		}
	}
}

func isSilence(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// Dropped counts the messages that subscribers were too slow for.
func (r *Redis) Dropped() uint64 { return r.dropped.Load() }

// Close implements [State].
func (r *Redis) Close() error {
	r.mu.Lock()
	r.close()
	r.mu.Unlock()
	r.running.Wait()
	return r.client.Close()
}
