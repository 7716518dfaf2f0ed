package sekisho

import "time"

// EventFilter narrows a list of events. Its zero value means all; lists are newest first.
type EventFilter struct {
	Site     SiteID
	Incident IncidentID
	Since    time.Time
	Oldest   bool   // oldest first instead; the cursors of one order are of no use in the other
	Cursor   string // from the page before; empty for the first page
	Limit    int    // at most this many; 0 means a page of 100
}

// IncidentFilter narrows a list of incidents. Its zero value means all; lists are newest Last first.
type IncidentFilter struct {
	Site        SiteID
	Since       time.Time // Last at or after
	MinSeverity Severity
	Cursor      string
	Limit       int
}

// CaseFilter narrows a list of cases. Its zero value means all; lists are last changed first.
type CaseFilter struct {
	Open        bool // none that is closed or suppressed
	MinSeverity Severity
	Now         time.Time // what suppressions are told by, with Open
	Cursor      string
	Limit       int
}

// ChangeFilter narrows a list of changes. Its zero value means all; lists are newest first.
type ChangeFilter struct {
	Case   CaseID
	Since  time.Time // at or after
	Told   bool      // only those that somebody outside hears of
	Oldest bool      // oldest first instead; the cursors of one order are of no use in the other
	Cursor string
	Limit  int
}

// Memory is one row of what the incident engine must remember over a restart (a 30-day count, a sighting, an open
// alert). Kind and Key name it within its tenant; only the engine reads Data. A row with nil Data is to be forgotten.
type Memory struct {
	Kind, Key string
	Data      []byte
	Expires   time.Time // the record store may delete the row after this
}

// Remembered is all that the incident engine needs to go on with a tenant where it stopped.
type Remembered struct {
	Memory   []Memory
	Open     []Incident // incidents whose Last is recent enough to take further events
	Position uint64     // the last sequence number of the asked stream that was committed for this tenant; 0 for none
}

// Commit is what one batch of events changed for one tenant. The record store writes it whole or not at all; together
// with Position this makes every event count exactly once, however often the spool hands it over.
type Commit struct {
	Stream    string // the spool the events came from
	Position  uint64 // the sequence number of the last of them
	Fence     *Fence // nil where no other process commits for this tenant
	Events    []Event
	Incidents []Incident // new or changed, whole
	Memory    []Memory   // new, changed or forgotten
	Cases     []Case     // new or changed, whole, at the revision of the last of their changes
	Changes   []Change   // of these cases, at least one each, with rising revisions
}

// Fence is the right to commit what several processes take turns at. A later holder has a higher token.
type Fence struct {
	Name  string
	Token uint64
}

// Sent is an event on its way from the spool of one machine to the worker of its tenant. It may come several times, and
// with gaps; Number and After put it right.
type Sent struct {
	Stream string // the spool's
	Number uint64 // in that stream
	After  uint64 // this event counts only once the tenant's event with this number does; 0 when all before it do
	Event  Event
}
