package sekisho

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// ExportID names an export for good.
type ExportID string

// NewExportID returns a fresh export id.
func NewExportID() ExportID { return ExportID(newID(time.Now())) }

// ExportFormat is what a record looks like in another system.
type ExportFormat string

// Formats.
const (
	FormatOCSF ExportFormat = "ocsf" // Open Cybersecurity Schema Framework: Detection Finding and Incident Finding
	FormatCEF  ExportFormat = "cef"  // Common Event Format
	FormatJSON ExportFormat = "json" // our own words
)

// ParseExportFormat reads a format's name (KindInvalid).
func ParseExportFormat(s string) (ExportFormat, error) {
	switch f := ExportFormat(s); f {
	case FormatOCSF, FormatCEF, FormatJSON:
		return f, nil
	}
	return "", Invalid(fmt.Sprintf("format %q: use ocsf, cef or json", s))
}

// ExportSend is which records an export takes.
type ExportSend string

// What is sent.
const (
	SendAll       ExportSend = "all"
	SendEvents    ExportSend = "events"
	SendIncidents ExportSend = "incidents" // changes of cases, each with its incident
)

// Export is another system that a tenant's records are handed to as they arise. Exactly one of Syslog and Webhook is set.
type Export struct {
	ID      ExportID     `json:"id"`
	Tenant  TenantID     `json:"tenant"`
	Name    string       `json:"name"`              // unique within the tenant
	Syslog  string       `json:"syslog,omitempty"`  // host:port of a syslog receiver that speaks TLS (RFC 5425)
	Webhook string       `json:"webhook,omitempty"` // https URL that takes POST
	Format  ExportFormat `json:"format"`
	Send    ExportSend   `json:"send"`
	Since   time.Time    `json:"since,omitzero"` // what happened from here on is sent too, before all else

	Networks    []netip.Prefix `json:"networks,omitempty"`    // networks that are not public and that it may lead to all the same
	CA          string         `json:"ca,omitempty"`          // in PEM: who vouches for the receiver instead of the usual authorities
	Certificate string         `json:"certificate,omitempty"` // in PEM: what we show to the receiver
	Sealed      []byte         `json:"sealed,omitempty"`      // its secrets, for those who hold the key

	Created time.Time `json:"created"`
}

// Validate reports the first thing in an export that cannot work (KindInvalid). Whether its address leads anywhere, and
// may be reached, is for others to see.
func (e Export) Validate() error {
	if !sensorNamePattern.MatchString(e.Name) {
		return Invalid(fmt.Sprintf("export %q: use a name of 1 to 64 letters, digits, spaces, dots or hyphens, such as siem", e.Name))
	}
	if _, err := ParseExportFormat(string(e.Format)); err != nil {
		return err
	}
	switch e.Send {
	case SendAll, SendEvents, SendIncidents:
	default:
		return Invalid(fmt.Sprintf("export %s: send %q: use all, events or incidents", e.Name, e.Send))
	}
	if (e.Syslog == "") == (e.Webhook == "") {
		return Invalid(fmt.Sprintf("export %s: say where its records go: a syslog receiver or a webhook, one of them", e.Name))
	}
	if e.Syslog != "" {
		host, port, err := net.SplitHostPort(e.Syslog)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || host == "" {
			return Invalid(fmt.Sprintf("export %s: syslog %q: use a host and a port, such as siem.example.jp:6514", e.Name, e.Syslog))
		}
		return nil
	}
	if u, err := url.Parse(e.Webhook); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return Invalid(fmt.Sprintf("export %s: webhook: use an address such as https://siem.example.jp/in, without a password in it", e.Name))
	}
	return nil
}

// ExportState is how far an export has come. What it tells in Error is in plain words.
type ExportState struct {
	Export   ExportID `json:"export"`
	Tenant   TenantID `json:"tenant"`
	Revision int64    `json:"revision"` // counts what was stored of it: two who deliver at once do not take each other's place
	Position uint64   `json:"position"` // everything up to here in the tenant's journal is delivered
	Head     uint64   `json:"head"`     // where the journal ends now

	Backfill  ExportBackfill `json:"backfill,omitzero"`
	Delivered uint64         `json:"delivered"` // records that the receiver has confirmed; some may have come more than once
	Skipped   uint64         `json:"skipped"`   // records that were deleted before they could be delivered
	Last      time.Time      `json:"last,omitzero"`

	Failing time.Time `json:"failing,omitzero"` // since when nothing goes through; zero while all is well
	Tries   int       `json:"tries,omitempty"`  // in vain, since then
	Error   Text      `json:"error,omitzero"`
	Detail  string    `json:"detail,omitempty"` // the program's own words for it
}

// Waiting is how many records the journal holds that are not delivered yet.
func (s ExportState) Waiting() uint64 {
	if s.Head < s.Position {
		return 0
	}
	return s.Head - s.Position
}

// ExportBackfill is how far the sending of what was there before has come. First events are sent, then changes of cases,
// each oldest first.
type ExportBackfill struct {
	Since  time.Time `json:"since,omitzero"` // zero: nothing to send, or all is sent
	Until  time.Time `json:"until,omitzero"` // what happened later stands in the journal
	Phase  string    `json:"phase,omitempty"`
	Cursor string    `json:"cursor,omitempty"`
}

// Journaled is one entry of a tenant's journal: an event, or a change of a case; neither when what it spoke of was deleted.
type Journaled struct {
	Seq    uint64
	Event  *Event
	Change *Change
}
