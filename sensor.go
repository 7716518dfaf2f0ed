package sekisho

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"time"
)

// SensorID names a sensor for good.
type SensorID string

// NewSensorID returns a fresh sensor id.
func NewSensorID() SensorID { return SensorID(newID(time.Now())) }

// Sensor is a device or service of a tenant whose records we take: a firewall, an EDR, a web server's access log. Whose a
// record is follows from how it came in (its port, token or client certificate), never from an address alone.
type Sensor struct {
	ID     SensorID `json:"id"`
	Tenant TenantID `json:"tenant"`
	Name   string   `json:"name"`             // unique within the tenant
	Format string   `json:"format,omitempty"` // empty: found out for each record
	Zone   string   `json:"zone"`             // of times that name none, such as Asia/Tokyo
	SiteID SiteID   `json:"site_id,omitempty"`
	Site   string   `json:"site,omitempty"` // the site whose access log it is

	UDP  string         `json:"udp,omitempty"`  // address of its own to listen on
	TCP  string         `json:"tcp,omitempty"`  // address of its own to listen on
	From []netip.Prefix `json:"from,omitempty"` // who may send to these ports; empty: anybody
	Path string         `json:"path,omitempty"` // a file, or a directory of files, on this machine

	TokenHash   string `json:"token_hash,omitempty"`  // SHA-256 of the token of HTTPS pushes, in hexadecimal
	Certificate string `json:"certificate,omitempty"` // SHA-256 of the client certificate, in hexadecimal

	Created time.Time `json:"created"`
}

var sensorNamePattern = regexp.MustCompile(`^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}])?$`)

// Validate reports the first thing in a sensor that cannot work (KindInvalid). That its name and ports are free is for
// others to see.
func (s Sensor) Validate() error {
	if !sensorNamePattern.MatchString(s.Name) {
		return Invalid(fmt.Sprintf("sensor %q: use a name of 1 to 64 letters, digits, spaces, dots or hyphens, such as fw-honsha", s.Name))
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" {
		return Invalid(fmt.Sprintf("sensor %s: zone %q: use a name such as Asia/Tokyo or UTC", s.Name, s.Zone))
	}
	for _, listen := range []string{s.UDP, s.TCP} {
		if listen == "" {
			continue
		}
		if at, err := netip.ParseAddrPort(listen); err != nil || at.Port() == 0 {
			return Invalid(fmt.Sprintf("sensor %s: address %q: use one such as 0.0.0.0:5514 or [::]:5514", s.Name, listen))
		}
	}
	for _, hash := range []string{s.TokenHash, s.Certificate} {
		if sum, err := hex.DecodeString(hash); err != nil || hash != "" && len(sum) != 32 {
			return Invalid(fmt.Sprintf("sensor %s: %q is no SHA-256", s.Name, hash))
		}
	}
	if s.UDP == "" && s.TCP == "" && s.Path == "" && s.TokenHash == "" && s.Certificate == "" {
		return Invalid(fmt.Sprintf("sensor %s: say how its records come in: a port, a path, a token or a certificate", s.Name))
	}
	return nil
}

// Location is the sensor's time zone; UTC when it is not known here.
func (s Sensor) Location() *time.Location {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// SensorState is what is known of a sensor from what it sent. Received is Parsed + Unparsed + Rejected, always.
type SensorState struct {
	Sensor   SensorID `json:"sensor"`
	Tenant   TenantID `json:"tenant"`
	Received uint64   `json:"received"`
	Parsed   uint64   `json:"parsed"`
	Unparsed uint64   `json:"unparsed"` // stored raw: no decoder knows them
	Rejected uint64   `json:"rejected"` // not stored: no room, or from an address that may not send

	Last    time.Time     `json:"last,omitzero"`     // when it sent something last
	Gap     time.Duration `json:"gap,omitempty"`     // the longest pause that is usual for it
	Silent  time.Time     `json:"silent,omitzero"`   // since when it is silent beyond that; zero when it is not
	Samples []string      `json:"samples,omitempty"` // some unparsed records, redacted, the latest last
	Formats []string      `json:"formats,omitempty"` // what its records were read as

	Gaps  []time.Duration         `json:"gaps,omitempty"` // the longest pause of each of the last days, today's last
	Today int64                   `json:"today,omitempty"`
	Files map[string]FilePosition `json:"files,omitempty"`

	Forwarded []ForwarderPosition `json:"forwarded,omitempty"` // how far each forwarder's records are stored, the latest last
}

// ForwarderPosition is how far the records of a forwarder are stored.
type ForwarderPosition struct {
	Stream string `json:"stream"` // the name of its buffer
	Number uint64 `json:"number"`
}

// FilePosition is how far a file was read. Head tells a file from another that took its name.
type FilePosition struct {
	Head   string `json:"head"` // SHA-256 of its first bytes, in hexadecimal
	Length int    `json:"length"`
	Offset int64  `json:"offset"`
}

// Clone returns a copy that shares nothing.
func (s SensorState) Clone() SensorState {
	s.Samples, s.Formats, s.Gaps, s.Forwarded = slices.Clone(s.Samples), slices.Clone(s.Formats), slices.Clone(s.Gaps), slices.Clone(s.Forwarded)
	files := make(map[string]FilePosition, len(s.Files))
	for path, position := range s.Files {
		files[path] = position
	}
	if s.Files = files; len(files) == 0 {
		s.Files = nil
	}
	return s
}
