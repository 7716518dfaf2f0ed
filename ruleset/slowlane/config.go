package slowlane

import (
	"fmt"
	"runtime"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Config bounds a lane. All bounds are needed; see [DefaultConfig].
type Config struct {
	Workers int           // how many inspections run at once
	PerSite int           // how many of one site may wait
	Total   int           // how many of all sites may wait
	Wait    time.Duration // how long one may wait for its turn
	Budget  time.Duration // how much processor time one may take
}

// DefaultConfig leaves half of the processor's cores to everything else. Two workers are the least: one site never holds
// all of them, so that another's request does not wait for the end of a long one.
func DefaultConfig() Config {
	return Config{
		Workers: max(2, runtime.GOMAXPROCS(0)/2),
		PerSite: 64, Total: 256,
		Wait: 2 * time.Second, Budget: 500 * time.Millisecond,
	}
}

// Validate reports the first bound that cannot work by its name (KindInvalid).
func (c Config) Validate() error {
	switch {
	case c.Workers < 1 || c.Workers > 1024:
		return sekisho.Invalid(fmt.Sprintf("inspection_workers %d: use 1 to 1024", c.Workers))
	case c.PerSite < 1 || c.Total < c.PerSite:
		return sekisho.Invalid(fmt.Sprintf("inspection queue of %d for a site and %d in all: use at least 1 for a site, and as many in all", c.PerSite, c.Total))
	case c.Wait <= 0 || c.Wait > time.Minute:
		return sekisho.Invalid(fmt.Sprintf("inspection_wait %s: use a time up to 1m, such as 2s", c.Wait))
	case c.Budget < time.Millisecond || c.Budget > time.Minute:
		return sekisho.Invalid(fmt.Sprintf("inspection_budget %s: use 1ms to 1m, such as 500ms", c.Budget))
	}
	return nil
}
