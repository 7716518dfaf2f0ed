package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-waf/sekisho"
)

// streamKey is where the events of a partition lie; its tag keeps a partition on one node of a cluster.
func streamKey(partition int) string { return fmt.Sprintf("sekisho:{p%d}:events", partition) }

const eventField = "e"

// Send puts events behind those of a partition, in order, and returns their names there. After an error some of them may be
// there all the same.
func (r *Redis) Send(ctx context.Context, partition int, batch []sekisho.Sent) (ids []string, err error) {
	const op = "sending events"
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	added := make([]*redis.StringCmd, len(batch))
	pipe := r.client.Pipeline()
	for i, sent := range batch {
		content, err := json.Marshal(sent)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		added[i] = pipe.XAdd(ctx, &redis.XAddArgs{Stream: streamKey(partition), Values: []any{eventField, content}})
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, r.failed(op, err)
	}
	for _, one := range added {
		ids = append(ids, one.Val())
	}
	return ids, nil
}

// Lies reports of each name whether its event still lies in the partition.
func (r *Redis) Lies(ctx context.Context, partition int, ids []string) ([]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := make([]*redis.XMessageSliceCmd, len(ids))
	pipe := r.client.Pipeline()
	for i, id := range ids {
		found[i] = pipe.XRangeN(ctx, streamKey(partition), id, id, 1)
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, r.failed("looking for sent events", err)
	}
	lie := make([]bool, len(ids))
	for i, one := range found {
		lie[i] = len(one.Val()) > 0
	}
	return lie, nil
}

// Oldest returns the first events of a partition and the names to take them away by. What is no event is only named.
func (r *Redis) Oldest(ctx context.Context, partition, most int) (batch []sekisho.Sent, ids []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	messages, err := r.client.XRangeN(ctx, streamKey(partition), "-", "+", int64(most)).Result()
	if err != nil {
		return nil, nil, r.failed("reading sent events", err)
	}
	for _, message := range messages {
		ids = append(ids, message.ID)
		var sent sekisho.Sent
		content, _ := message.Values[eventField].(string)
		if json.Unmarshal([]byte(content), &sent) == nil && sent.Stream != "" && sent.Number > 0 {
			batch = append(batch, sent)
		}
	}
	return batch, ids, nil
}

// TakeAway deletes events from a partition.
func (r *Redis) TakeAway(ctx context.Context, partition int, ids []string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.failed("taking events away", r.client.XDel(ctx, streamKey(partition), ids...).Err())
}
