package incident

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

//go:embed weights.yaml
var embeddedWeights []byte

// Weights are the numbers of the scale. They are read once and never change afterwards.
type Weights struct {
	Thresholds     thresholds                        `yaml:"thresholds"`
	Classes        map[sekisho.Class]classWeight     `yaml:"classes"`
	Outcomes       map[sekisho.Outcome]outcomeWeight `yaml:"outcomes"`
	Assets         map[sekisho.Asset]float64         `yaml:"assets"`
	VendorSeverity map[string]float64                `yaml:"vendor_severity"`
	Recurrence     map[recurrence]float64            `yaml:"recurrence"`
	Correlation    map[correlation]correlationWeight `yaml:"correlation"`
	Guards         guards                            `yaml:"guards"`
}

type thresholds struct {
	Low    int `yaml:"low"`
	Medium int `yaml:"medium"`
	High   int `yaml:"high"`
}

type classWeight struct {
	Impact     float64    `yaml:"impact"`
	Recurrence recurrence `yaml:"recurrence"`
	Tactic     string     `yaml:"tactic"`
	Chain      string     `yaml:"chain"`
	Login      string     `yaml:"login"`
	Hygiene    bool       `yaml:"hygiene"`
	Quiet      bool       `yaml:"quiet"`
	Capped     bool       `yaml:"capped"`
}

type outcomeWeight struct {
	Factor   float64 `yaml:"factor"`
	Harmless bool    `yaml:"harmless"`
}

type correlationWeight struct {
	Add       float64       `yaml:"add"`
	Group     string        `yaml:"group"`
	Within    time.Duration `yaml:"within"`
	Count     int           `yaml:"count"`
	Variation float64       `yaml:"variation"`
}

type guards struct {
	Quiet         float64 `yaml:"quiet"`
	Capped        float64 `yaml:"capped"`
	Outside       float64 `yaml:"outside"`
	Success       float64 `yaml:"success"`
	SuccessImpact float64 `yaml:"success_impact"`
	LoginFailures int     `yaml:"login_failures"`
}

// recurrence names a weight of R.
type recurrence string

const (
	recurrenceNone    recurrence = "none"
	recurrenceInstall recurrence = "install"
	recurrenceOutside recurrence = "outside"
	recurrenceInside  recurrence = "inside"
	recurrenceMalware recurrence = "malware"
)

// correlation names a reason of X, as stored in Terms.Reasons.
type correlation string

const (
	outsideSensors correlation = "outside_sensors"
	insideSensors  correlation = "inside_sensors"
	moved          correlation = "move"
	again          correlation = "again"
	breadth        correlation = "breadth"
	beacon         correlation = "beacon"
	chain          correlation = "chain"
	tactics        correlation = "tactics"
)

var (
	allClasses = []sekisho.Class{
		sekisho.ClassNoise, sekisho.ClassPolicyWeb, sekisho.ClassUSB, sekisho.ClassInstall, sekisho.ClassDiskEvent,
		sekisho.ClassOpenWiFi, sekisho.ClassScan, sekisho.ClassLoginFailure, sekisho.ClassConfigChange,
		sekisho.ClassSensorFault, sekisho.ClassSMARTFailure, sekisho.ClassMaliciousWeb, sekisho.ClassNewCountryVPN,
		sekisho.ClassPUA, sekisho.ClassRemoteTool, sekisho.ClassDLP, sekisho.ClassSensorSilent, sekisho.ClassExploit,
		sekisho.ClassWAFAttack, sekisho.ClassSuspiciousFile, sekisho.ClassAdminLoginExternal, sekisho.ClassPhishingPost,
		sekisho.ClassTampering, sekisho.ClassMalware, sekisho.ClassAPT, sekisho.ClassC2, sekisho.ClassKnownBadConnection,
		sekisho.ClassLoginAfterFailures, sekisho.ClassWebShell, sekisho.ClassRansomware,
	}
	allOutcomes = []sekisho.Outcome{
		sekisho.OutcomePrevented, sekisho.OutcomeRefused, sekisho.OutcomeContained, sekisho.OutcomeRedirected,
		sekisho.OutcomeUnknown, sekisho.OutcomeDetected, sekisho.OutcomeErrored, sekisho.OutcomeSucceeded,
	}
	allAssets = []sekisho.Asset{
		sekisho.AssetServer, sekisho.AssetDirectory, sekisho.AssetAdminPC, sekisho.AssetPC, sekisho.AssetGuest,
	}
	allRecurrences  = []recurrence{recurrenceNone, recurrenceInstall, recurrenceOutside, recurrenceInside, recurrenceMalware}
	allCorrelations = []correlation{outsideSensors, insideSensors, moved, again, breadth, beacon, chain, tactics}
)

