package proxy

import (
	"net/http"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/limit"
)

// admit turns visitors away by the site's own lists, bans and rates, before anything is spent on them. Detect mode
// counts whom it would have turned away and lets them pass; in mode off nobody is counted.
//
// Everything is decided here and now from memory. What other nodes have let in arrives every moment through
// [Server.Share], so on many nodes a rate is exact within what one node lets in between two of these.
func (s *Server) admit(x *exchange) bool {
	load := x.site.load
	load.asked.Add(1)
	alarm := x.alarm()
	counts := x.site.counts
	if counts == nil && alarm != nil {
		counts = alarm.counts
	}
	if counts == nil || x.mode() == sekisho.ModeOff {
		return true
	}
	x.counts = counts
	limits, addr, now := &x.site.Limits, x.Client.Addr(), x.began
	if x.site.allow.Contains(addr) {
		return true
	}
	x.counted = true
	if x.site.deny.Contains(addr) {
		return x.turnAway(http.StatusForbidden, sekisho.ReasonDenied, limit.OfAddress(limit.KindAddress, addr), 0)
	}
	if key := limit.OfAddress(limit.KindAttack, addr); !limits.Bans.IsZero() {
		if wait, ok := counts.table.Look(key, sekisho.Rate{}, now); !ok {
			return x.turnAway(http.StatusTooManyRequests, sekisho.ReasonBanned, key, wait)
		}
	}
	if key := limit.OfAddress(limit.KindLogin, addr); isLogin(limits.Login, x.r) {
		if wait, ok := counts.table.Look(key, limits.Login.Failures, now); !ok {
			return x.turnAway(http.StatusTooManyRequests, sekisho.ReasonLoginLimit, key, wait)
		}
	}
	if alarm != nil {
		if pass, away := x.within(limit.OfAddress(limit.KindTight, addr), tighter(limits.Address), sekisho.ReasonUnderAttack); away {
			return pass
		}
	}
	if pass, away := x.within(limit.OfAddress(limit.KindAddress, addr), limits.Address, sekisho.ReasonAddressLimit); away {
		return pass
	}
	for i := range limits.Paths {
		if path := &limits.Paths[i]; hasPathPrefix(x.r.URL.Path, path.Prefix) {
			if pass, away := x.within(limit.OfPath(path.Prefix, addr), path.Rate, sekisho.ReasonPathLimit); away {
				return pass
			}
			break
		}
	}
	if limits.Cookie != "" {
		if cookie, err := x.r.Cookie(limits.Cookie); err == nil && cookie.Value != "" {
			if pass, away := x.within(limit.OfSession(cookie.Value), limits.Session, sekisho.ReasonSessionLimit); away {
				return pass
			}
		}
	}
	// Last, so that a visitor who is over a limit of their own uses up nothing of everybody's.
	if alarm != nil && !alarm.all.IsZero() {
		key := limit.Of(limit.KindCap)
		if wait, ok := counts.table.Take(key, alarm.all, now); !ok {
			return x.turnAway(http.StatusServiceUnavailable, sekisho.ReasonUnderAttack, key, wait)
		}
	}
	if !limits.Site.IsZero() {
		key := limit.Of(limit.KindSite)
		if wait, ok := counts.table.Take(key, limits.Site, now); !ok {
			return x.turnAway(http.StatusServiceUnavailable, sekisho.ReasonSiteLimit, key, wait)
		}
	}
	return true
}

// within takes one request from a visitor's own bucket. away says that there was none, pass what that means.
func (x *exchange) within(key limit.Key, rate sekisho.Rate, reason sekisho.Reason) (pass, away bool) {
	if rate.IsZero() {
		return true, false
	}
	wait, ok := x.counts.table.Take(key, rate, x.began)
	if ok {
		return true, false
	}
	return x.turnAway(http.StatusTooManyRequests, reason, key, wait), true
}

// tellEvery is how often an event tells of the same visitor who keeps coming although turned away. Each request counts;
// an event for each would be a second flood.
const tellEvery = time.Minute

// turnAway refuses a visitor who may come again after wait, or in detect mode notes that it would have.
func (x *exchange) turnAway(status int, reason sekisho.Reason, key limit.Key, wait time.Duration) bool {
	x.counts.turnedAway(reason)
	if x.mode() != sekisho.ModeBlock {
		return true
	}
	x.retryAfter = wait
	x.untold = !x.counts.table.Tell(key, x.began, tellEvery)
	return x.refuse(status, reason)
}

// learn counts what an exchange has shown of its visitor: an attack brings a ban nearer.
func (s *Server) learn(x *exchange) {
	if !x.counted || x.site.Limits.Bans.IsZero() || !x.decision.Verdict.Attack {
		return
	}
	bans, table, key := x.site.Limits.Bans, x.counts.table, limit.OfAddress(limit.KindAttack, x.Client.Addr())
	if _, ok := table.Take(key, bans.After, x.began); !ok {
		table.Shut(key, x.began, bans.For)
	}
}

// hasPathPrefix reports whether path is prefix or lies below it: /contact is not /contacts.
func hasPathPrefix(path, prefix string) bool {
	if len(path) < len(prefix) || path[:len(prefix)] != prefix {
		return false
	}
	return len(path) == len(prefix) || prefix[len(prefix)-1] == '/' || path[len(prefix)] == '/'
}
