// Package line holds what a decoder is given: a [Record], one logical record of a sensor, with its transport header read
// and the damage of the way repaired.
//
// It owns syslog headers of every observed kind (RFC 3164, RFC 5424, none, two of them), character sets, the escapes and
// cuts of relays, and the recognition of CEF, LEEF and JSON. It leaves what a record means to the decoders, and how a
// stream falls apart into records to package frame. A pure leaf.
//
// Start with [Read].
package line

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// MaxLength bounds a record, in bytes. The rest of a longer one is dropped and the record is marked as cut.
const MaxLength = 256 << 10

// Record is one logical record after framing. Its strings are valid UTF-8 and share memory with Raw where nothing had to
// be repaired. A decoder reads it and changes nothing.
type Record struct {
	Raw  string // as it arrived, in UTF-8
	Body string // what the device said: behind its headers, escapes restored, without the space around it

	Priority int    // syslog PRI, 0 to 191; -1 without one
	Host     string // as the innermost header names it
	App      string // the tag of RFC 3164 or APP-NAME of RFC 5424, without brackets and colon
	Process  string // PROCID, or the number in brackets
	Message  string // MSGID
	Data     string // STRUCTURED-DATA with its brackets, as sent; empty without
	Relay    string // the host of the outer header, when a relay put one around the device's own

	Time  time.Time         // of the innermost header that has one, UTC; zero without
	Trust sekisho.TimeTrust // of Time

	Repeated    int  // N of "message repeated N times"; 0 for an ordinary record
	RepeatsLast bool // the record says only that: what was repeated is the record before it
	Cut         bool // the record ends where a transport cut it, as far as one can see

	CEF  *CEF  // set when Body is a CEF record
	LEEF *LEEF // set when Body is a LEEF record

	Columns []string // names of the columns, when the stream announced them (a CSV head, #Fields of W3C logs)

	Origin
	object *Object
}

// Origin is what is known of a record beside its bytes.
type Origin struct {
	Received time.Time
	Zone     *time.Location // of the sensor's clock, for times without zone; nil means UTC
}

// Read reads one record. It never fails: what cannot be understood stays in Body.
func Read(raw []byte, origin Origin) Record {
	r := Record{Priority: -1, Origin: origin}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	length := len(raw)
	if length > MaxLength {
		raw, r.Cut = raw[:MaxLength], true
	}
	text, broken := decode(raw)
	r.Raw = strings.TrimRight(text, "\r\n\x00")
	r.Body = restore(r.Raw)
	inner := r.readHeaders()
	r.Cut = r.Cut || broken || looksCut(length) || looksCut(inner)
	r.readRepetition()
	r.recognise()
	return r
}

// JSON reports whether the body is a JSON object.
func (r *Record) JSON() bool { return strings.HasPrefix(r.Body, "{") }

// XML reports whether the body is an XML element.
func (r *Record) XML() bool {
	return strings.HasPrefix(r.Body, "<") && !strings.HasPrefix(r.Body, "<>")
}

// Local returns the instant that a clock of the sensor shows at a date without zone.
func (r *Record) Local(year int, month time.Month, day, hour, minute, second, nanos int) time.Time {
	return time.Date(year, month, day, hour, minute, second, nanos, r.Zone).UTC()
}