// DefaultWeights returns the scale that comes with the program.
func DefaultWeights() *Weights {
	w, err := ParseWeights(embeddedWeights)
	if err != nil {
		panic("incident: the embedded weights: " + err.Error())
	}
	return w
}

// ParseWeights reads a whole scale, in the form of weights.yaml. A file with an unknown, missing or impossible entry is
// refused as a whole; the error (KindInvalid) names the entry.
func ParseWeights(content []byte) (*Weights, error) {
	w := &Weights{}
	if err := yaml.UnmarshalWithOptions(content, w, yaml.Strict()); err != nil {
		where, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n") // "[12:3] unknown field ..."
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Op: "reading the weights", Msg: where, Err: nil}
	}
	if err := w.validate(); err != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Op: "reading the weights", Msg: err.Error()}
	}
	return w, nil
}

func (w *Weights) validate() error {
	if t := w.Thresholds; t.Low < 1 || t.Low >= t.Medium || t.Medium >= t.High || t.High > 100 {
		return fmt.Errorf("thresholds: use 1 <= low < medium < high <= 100, not %d, %d, %d", t.Low, t.Medium, t.High)
	}
	if err := errors.Join(
		complete("classes", w.Classes, allClasses), complete("outcomes", w.Outcomes, allOutcomes),
		complete("assets", w.Assets, allAssets), complete("recurrence", w.Recurrence, allRecurrences),
		complete("correlation", w.Correlation, allCorrelations),
	); err != nil {
		return err
	}
	for _, name := range allClasses {
		c := w.Classes[name]
		switch {
		case c.Impact < 1 || c.Impact > 100:
			return fmt.Errorf("classes.%s.impact %v: use 1 to 100", name, c.Impact)
		case c.Recurrence != "" && !slices.Contains(allRecurrences, c.Recurrence):
			return fmt.Errorf("classes.%s.recurrence %q: use one of %v", name, c.Recurrence, allRecurrences)
		case !slices.Contains([]string{"", "opens", "follows"}, c.Chain):
			return fmt.Errorf("classes.%s.chain %q: use opens or follows", name, c.Chain)
		case !slices.Contains([]string{"", "failure", "success"}, c.Login):
			return fmt.Errorf("classes.%s.login %q: use failure or success", name, c.Login)
		}
	}
	for _, name := range allOutcomes {
		if f := w.Outcomes[name].Factor; f <= 0 || f > 1 {
			return fmt.Errorf("outcomes.%s.factor %v: use more than 0, at most 1", name, f)
		}
	}
	for _, name := range allAssets {
		if f := w.Assets[name]; f <= 0 || f > 2 {
			return fmt.Errorf("assets.%s %v: use more than 0, at most 2", name, f)
		}
	}
	for word, step := range w.VendorSeverity {
		if step < -20 || step > 20 {
			return fmt.Errorf("vendor_severity.%s %v: use -20 to 20", word, step)
		}
	}
	for _, name := range allRecurrences {
		if f := w.Recurrence[name]; f < 0 || f > 100 {
			return fmt.Errorf("recurrence.%s %v: use 0 to 100", name, f)
		}
	}
	for _, name := range allCorrelations {
		c := w.Correlation[name]
		switch {
		case c.Add < 0 || c.Add > 100:
			return fmt.Errorf("correlation.%s.add %v: use 0 to 100", name, c.Add)
		case c.Group == "":
			return fmt.Errorf("correlation.%s.group: name a group", name)
		case c.Within <= 0 || c.Within > week:
			return fmt.Errorf("correlation.%s.within %s: use more than 0, at most %s", name, c.Within, week)
		case (name == breadth || name == beacon || name == tactics) && (c.Count < 2 || c.Count > maxTargets):
			return fmt.Errorf("correlation.%s.count %d: use 2 to %d", name, c.Count, maxTargets)
		case name == beacon && c.Variation <= 0:
			return fmt.Errorf("correlation.%s.variation %v: use more than 0", name, c.Variation)
		}
	}
	g := w.Guards
	for key, value := range map[string]float64{"quiet": g.Quiet, "capped": g.Capped, "outside": g.Outside, "success": g.Success, "success_impact": g.SuccessImpact} {
		if value < 1 || value > 100 {
			return fmt.Errorf("guards.%s %v: use 1 to 100", key, value)
		}
	}
	if g.LoginFailures < 2 {
		return fmt.Errorf("guards.login_failures %d: use at least 2", g.LoginFailures)
	}
	return nil
}

// complete wants exactly the known names as keys.
func complete[K ~string, V any](section string, got map[K]V, known []K) error {
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s.%s: nothing of this name; there are %v", section, name, known)
		}
	}
	for _, name := range known {
		if _, ok := got[name]; !ok {
			return fmt.Errorf("%s.%s: missing", section, name)
		}
	}
	return nil
}
