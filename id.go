package sekisho

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Identifiers have types, so that one is never handed over as another.
type (
	// TenantID is a short slug chosen by the operator, such as "yamada"; see [ParseTenantID].
	TenantID string
	// SiteID names a site for good, also when its host changes hands.
	SiteID string
	// EventID is the number on the block page; see [NewEventID] and [ParseEventID].
	EventID string
	// IncidentID names an incident.
	IncidentID string
	// CaseID names a case; it is the id of the case's first incident.
	CaseID string
	// SuppressionID names a suppression.
	SuppressionID string
	// UserID names a person who signs in to the portal.
	UserID string
	// ExclusionID names an exclusion on its site.
	ExclusionID string
)

// crockford is the alphabet of Crockford's base 32: no I, L, O, U, so that a number survives being read out on the phone.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// idEpoch is 2024-01-01T00:00:00Z in Unix milliseconds; 40 bits from there last until 2058.
const idEpoch = 1704067200000

const idLength = 16

// newID returns 16 characters of Crockford base 32: 40 bits of milliseconds since [idEpoch], then 40 random bits.
// Ids sort by time; two ids of one millisecond collide with probability 2^-40.
func newID(t time.Time) string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand, Go 1.24)
	return formatID(t, binary.BigEndian.Uint64(random[:]))
}

func formatID(t time.Time, tail uint64) string {
	millis := uint64(max(t.UnixMilli()-idEpoch, 0)) & (1<<40 - 1)
	tail &= 1<<40 - 1
	var id [idLength]byte
	for i := range 8 {
		id[7-i] = crockford[millis>>(5*i)&31]
		id[15-i] = crockford[tail>>(5*i)&31]
	}
	return string(id[:])
}

// NewEventID returns a fresh id for an event, and so for a request, at time t. Safe for concurrent use.
func NewEventID(t time.Time) EventID { return EventID(newID(t)) }

// NewSiteID returns a fresh site id.
func NewSiteID() SiteID { return SiteID(newID(time.Now())) }

// NewIncidentID returns a fresh incident id for an incident that began at t.
func NewIncidentID(t time.Time) IncidentID { return IncidentID(newID(t)) }

// NewExclusionID returns a fresh exclusion id.
func NewExclusionID() ExclusionID { return ExclusionID(newID(time.Now())) }

// NewUserID returns a fresh user id.
func NewUserID() UserID { return UserID(newID(time.Now())) }

// Display returns the id in groups of four, as the block page prints it: "06QK-3F7N-9XVB-T2RD".
func (id EventID) Display() string {
	s := string(id)
	if len(s) != idLength {
		return s
	}
	return s[0:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
}

// ParseEventID reads an event number as a person would type it: any case, with or without hyphens and spaces,
// O for 0 and I or L for 1 (Crockford's base 32).
func ParseEventID(s string) (EventID, error) {
	var id strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch r {
		case '-', ' ':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if !strings.ContainsRune(crockford, r) {
			return "", Invalid(fmt.Sprintf("%q is not an event number: it has %q; a number looks like 06QK-3F7N-9XVB-T2RD", s, r))
		}
		id.WriteRune(r)
	}
	if id.Len() != idLength {
		return "", Invalid(fmt.Sprintf("%q is not an event number: %d characters instead of %d", s, id.Len(), idLength))
	}
	return EventID(id.String()), nil
}

var tenantIDPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseTenantID accepts 1 to 63 lower-case letters, digits and inner hyphens.
func ParseTenantID(s string) (TenantID, error) {
	if !tenantIDPattern.MatchString(s) {
		return "", Invalid(fmt.Sprintf("tenant %q: use 1 to 63 lower-case letters, digits or hyphens, such as yamada", s))
	}
	return TenantID(s), nil
}

// EventIDOf returns the id of an event at time t that is made of seed: the same seed gives the same id, so that a record that
// is read twice is stored once.
func EventIDOf(t time.Time, seed []byte) EventID {
	sum := sha256.Sum256(seed)
	return EventID(formatID(t, binary.BigEndian.Uint64(sum[:8])))
}
