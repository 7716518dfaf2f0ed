package slowlane

import (
	"cmp"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Stats says what a lane does. Counts are since the start.
type Stats struct {
	Workers      int           `json:"workers"`
	Running      int           `json:"running"`
	Waiting      int           `json:"waiting"`
	Longest      int           `json:"longest_queue"`
	Done         uint64        `json:"done"`
	Used         time.Duration `json:"used_ns"`      // processor time of what is done
	Predicted    time.Duration `json:"predicted_ns"` // what was predicted of it
	LastShortage time.Time     `json:"last_shortage,omitzero"`
	Sites        []SiteStats   `json:"sites"` // those with a shortage, most of them first
}

// SiteStats is what one site met with.
type SiteStats struct {
	Site      string                      `json:"site"` // the site's id
	Waiting   int                         `json:"waiting"`
	Done      uint64                      `json:"done"`
	Shortages map[sekisho.Shortage]uint64 `json:"shortages"`
}

// Stats may be called at any time.
func (l *Lane) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stats{
		Workers: l.config.Workers, Running: l.running, Waiting: l.waiting, Longest: l.longest,
		Used: l.used, Predicted: l.predicted, LastShortage: l.lastShortage, Sites: []SiteStats{},
	}
	total := func(site SiteStats) (n uint64) {
		for _, count := range site.Shortages {
			n += count
		}
		return n
	}
	for _, a := range l.accounts {
		s.Done += a.done
		if len(a.shortages) == 0 {
			continue
		}
		site := SiteStats{Site: a.site, Waiting: len(a.waiting), Done: a.done, Shortages: map[sekisho.Shortage]uint64{}}
		for why, n := range a.shortages {
			site.Shortages[why] = n
		}
		s.Sites = append(s.Sites, site)
	}
	slices.SortFunc(s.Sites, func(a, b SiteStats) int {
		return cmp.Or(cmp.Compare(total(b), total(a)), cmp.Compare(a.Site, b.Site))
	})
	return s
}
