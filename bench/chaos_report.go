package bench

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// The verdicts of a row. Unclear: beyond the promise, but by less than quiet phases of the same run differ from one another.
const (
	verdictMet     = "met"
	verdictNotMet  = "not met"
	verdictUnclear = "unclear"
	verdictSkipped = "skipped"
)

// ChaosReport is what `sekisho bench chaos --json` prints.
type ChaosReport struct {
	Rows    []ChaosRow `json:"rows"`
	HoldS   float64    `json:"hold_s"`
	Rate    float64    `json:"rate"` // requests a second of ordinary visitors
	Load    string     `json:"load"` // of the machine before the run: the three averages
	CPU     string     `json:"cpu"`
	Commit  string     `json:"commit"`
	Command string     `json:"command"`
	Time    time.Time  `json:"time"`
}

// ChaosRow is one fault.
type ChaosRow struct {
	Promise string        `json:"promise"` // R1 to R10
	Fault   string        `json:"fault"`
	Verdict string        `json:"verdict"` // met, not met, unclear, skipped
	Figures []ChaosFigure `json:"figures"`
	Why     string        `json:"why,omitempty"` // it was skipped, or could not be measured
	Seconds float64       `json:"seconds"`
}

// ChaosFigure is one figure of a fault, with the bounds that are promised, if any.
type ChaosFigure struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Most  *float64 `json:"most,omitempty"`
	Least *float64 `json:"least,omitempty"`
	Noise float64  `json:"noise,omitempty"` // how far apart quiet phases were
}

func figure(name string, value float64) ChaosFigure { return ChaosFigure{Name: name, Value: value} }

func atMost(name string, value, most float64) ChaosFigure {
	return ChaosFigure{Name: name, Value: value, Most: &most}
}

func atLeast(name string, value, least float64) ChaosFigure {
	return ChaosFigure{Name: name, Value: value, Least: &least}
}

// verdict compares the figure with its bounds.
func (f ChaosFigure) verdict() string {
	beyond := 0.0
	if f.Most != nil {
		beyond = f.Value - *f.Most
	}
	if f.Least != nil {
		beyond = max(beyond, *f.Least-f.Value)
	}
	switch {
	case beyond <= 0:
		return verdictMet
	case beyond <= f.Noise:
		return verdictUnclear
	default:
		return verdictNotMet
	}
}

// judge sets the verdict: the worst of the figures'. What could not be measured is not kept.
func (r *ChaosRow) judge(err error) {
	var why skipped
	switch {
	case errors.As(err, &why):
		r.Verdict, r.Why = verdictSkipped, why.Error()
		return
	case err != nil:
		r.Verdict, r.Why = verdictNotMet, err.Error()
		return
	}
	r.Verdict = verdictMet
	for _, f := range r.Figures {
		switch v := f.verdict(); {
		case v == verdictNotMet:
			r.Verdict = v
		case v == verdictUnclear && r.Verdict == verdictMet:
			r.Verdict = v
		}
	}
}

// WriteTable prints the report for people.
func (r ChaosReport) WriteTable(w io.Writer) error {
	var out strings.Builder
	for _, row := range r.Rows {
		fmt.Fprintf(&out, "%-4s %-20s %-8s %s\n", row.Promise, row.Fault, row.Verdict, row.Why)
		for _, f := range row.Figures {
			fmt.Fprintf(&out, "     %12g  %s%s\n", f.Value, f.Name, f.bounds())
		}
	}
	fmt.Fprintf(&out, "\n%g requests/s of visitors; faults of %g s; load of the machine before: %s; %s\n%s\n%s\n", r.Rate, r.HoldS, r.Load, r.CPU, r.Commit, r.Command)
	_, err := io.WriteString(w, out.String())
	return err
}

func (f ChaosFigure) bounds() string {
	var said []string
	if f.Most != nil {
		said = append(said, fmt.Sprintf("at most %g", *f.Most))
	}
	if f.Least != nil {
		said = append(said, fmt.Sprintf("at least %g", *f.Least))
	}
	if len(said) == 0 {
		return ""
	}
	if f.Noise > 0 {
		said = append(said, fmt.Sprintf("quiet phases differ by %g", f.Noise))
	}
	return " (" + strings.Join(said, "; ") + "): " + f.verdict()
}
