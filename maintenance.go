package sekisho

import (
	"fmt"
	"time"
)

// Maintenance shows a page of ours instead of the site while its owner works on it. Visitors on the site's allow list see
// the site itself. The zero Maintenance is off.
type Maintenance struct {
	On         bool          `json:"on,omitempty"`
	RetryAfter time.Duration `json:"retry_after,omitempty"` // when to come back; 0: 10 minutes
}

// Validate reports a time that nobody would wait (KindInvalid).
func (m Maintenance) Validate() error {
	if m.RetryAfter < 0 || m.RetryAfter > 7*24*time.Hour {
		return Invalid(fmt.Sprintf("maintenance retry_after %s: use a time up to 168h, such as 30m", m.RetryAfter))
	}
	return nil
}
