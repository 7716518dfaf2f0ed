package field

import (
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Epoch reads a time since 1970 in seconds, milliseconds, microseconds or nanoseconds, which its length tells, with or
// without a fraction. It is false for anything else and before 2001 (fewer than ten digits).
func Epoch(s string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	switch {
	case len(whole) == 10:
		nanos, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
		if err != nil {
			nanos = 0
		}
		return time.Unix(n, nanos).UTC(), true
	case len(whole) == 13:
		return time.UnixMilli(n).UTC(), true
	case len(whole) == 16:
		return time.UnixMicro(n).UTC(), true
	case len(whole) == 19:
		return time.Unix(0, n).UTC(), true
	}
	return time.Time{}, false
}

// layouts are tried in order; a layout with a zone gives an exact time.
var layouts = []struct {
	layout string
	zoned  bool
}{
	{time.RFC3339Nano, true},
	{"2006-01-02T15:04:05.999999999Z0700", true},
	{"2006-01-02 15:04:05.999999999Z07:00", true},
	{"2006-01-02 15:04:05.999999999 -0700", true},
	{"2006-01-02 15:04:05.999999999 MST", true},
	{"02/Jan/2006:15:04:05 -0700", true},
	{time.RFC1123Z, true},
	{"Jan _2 2006 15:04:05.999999999 -07:00", true}, // CEF
	{"Jan _2 2006 15:04:05 MST", true},
	{"Mon Jan _2 15:04:05 2006 MST", true}, // osquery
	{"Jan _2 2006 15:04:05.999999999 MST", true},
	{"02-Jan-2006 15:04:05 MST", true},
	{"2006-01-02T15:04:05.999999999", false},
	{"2006-01-02 15:04:05.999999999", false},
	{"2006/01/02 15:04:05.999999999", false},
	{"01/02/2006-15:04:05.999999999", false}, // Suricata fast.log
	{"Jan _2 2006 15:04:05", false},
	{"02-Jan-2006 15:04:05", false}, // ESET
	{"Jan _2 2006 15:04:05.999999999", false},
	{"1/2/2006 3:04:05 PM", false},
	{"1/2/2006 15:04:05", false},
}

// Time reads a date and time in the spellings that sensors use, RFC 3339 and Epoch among them. A time without zone is read
// on the clock of zone, and exact is false then. A zone that is only known by three letters is believed when it is UTC,
// GMT or JST, and assumed to be zone otherwise.
func Time(s string, zone *time.Location) (t time.Time, exact, ok bool) {
	s = strings.TrimSpace(s)
	if t, ok := Epoch(s); ok {
		return t, true, true
	}
	if len(s) < 12 || len(s) > 64 {
		return t, false, false
	}
	s = strings.Replace(s, " JST", " +0900", 1)
	if before, offset, found := strings.Cut(s, " GMT"); found && len(offset) == len("+09:00") {
		s = before + " " + offset
	}
	for _, l := range layouts {
		t, err := time.ParseInLocation(l.layout, s, zone)
		if err != nil {
			continue
		}
		if name, offset := t.Zone(); l.zoned && offset == 0 && name != "UTC" && name != "GMT" && name != "" && name != "Z" && name != "+0000" {
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
			return t.UTC(), false, true
		}
		return t.UTC(), l.zoned, true
	}
	return time.Time{}, false, false
}

// TellTime gives the event the first of the times that can be read, and how far it can be believed: exact where the text
// names its zone, else as good as the zone that the sensor was set up with. It is false, and the event stays as it was, where
// none can be read.
func TellTime(e *sekisho.Event, zone *time.Location, candidates ...string) bool {
	for _, text := range candidates {
		if when, exact, ok := Time(text, zone); ok {
			if e.Time, e.Trust = when, sekisho.TimeZone; exact {
				e.Trust = sekisho.TimeExact
			}
			return true
		}
	}
	return false
}
