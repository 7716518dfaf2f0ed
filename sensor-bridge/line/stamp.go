package line

import (
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// startsWithStamp reports whether s begins with a timestamp of a syslog header.
func startsWithStamp(s string) bool {
	_, _, _, ok := readStamp(s, &Record{Origin: Origin{Zone: time.UTC}})
	return ok
}

// readStamp reads a timestamp off s: BSD ("Apr  2 11:36:21", with fraction, year and zone where devices add them),
// RFC 3339 and its relatives, or seconds since 1970 with a fraction (Meraki).
func readStamp(s string, r *Record) (t time.Time, trust sekisho.TimeTrust, rest string, ok bool) {
	switch {
	case len(s) < 14:
		return t, "", s, false
	case s[0] >= '0' && s[0] <= '9':
		if len(s) > 19 && s[4] == '-' && s[7] == '-' && (s[10] == 'T' || s[10] == ' ') {
			return readISO(s, r)
		}
		return readEpoch(s)
	case s[0] >= 'A' && s[0] <= 'Z':
		return readBSD(s, r)
	}
	return t, "", s, false
}

// readBSD reads "Mmm dd hh:mm:ss", also with a year before or behind the time of day.
func readBSD(s string, r *Record) (t time.Time, trust sekisho.TimeTrust, rest string, ok bool) {
	at := strings.Index(months, s[:3])
	if at < 0 || at%3 != 0 || s[3] != ' ' {
		return t, "", s, false
	}
	month := time.Month(at/3 + 1)
	rest = strings.TrimLeft(s[4:], " ")
	day, rest, found := cutNumber(rest, 2)
	if !found || day < 1 || day > 31 || !strings.HasPrefix(rest, " ") {
		return t, "", s, false
	}
	rest = rest[1:]
	year := 0
	if y, after, found := cutNumber(rest, 4); found && y >= 1970 && strings.HasPrefix(after, " ") {
		year, rest = y, after[1:]
	}
	clock, rest, found := cutClock(rest)
	if !found {
		return t, "", s, false
	}
	if y, after, found := cutNumber(strings.TrimPrefix(rest, " "), 4); found && y >= 1970 && y < 2100 && year == 0 && (after == "" || after[0] == ' ' || after[0] == ':') {
		year, rest = y, after
	}
	zone, rest, zoned := cutZone(rest, r.Zone)
	rest = strings.TrimLeft(rest, ". ")
	rest = strings.TrimPrefix(rest, ": ")
	if year != 0 {
		return clock.on(year, month, day, zone), trustOf(zoned), rest, true
	}
	return likelyYear(clock, month, day, zone, r.Received), sekisho.TimeYear, rest, true
}

// aheadAtMost is how far a clock may be ahead of us, across a change of year, before its time is taken for last year's.
const aheadAtMost = 7 * 24 * time.Hour

// likelyYear dates a time without year: the last such moment before its arrival, or shortly after, since a clock may be
// ahead. What a device sends on 31 December arrives on 1 January, and the other way round.
func likelyYear(c clock, month time.Month, day int, zone *time.Location, received time.Time) time.Time {
	if received.IsZero() {
		received = time.Unix(0, 0)
	}
	year := received.In(zone).Year() + 1
	t := c.on(year, month, day, zone)
	for t.After(received.Add(aheadAtMost)) {
		year--
		t = c.on(year, month, day, zone)
	}
	return t
}

// readISO reads "2006-01-02T15:04:05.999+09:00", with a space for the T, without zone, and with a needless Z behind an offset.
func readISO(s string, r *Record) (t time.Time, trust sekisho.TimeTrust, rest string, ok bool) {
	year, a, ok1 := cutNumber(s, 4)
	month, b, ok2 := cutNumber(strings.TrimPrefix(a, "-"), 2)
	day, c, ok3 := cutNumber(strings.TrimPrefix(b, "-"), 2)
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > 31 || len(c) < 2 {
		return t, "", s, false
	}
	clock, rest, ok := cutClock(c[1:])
	if !ok {
		return t, "", s, false
	}
	zone, rest, zoned := cutZone(rest, r.Zone)
	if zoned {
		rest = strings.TrimPrefix(rest, "Z")
	}
	if rest != "" && !strings.ContainsRune(" \t:,[", rune(rest[0])) {
		return t, "", s, false
	}
	return clock.on(year, time.Month(month), day, zone), trustOf(zoned), strings.TrimLeft(rest, " "), true
}

// readEpoch reads "1744679533.000 ". The fraction is required: a number may be anything.
func readEpoch(s string) (t time.Time, trust sekisho.TimeTrust, rest string, ok bool) {
	if len(s) < 12 || s[10] != '.' {
		return t, "", s, false
	}
	seconds, rest, _ := cutNumber(s, 10)
	nanos, rest := cutFraction(rest)
	if seconds < 1e9 || rest == "" || rest[0] != ' ' {
		return t, "", s, false
	}
	return time.Unix(int64(seconds), int64(nanos)).UTC(), sekisho.TimeExact, rest[1:], true
}

func trustOf(zoned bool) sekisho.TimeTrust {
	if zoned {
		return sekisho.TimeExact
	}
	return sekisho.TimeZone
}

type clock struct{ hour, minute, second, nanos int }

func (c clock) on(year int, month time.Month, day int, zone *time.Location) time.Time {
	return time.Date(year, month, day, c.hour, c.minute, c.second, c.nanos, zone).UTC()
}

// cutClock reads "15:04:05" and a fraction behind a point or comma.
func cutClock(s string) (c clock, rest string, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return c, s, false
	}
	var oks [3]bool
	c.hour, _, oks[0] = cutNumber(s[0:2], 2)
	c.minute, _, oks[1] = cutNumber(s[3:5], 2)
	c.second, _, oks[2] = cutNumber(s[6:8], 2)
	if oks != [3]bool{true, true, true} || c.hour > 23 || c.minute > 59 || c.second > 60 {
		return c, s, false
	}
	c.nanos, rest = cutFraction(s[8:])
	return c, rest, true
}

