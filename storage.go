package sekisho

import (
	"fmt"
	"time"
)

// Storage says how long records of a tenant are kept and how much room its events may take. The zero value leaves both
// to the installation; there, zero means for ever and without a bound.
type Storage struct {
	RetentionDays int   `json:"retention_days,omitempty"`
	QuotaBytes    int64 `json:"quota_bytes,omitempty"` // of the events' JSON
}

// MinQuota is the least room for events that is of use.
const MinQuota = 1 << 20

// MaxRetentionDays is a little over ten years.
const MaxRetentionDays = 3700

// Validate reports what cannot work (KindInvalid).
func (s Storage) Validate() error {
	if s.RetentionDays < 0 || s.RetentionDays > MaxRetentionDays {
		return Invalid(fmt.Sprintf("retention of %d days: use 1 to %d, or 0", s.RetentionDays, MaxRetentionDays))
	}
	if s.QuotaBytes != 0 && s.QuotaBytes < MinQuota {
		return Invalid(fmt.Sprintf("quota of %d bytes: use at least %d, or 0", s.QuotaBytes, MinQuota))
	}
	return nil
}

// Usage is the room that a tenant's events take.
type Usage struct {
	Tenant  TenantID  `json:"tenant"`
	Events  int64     `json:"events"`
	Bytes   int64     `json:"bytes"`
	Quota   int64     `json:"quota,omitempty"`   // 0 is none
	Days    int       `json:"days,omitempty"`    // that records are kept; 0 is for ever
	Evicted int64     `json:"evicted,omitempty"` // events that went before their time because the quota was full
	FullAt  time.Time `json:"full_at,omitzero"`  // when that happened last
}
