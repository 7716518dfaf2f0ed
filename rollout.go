package sekisho

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// RuleVersion is one set of rules that policies can be judged by, named by its content.
type RuleVersion struct {
	Name    string    `json:"name"`    // "crs-4.25.0-1f2e3d4c"
	Release string    `json:"release"` // of the Core Rule Set: "4.25.0"
	Added   time.Time `json:"added,omitzero"`
}

// RolloutStage says how far a next version has come. The zero one is: there is none.
type RolloutStage uint8

const (
	// RolloutNone has no next version.
	RolloutNone RolloutStage = iota
	// RolloutShadow shows a sample of requests to the next version too, after they were answered, and counts differences.
	RolloutShadow
	// RolloutCanary judges a share of the sites by the next version.
	RolloutCanary
)

var rolloutNames = names[RolloutStage]{"none", "shadow", "canary"}

// String returns the stage's stored name.
func (s RolloutStage) String() string { return rolloutNames.text(s) }

// MarshalText writes the stage's name.
func (s RolloutStage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stage's name; an unknown one is KindInvalid.
func (s *RolloutStage) UnmarshalText(text []byte) error {
	return rolloutNames.parse(s, "rollout stage", text)
}

// Rollout says by which rules sites are judged whose policy names none.
type Rollout struct {
	Current  string       `json:"current"`
	Previous string       `json:"previous,omitempty"` // what a rollback returns to
	Next     string       `json:"next,omitempty"`
	Stage    RolloutStage `json:"stage"`
	Percent  float64      `json:"percent,omitempty"` // of requests in shadow, of sites in canary
	Author   string       `json:"author,omitempty"`
	Changed  time.Time    `json:"changed,omitzero"`
}

// VersionFor returns the version that a site is judged by. Which sites are in a canary share follows from their ids alone:
// the same on every node, and those of a small share are in every larger one.
func (r Rollout) VersionFor(site SiteID) string {
	if r.Stage == RolloutCanary && canaryPlace(site) < r.Percent {
		return r.Next
	}
	return r.Current
}

// canaryPlace is a site's place between 0 and 100.
func canaryPlace(site SiteID) float64 {
	sum := sha256.Sum256([]byte(site))
	return float64(binary.BigEndian.Uint32(sum[:4])) / (1 << 32) * 100
}