// cutFraction reads ".123" as nanoseconds; a fraction that is none stays.
func cutFraction(s string) (nanos int, rest string) {
	if len(s) < 2 || s[0] != '.' && s[0] != ',' || s[1] < '0' || s[1] > '9' {
		return 0, s
	}
	i, unit := 1, 100_000_000
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		nanos += int(s[i]-'0') * unit
		unit /= 10
	}
	return nanos, s[i:]
}

// cutZone reads "Z", "+09:00", "+0900", " +0900", " UTC", " GMT" and " JST"; without one the sensor's zone counts.
func cutZone(s string, assumed *time.Location) (zone *time.Location, rest string, zoned bool) {
	t := strings.TrimPrefix(s, " ")
	switch {
	case strings.HasPrefix(s, "Z"):
		return time.UTC, s[1:], true
	case strings.HasPrefix(t, "UTC"), strings.HasPrefix(t, "GMT"):
		return time.UTC, t[3:], true
	case strings.HasPrefix(t, "JST"):
		return tokyo, t[3:], true
	}
	if len(t) < 5 || t[0] != '+' && t[0] != '-' {
		return assumed, s, false
	}
	hours, rest, ok1 := cutNumber(t[1:], 2)
	minutes, rest, ok2 := cutNumber(strings.TrimPrefix(rest, ":"), 2)
	if !ok1 || !ok2 || hours > 15 || minutes > 59 {
		return assumed, s, false
	}
	offset := hours*3600 + minutes*60
	if t[0] == '-' {
		offset = -offset
	}
	if offset == 9*3600 {
		return tokyo, rest, true
	}
	return time.FixedZone("", offset), rest, true
}

var tokyo = time.FixedZone("JST", 9*3600)

// cutNumber reads at most digits digits.
func cutNumber(s string, digits int) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < digits && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}
