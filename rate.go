package sekisho

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a token bucket: up to Requests at once, and Requests more in each Per, evenly. The zero Rate limits nothing.
// Its text is "300/1m" or "20/s".
type Rate struct {
	Requests int
	Per      time.Duration
}

// IsZero reports whether the rate limits nothing.
func (r Rate) IsZero() bool { return r.Requests == 0 }

// PerSecond is how many requests a second the rate allows in the long run.
func (r Rate) PerSecond() float64 { return float64(r.Requests) / r.Per.Seconds() }

// String returns the rate's text; empty for no limit.
func (r Rate) String() string {
	if r.IsZero() {
		return ""
	}
	per := shortSpan(r.Per)
	if len(per) == 2 && per[0] == '1' { // "1s", "1m", "1h"
		per = per[1:]
	}
	return strconv.Itoa(r.Requests) + "/" + per
}

// shortSpan writes "1m" where time.Duration writes "1m0s".
func shortSpan(d time.Duration) string {
	text := d.String()
	for _, empty := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, empty) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// MarshalText writes the rate's text.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// maxRate bounds how much one bucket may hold.
const maxRate = 1_000_000

// UnmarshalText reads a rate such as "300/1m", "20/s" or "5/10m"; the empty text and "0" are no limit. KindInvalid
// names what is wrong.
func (r *Rate) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" || s == "0" {
		*r = Rate{}
		return nil
	}
	bad := func(why string) error {
		return Invalid(fmt.Sprintf("rate %q: %s; write requests/time, such as 300/1m or 20/s", s, why))
	}
	count, per, ok := strings.Cut(s, "/")
	if !ok {
		return bad("the slash is missing")
	}
	requests, err := strconv.Atoi(count)
	if err != nil || requests < 1 || requests > maxRate {
		return bad(fmt.Sprintf("the number of requests must be 1 to %d", maxRate))
	}
	if per != "" && (per[0] < '0' || per[0] > '9') {
		per = "1" + per
	}
	duration, err := time.ParseDuration(per)
	if err != nil || duration < time.Second || duration > 24*time.Hour {
		return bad("the time must be 1s to 24h")
	}
	*r = Rate{Requests: requests, Per: duration}
	return nil
}

// ParseRate reads a rate; see [Rate.UnmarshalText].
func ParseRate(s string) (r Rate, err error) { return r, r.UnmarshalText([]byte(s)) }
