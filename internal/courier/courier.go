// Package courier brings events from the spools of many machines to the one worker of their tenant, by streams that may
// lose and repeat anything at any time: what is finished is told by the records alone.
//
// A tenant belongs to one of a fixed number of partitions, a partition to one worker at a time. It owns the two ends:
// [Sender] keeps an event in the spool until the records have it, and sends again what neither they nor the streams have.
// [Worker] takes partitions on by lease and hands their events to the engine, under a fence that a later worker raises.
// It leaves counting each event once, and in order, to the engine, by the numbers of [sekisho.Sent].
//
// Start with [Sender.Run], then [Worker.Run].
package courier

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Partitions is how many there are. Every process of an installation must say the same.
const Partitions = 16

// PartitionOf is where a tenant's events go.
func PartitionOf(tenant sekisho.TenantID) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(tenant)) // never fails
	return int(sum.Sum32() % Partitions)
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
