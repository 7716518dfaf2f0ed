package incident

import (
	"math"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// Finding is what the score of an event, or of the alert that it stands for, depends on.
type Finding struct {
	Class      sekisho.Class
	Outcome    sekisho.Outcome // empty counts as unknown
	Asset      sekisho.Asset
	Confidence float64 // 0 counts as 1
	Vendor     string  // the sensor's own severity, in any case
	Outside    bool    // it came from outside the firm
	N          int     // events of the same tenant, entity and family in 30 days, this one included
	Reasons    []string
	// Harmful says that something else in the same incident had an effect, which lifts the guards for what had none.
	Harmful bool
	// Success says that something else in the same incident succeeded and was grave enough for the success guard.
	Success bool
}

// Guards, as stored in Terms.Guard.
const (
	GuardQuiet   = "quiet"   // noise and scans that had no effect
	GuardOutside = "outside" // attacks from outside that had no effect
	GuardCapped  = "capped"  // a class that never passes its rank
	GuardSuccess = "success" // a success is always High
)

// Score is the formula: min(100, C * A * I * O + R + X), then the guards. It is pure. An unknown class scores 0: it is
// stored, and nobody is told.
func Score(w *Weights, f Finding) sekisho.Terms {
	class, known := w.Classes[f.Class]
	if !known {
		return sekisho.Terms{N: f.N}
	}
	outcome, known := w.Outcomes[f.Outcome]
	if !known {
		outcome = w.Outcomes[sekisho.OutcomeUnknown]
	}
	asset, known := w.Assets[f.Asset]
	if !known {
		asset = 1
	}
	terms := sekisho.Terms{
		Impact:     w.impact(class, f.Vendor),
		Confidence: confidence(f.Confidence),
		Asset:      asset,
		Outcome:    outcome.Factor,
		Recurrence: w.Recurrence[w.recurs(class, f.Outside)] * math.Log10(float64(max(1, f.N))),
		N:          f.N,
		Reasons:    f.Reasons,
	}
	terms.Correlation = w.correlate(f.Reasons)
	score := terms.Confidence*terms.Asset*terms.Impact*terms.Outcome + terms.Recurrence + terms.Correlation
	score, terms.Guard = w.guard(f, class, outcome.Harmless, terms, min(100, score))
	terms.Score = int(math.Round(score))
	terms.Severity = w.rank(terms.Score)
	return terms
}

// guard holds or lifts a score.
func (w *Weights) guard(f Finding, class classWeight, harmless bool, terms sekisho.Terms, score float64) (float64, string) {
	harmless = harmless && !f.Harmful
	alone := !slices.ContainsFunc(f.Reasons, func(reason string) bool {
		return slices.Contains([]correlation{outsideSensors, insideSensors, moved, chain, tactics}, correlation(reason))
	})
	succeeded := f.Success || w.isSuccess(f.Outcome, terms.Confidence, terms.Impact)
	switch {
	case class.Cap != "" && score > w.cap(class.Cap):
		return w.cap(class.Cap), GuardCapped
	case class.Cap != "":
		return score, ""
	case succeeded && score < w.Guards.Success:
		return w.Guards.Success, GuardSuccess
	case class.Quiet && harmless && score > w.Guards.Quiet:
		return w.Guards.Quiet, GuardQuiet
	case f.Outside && harmless && alone && score > w.Guards.Outside:
		return w.Guards.Outside, GuardOutside
	}
	return score, ""
}

// cap is the highest score of a rank.
func (w *Weights) cap(rank string) float64 {
	if rank == capLow {
		return float64(w.Thresholds.Medium - 1)
	}
	return float64(w.Thresholds.High - 1)
}

// trackOf says on which track a class is told, and on which line of a PC's report.
func (w *Weights) trackOf(class sekisho.Class) (sekisho.Track, string) {
	c := w.Classes[class]
	if c.Hygiene {
		return sekisho.TrackCare, c.Care
	}
	return sekisho.TrackAttack, c.Care
}

// isSuccess reports whether an event calls for the success guard.
func (w *Weights) isSuccess(outcome sekisho.Outcome, confidence, impact float64) bool {
	return outcome == sekisho.OutcomeSucceeded && confidence*impact >= w.Guards.SuccessImpact
}

func (w *Weights) impact(class classWeight, vendor string) float64 {
	word := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(vendor)), " ", "_")
	return min(100, max(class.Impact+w.VendorSeverity[word], min(10, class.Impact)))
}

func (w *Weights) recurs(class classWeight, outside bool) recurrence {
	switch {
	case class.Recurrence != "" && (class.Recurrence != recurrenceMalware || !outside):
		return class.Recurrence
	case outside:
		return recurrenceOutside
	}
	return recurrenceInside
}

// correlate sums the reasons, one for each group.
func (w *Weights) correlate(reasons []string) (sum float64) {
	for i, reason := range reasons {
		c := w.Correlation[correlation(reason)]
		counts := true
		for j, other := range reasons { // the highest of its group; of equals, the first
			o := w.Correlation[correlation(other)]
			if o.Group == c.Group && (o.Add > c.Add || o.Add == c.Add && j < i) {
				counts = false
			}
		}
		if counts {
			sum += c.Add
		}
	}
	return sum
}

func (w *Weights) rank(score int) sekisho.Severity {
	switch {
	case score >= w.Thresholds.High:
		return sekisho.SeverityHigh
	case score >= w.Thresholds.Medium:
		return sekisho.SeverityMedium
	case score >= w.Thresholds.Low:
		return sekisho.SeverityLow
	}
	return sekisho.SeverityUnknown
}

func confidence(c float64) float64 {
	if !(c > 0 && c <= 1) { // also NaN
		return 1
	}
	return c
}
