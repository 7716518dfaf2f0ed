package view

// Chart compares all requests with the stopped ones over time. The two differ by orders of magnitude, so each has a
// panel with a scale of its own, and says so; on one axis the stopped ones would be invisible.
type Chart struct {
	Daily bool // a bar is a day, else an hour
	Bars  []Bar
	Max   Counts
	Total Counts
	Known bool   // false: the figures could not be read
	Peak  string // when most were stopped
	Ticks []string
}

// Counts are the two figures that the chart compares.
type Counts struct{ All, Stopped int64 }

// Bar is one hour or day. Without a record there is no bar: unknown is not zero.
type Bar struct {
	Time     Time
	Recorded bool
	Counts
	X            int
	AllY, AllH   int
	StopY, StopH int
	Label        string
}

// The drawing's units; the style sheet stretches it to the page, so text stands outside.
const (
	barWidth    = 8
	barStride   = 10
	panelHeight = 100
)

// NewChart draws bars whose Time, Recorded and Counts are set, oldest first.
func NewChart(lang Lang, daily bool, bars []Bar) Chart {
	chart := Chart{Daily: daily, Bars: bars, Known: true}
	for i := range bars {
		bar := &bars[i]
		chart.Total.All += bar.All
		chart.Total.Stopped += bar.Stopped
		chart.Max.All = max(chart.Max.All, bar.All)
		if bar.Stopped > chart.Max.Stopped {
			chart.Max.Stopped, chart.Peak = bar.Stopped, label(lang, daily, bar.Time)
		}
	}
	for i := range bars {
		bar := &bars[i]
		bar.X = i*barStride + (barStride-barWidth)/2
		bar.AllH = height(bar.All, chart.Max.All)
		bar.StopH = height(bar.Stopped, chart.Max.Stopped)
		bar.AllY, bar.StopY = panelHeight-bar.AllH, panelHeight-bar.StopH
		bar.Label = label(lang, daily, bar.Time)
	}
	if last := len(bars) - 1; last > 0 {
		for _, i := range []int{0, last / 2, last} {
			chart.Ticks = append(chart.Ticks, bars[i].Label)
		}
	}
	return chart
}

func label(lang Lang, daily bool, t Time) string {
	if daily {
		return t.day(lang)
	}
	return t.in(lang).Text
}

// Width and Height are the drawing's size in its own units.
func (c Chart) Width() int { return max(len(c.Bars), 1) * barStride }

// Height is the height of one panel.
func (c Chart) Height() int { return panelHeight }

// BarWidth is the width of one bar.
func (c Chart) BarWidth() int { return barWidth }

// height scales n to the panel; anything above zero stays visible.
func height(n, largest int64) int {
	if n <= 0 || largest <= 0 {
		return 0
	}
	return max(int(n*panelHeight/largest), 2)
}
