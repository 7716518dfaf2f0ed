package app

import (
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/ruleset/slowlane"
)

// newLane makes what shares the processor out among inspections.
func newLane(cfg config.Config) *slowlane.Lane {
	bounds := slowlane.DefaultConfig()
	bounds.Budget, bounds.Wait = cfg.InspectionBudget, cfg.InspectionWait
	if cfg.InspectionWorkers > 0 {
		bounds.Workers = cfg.InspectionWorkers
	}
	return slowlane.New(bounds)
}

// inspection says how exchanges were inspected, for `sekisho status`.
func (h *house) inspection() *control.Inspection {
	pool, lane := h.pool.Stats(), h.lane.Stats()
	said := &control.Inspection{
		Clean: pool.Clean, Slow: pool.Slow, CleanResponses: pool.CleanResponses, SlowResponses: pool.SlowResponses,
		Workers: lane.Workers, Running: lane.Running, Waiting: lane.Waiting, LongestQueue: lane.Longest,
		UsedMS: lane.Used.Milliseconds(), PredictedMS: lane.Predicted.Milliseconds(), Short: []control.ShortSite{},
	}
	if !lane.LastShortage.IsZero() {
		said.LastShortage = lane.LastShortage.UTC().Truncate(time.Second)
	}
	hosts := map[sekisho.SiteID]string{}
	if served := h.sites.served.Load(); served != nil {
		for _, site := range *served {
			hosts[site.ID] = site.Host
		}
	}
	for _, site := range lane.Sites {
		host, ok := hosts[sekisho.SiteID(site.Site)]
		if !ok {
			host = site.Site // it has been removed meanwhile
		}
		said.Short = append(said.Short, control.ShortSite{Host: host, Waiting: site.Waiting, Inspected: site.Done, Shortages: site.Shortages})
	}
	return said
}
