package state

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-waf/sekisho"
)

// useScript adds what a node took to the sums of a window, and returns these and those of the window before.
//
// Windows are Redis's own time, so that nodes with different clocks agree. Both keys of a site have its hash tag, so one
// node of a cluster has them, although the script names them itself: only Redis knows which window it is.
//
// KEYS[1] sekisho:{site}:use; ARGV[1] seconds of a window; then name, number, name, number...
// Returns the number of the window, then for each name its sum in this window and in the one before.
var useScript = redis.NewScript(`
local window = math.floor(tonumber(redis.call('TIME')[1]) / tonumber(ARGV[1]))
local this, last = KEYS[1] .. ':' .. window, KEYS[1] .. ':' .. (window - 1)
local answer = {window}
for i = 2, #ARGV, 2 do
	answer[#answer + 1] = redis.call('HINCRBY', this, ARGV[i], ARGV[i + 1])
	answer[#answer + 1] = tonumber(redis.call('HGET', last, ARGV[i]) or 0)
end
redis.call('EXPIRE', this, 3 * tonumber(ARGV[1]))
return answer
`)

// useWindow is how long a sum counts, in seconds: long enough that every node asks several times, short enough that a
// visitor who moves to another node does not find what a full bucket would have refilled since.
const useWindow = 2

// uses is what this node has seen of each site's sums.
type uses struct {
	mu    sync.Mutex
	sites map[sekisho.SiteID]*siteUse
}

type siteUse struct {
	mu         sync.Mutex
	window     int64
	this, last map[string]int // sums as this node saw them last
}

func (u *uses) of(site sekisho.SiteID) *siteUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sites == nil {
		u.sites = map[sekisho.SiteID]*siteUse{}
	}
	use := u.sites[site]
	if use == nil {
		use = &siteUse{}
		u.sites[site] = use
	}
	return use
}

// ShareUse adds what was taken here from the buckets of a site, and returns what was taken from the same buckets on other
// nodes since this node last asked about them, at most two windows back. It takes a quarter of a second at most; an error
// is KindUnavailable and means that nobody was told. One Redis value stands for one node.
func (r *Redis) ShareUse(ctx context.Context, site sekisho.SiteID, here map[string]int) (elsewhere map[string]int, err error) {
	const op = "sharing what was used"
	if len(here) == 0 {
		return nil, nil
	}
	names, args := make([]string, 0, len(here)), make([]any, 1, 1+2*len(here))
	args[0] = useWindow
	for name, n := range here {
		names, args = append(names, name), append(args, name, n)
	}
	use := r.uses.of(site)
	use.mu.Lock() // the sums come back in the order of the calls
	defer use.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sums, err := useScript.Run(ctx, r.client, []string{fmt.Sprintf("sekisho:{%s}:use", site)}, args...).Int64Slice()
	if err != nil {
		return nil, r.failed(op, err)
	}
	if len(sums) != 1+2*len(names) {
		return nil, r.damaged(op, "sekisho:{"+string(site)+"}:use", fmt.Errorf("%s numbers for %d buckets", strconv.Itoa(len(sums)), len(names)))
	}
	use.turn(sums[0])
	for i, name := range names {
		this, last := int(sums[1+2*i]), int(sums[2+2*i])
		if others := this - use.this[name] - here[name] + last - use.last[name]; others > 0 {
			if elsewhere == nil {
				elsewhere = map[string]int{}
			}
			elsewhere[name] = others
		}
		use.this[name], use.last[name] = this, last
	}
	return elsewhere, nil
}

// turn begins a window.
func (u *siteUse) turn(window int64) {
	switch {
	case u.this == nil || window != u.window && window != u.window+1:
		u.this, u.last = map[string]int{}, map[string]int{}
	case window == u.window+1:
		u.this, u.last = map[string]int{}, u.this
	}
	u.window = window
}
