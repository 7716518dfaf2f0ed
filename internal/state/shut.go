package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-waf/sekisho"
)

// shutScript keeps what is shut at a site until it expires, by Redis's own time, and returns what was told since a node
// last asked. The longer of two times for the same name holds.
//
// KEYS[1] sekisho:{site}:shut, by when it expires; KEYS[2] the same with :told, by when it was told; both in milliseconds.
// ARGV[1] when the node asked last, by Redis; then name, milliseconds left, ...
// Returns what to ask with next time, then name, milliseconds left, ...
var shutScript = redis.NewScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function forget(names)
	for _, name in ipairs(names) do
		redis.call('ZREM', KEYS[1], name)
		redis.call('ZREM', KEYS[2], name)
	end
end
forget(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000))
for i = 2, #ARGV, 2 do
	local ends = now + tonumber(ARGV[i + 1])
	if ends > tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or 0) then
		redis.call('ZADD', KEYS[1], ends, ARGV[i])
		redis.call('ZADD', KEYS[2], now, ARGV[i])
	end
end
local over = redis.call('ZCARD', KEYS[1]) - 10000
if over > 0 then
	forget(redis.call('ZRANGE', KEYS[1], 0, over - 1))
end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if #last == 0 then
	return {now}
end
redis.call('PEXPIREAT', KEYS[1], last[2])
redis.call('PEXPIREAT', KEYS[2], last[2])
local told = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, 2000)
local answer = {now}
if #told == 4000 then
	answer[1] = tonumber(told[#told])
end
for i = 1, #told, 2 do
	answer[#answer + 1] = told[i]
	answer[#answer + 1] = math.floor(tonumber(redis.call('ZSCORE', KEYS[1], told[i])) - now)
end
return answer
`)

// ShareShut tells what is shut at a site here, and for how long yet, and returns what was told by any node since, which is
// what the last call returned as next; 0 asks for everything. It takes a quarter of a second at most; an error is
// KindUnavailable and means that nobody was told.
func (r *Redis) ShareShut(ctx context.Context, site sekisho.SiteID, since int64, here map[string]time.Duration) (shut map[string]time.Duration, next int64, err error) {
	const op = "sharing what is shut"
	args := make([]any, 1, 1+2*len(here))
	args[0] = since
	for name, left := range here {
		if left > 0 {
			args = append(args, name, left.Milliseconds())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	key := fmt.Sprintf("sekisho:{%s}:shut", site)
	answer, err := shutScript.Run(ctx, r.client, []string{key, key + ":told"}, args...).Slice()
	if err != nil {
		return nil, 0, r.failed(op, err)
	}
	if len(answer)%2 == 0 {
		return nil, 0, r.damaged(op, key, errors.New("an answer without its end"))
	}
	next, ok := answer[0].(int64)
	shut = make(map[string]time.Duration, len(answer)/2)
	for i := 1; i < len(answer); i += 2 {
		name, isText := answer[i].(string)
		left, isNumber := answer[i+1].(int64)
		ok = ok && isText && isNumber
		shut[name] = time.Duration(left) * time.Millisecond
	}
	if !ok {
		return nil, 0, r.damaged(op, key, errors.New("an answer of another kind"))
	}
	return shut, next, nil
}
