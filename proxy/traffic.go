package proxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// TrafficSink keeps how many requests a site had in which hour. Counts are added to what is there.
type TrafficSink interface {
	AddTraffic(ctx context.Context, tenant sekisho.TenantID, counts []sekisho.Traffic) error
}

// siteTraffic counts the requests of one site. Two buckets, for even and odd hours, keep the hour of a request exact
// although the counts are taken away only every second or so.
type siteTraffic struct {
	tenant sekisho.TenantID
	site   sekisho.SiteID
	hours  [2]struct{ requests, blocked, detected, failed atomic.Int64 }
	gone   bool // no snapshot lists the site; guarded by traffic.mu
}

func (c *siteTraffic) add(now time.Time, action sekisho.Action) {
	hour := &c.hours[now.Unix()/3600&1]
	hour.requests.Add(1)
	switch action {
	case sekisho.ActionBlocked:
		hour.blocked.Add(1)
	case sekisho.ActionDetected:
		hour.detected.Add(1)
	case sekisho.ActionFailed:
		hour.failed.Add(1)
	}
}

// take empties the bucket of the hour that contains t.
func (c *siteTraffic) take(t time.Time) sekisho.Traffic {
	hour := &c.hours[t.Unix()/3600&1]
	return sekisho.Traffic{
		Site: c.site, Hour: t.UTC().Truncate(time.Hour),
		Requests: hour.requests.Swap(0), Blocked: hour.blocked.Swap(0),
		Detected: hour.detected.Swap(0), Failed: hour.failed.Swap(0),
	}
}

// traffic holds the counters of all sites, and what the sink has not taken yet.
type traffic struct {
	sink TrafficSink

	mu    sync.Mutex // guards sites
	sites map[trafficKey]*siteTraffic

	flushing sync.Mutex // guards waiting
	waiting  map[sekisho.TenantID]map[hourKey]sekisho.Traffic
	behind   atomic.Bool // the last flush did not get everything away
}

type trafficKey struct {
	tenant sekisho.TenantID
	site   sekisho.SiteID
}

type hourKey struct {
	site sekisho.SiteID
	hour time.Time
}

func newTraffic(sink TrafficSink) *traffic {
	return &traffic{sink: sink, sites: map[trafficKey]*siteTraffic{}, waiting: map[sekisho.TenantID]map[hourKey]sekisho.Traffic{}}
}

// of returns a site's counter. It outlives snapshots, so that a change of settings loses no count.
func (t *traffic) of(site *sekisho.Site) *siteTraffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := trafficKey{site.Tenant, site.ID}
	counter := t.sites[key]
	if counter == nil {
		counter = &siteTraffic{tenant: site.Tenant, site: site.ID}
		t.sites[key] = counter
	}
	return counter
}

// forget marks which sites are still served; the counters of the others go once they have been handed over.
func (t *traffic) forget(served map[string]*site) {
	t.mu.Lock()
	defer t.mu.Unlock()
	living := make(map[*siteTraffic]bool, len(served))
	for _, site := range served {
		living[site.traffic] = true
	}
	for _, counter := range t.sites {
		counter.gone = !living[counter]
	}
}

// flush hands the counts to the sink. What the sink refuses waits for the next time, added up by site and hour, so the
// backlog grows with hours and not with requests.
func (t *traffic) flush(ctx context.Context, now time.Time) error {
	t.flushing.Lock()
	defer t.flushing.Unlock()
	t.mu.Lock()
	for key, counter := range t.sites {
		t.keep(counter.tenant, counter.take(now))
		t.keep(counter.tenant, counter.take(now.Add(-time.Hour)))
		if counter.gone {
			delete(t.sites, key)
		}
	}
	t.mu.Unlock()
	var errs []error
	for tenant, hours := range t.waiting {
		counts := make([]sekisho.Traffic, 0, len(hours))
		for _, count := range hours {
			counts = append(counts, count)
		}
		if err := t.sink.AddTraffic(ctx, tenant, counts); err != nil {
			errs = append(errs, fmt.Errorf("add traffic of tenant %s: %w", tenant, err))
			continue
		}
		delete(t.waiting, tenant)
	}
	t.behind.Store(len(errs) > 0)
	return errors.Join(errs...)
}

func (t *traffic) keep(tenant sekisho.TenantID, count sekisho.Traffic) {
	if count.Requests|count.Blocked|count.Detected|count.Failed == 0 {
		return
	}
	hours := t.waiting[tenant]
	if hours == nil {
		hours = map[hourKey]sekisho.Traffic{}
		t.waiting[tenant] = hours
	}
	key := hourKey{count.Site, count.Hour}
	sum := hours[key]
	count.Requests += sum.Requests
	count.Blocked += sum.Blocked
	count.Detected += sum.Detected
	count.Failed += sum.Failed
	hours[key] = count
}
