package view

import (
	"fmt"
	"time"
	_ "time/tzdata" // the binary runs in images without a zone database
)

// tokyo is the time zone of every customer (JST, without daylight saving time).
var tokyo = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		panic("view: the embedded zone database has no Asia/Tokyo: " + err.Error())
	}
	return zone
}()

// Tokyo is the zone in which days and months begin.
func Tokyo() *time.Location { return tokyo }

// Time is a moment as a page shows it. The zero Time is "unknown".
type Time struct {
	At time.Time
	// Hour says that only the hour is known, as with counted traffic.
	Hour bool
	// Year says the year, too: for what lies months ahead.
	Year bool
}

// At wraps a moment.
func At(t time.Time) Time { return Time{At: t} }

// HourOf wraps an hour of which the minutes are not known.
func HourOf(t time.Time) Time { return Time{At: t, Hour: true} }

// Until wraps a moment that may lie in another year, such as when something ends.
func Until(t time.Time) Time { return Time{At: t, Year: true} }

// Known reports whether there is a time at all.
func (t Time) Known() bool { return !t.At.IsZero() }

// Clock is a time in one language, for people and for machines.
type Clock struct {
	Text    string // "11月23日 10:42", "23 Nov 10:42"; with the year where it was asked for
	Machine string // RFC 3339, for <time datetime>
	Exact   string // with year, seconds and zone
}

// Western years only: 元号 needs a table that changes with an emperor, and the readers' logs have none.
func (t Time) in(lang Lang) Clock {
	local := t.At.In(tokyo)
	clock := Clock{Machine: t.At.UTC().Format(time.RFC3339), Exact: local.Format("2006-01-02 15:04:05 JST")}
	switch {
	case lang == English && t.Year:
		clock.Text = local.Format("2 Jan 2006 15:04") + " JST"
	case t.Year:
		clock.Text = local.Format("2006年1月2日 15:04")
	case lang == English && t.Hour:
		clock.Text = fmt.Sprintf("%s–%s JST", local.Format("2 Jan 15:00"), local.Add(time.Hour).Format("15:00"))
	case lang == English:
		clock.Text = local.Format("2 Jan 15:04") + " JST"
	case t.Hour:
		clock.Text = fmt.Sprintf("%s %d時台", local.Format("1月2日"), local.Hour()) // 「01時台」 is nobody's Japanese
	default:
		clock.Text = local.Format("1月2日 15:04")
	}
	return clock
}

// Day is the time's day: "11月23日", "23 Nov".
func (t Time) day(lang Lang) string {
	if lang == English {
		return t.At.In(tokyo).Format("2 Jan")
	}
	return t.At.In(tokyo).Format("1月2日")
}
