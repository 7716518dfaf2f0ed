package dashboard

import (
	"time"

	"github.com/sekisho-waf/sekisho/dashboard/view"
)

const (
	chartHours = 24
	chartDays  = 30
)

// chart lays the counted hours out as bars, by hour or by Japanese day. Japan's offset is whole hours and has no
// daylight saving time, so every counted hour lies in one day.
func chart(lang view.Lang, now standing, daily bool) view.Chart {
	var bars []view.Bar
	place := map[int64]int{}
	add := func(start time.Time, hourly bool) {
		place[start.Unix()] = len(bars)
		bars = append(bars, view.Bar{Time: view.Time{At: start, Hour: hourly}})
	}
	if daily {
		today := dayStart(now.now)
		for i := chartDays - 1; i >= 0; i-- {
			add(today.AddDate(0, 0, -i), false)
		}
	} else {
		hour := now.now.UTC().Truncate(time.Hour)
		for i := chartHours - 1; i >= 0; i-- {
			add(hour.Add(-time.Duration(i)*time.Hour), true)
		}
	}
	for _, counted := range now.traffic {
		start := counted.Hour
		if daily {
			start = dayStart(start)
		}
		if i, shown := place[start.Unix()]; shown {
			bars[i].Recorded = true
			bars[i].All += counted.Requests
			bars[i].Stopped += counted.Blocked
		}
	}
	return view.NewChart(lang, daily, bars)
}
