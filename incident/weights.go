package incident

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"github.com/sekisho-waf/sekisho"
)

// MaxWeights is how many bytes a file of weights may have.
const MaxWeights = 1 << 20

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
	Everyday   bool       `yaml:"everyday"`
	Cap        string     `yaml:"cap"`
	Care       string     `yaml:"care"`
}

const (
	capLow    = "low"
	capMedium = "medium"
)

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

// DefaultWeights returns the scale that comes with the program, the same one each time.
func DefaultWeights() *Weights { return embedded() }

var embedded = sync.OnceValue(func() *Weights {
	w, err := ParseWeights(embeddedWeights)
	if err != nil {
		panic("incident: the embedded weights: " + err.Error())
	}
	return w
})

// ParseWeights reads a whole scale, in the form of weights.yaml. A file with an unknown, missing or impossible entry is
// refused as a whole; the error (KindInvalid) names the line and the entry.
func ParseWeights(content []byte) (*Weights, error) {
	w := &Weights{}
	refused := func(line int, what string) error {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Op: "reading the weights", Msg: fmt.Sprintf("line %d: %s", line, what)}
	}
	if err := yaml.UnmarshalWithOptions(content, w, yaml.Strict()); err != nil {
		if syntax, ok := errors.AsType[yaml.Error](err); ok && syntax.GetToken() != nil {
			return nil, refused(syntax.GetToken().Position.Line, syntax.GetMessage())
		}
		return nil, refused(1, strings.Join(strings.Fields(err.Error()), " "))
	}
	if err := w.validate(); err != nil {
		return nil, refused(lineOf(content, err.path), err.Error())
	}
	return w, nil
}

// fault is an entry of a weights file that cannot be.
type fault struct{ path, what string }

func (f *fault) Error() string { return f.path + ": " + f.what }

// beyond reports whether a number is not from low to high; what is not a number never is.
func beyond(v, low, high float64) bool { return !(v >= low && v <= high) }

func wrong(path, format string, args ...any) *fault {
	return &fault{path, fmt.Sprintf(format, args...)}
}

// lineOf finds the line of an entry; of a missing one, that of what should hold it.
func lineOf(content []byte, path string) int {
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return 1
	}
	for path != "" {
		if query, err := yaml.PathString("$." + path); err == nil {
			if node, err := query.FilterFile(file); err == nil && node != nil {
				return node.GetToken().Position.Line
			}
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
	return 1
}

func (w *Weights) validate() *fault {
	if t := w.Thresholds; t.Low < 1 || t.Low >= t.Medium || t.Medium >= t.High || t.High > 100 {
		return wrong("thresholds", "use 1 <= low < medium < high <= 100, not %d, %d, %d", t.Low, t.Medium, t.High)
	}
	for _, err := range []*fault{
		complete("classes", w.Classes, allClasses), complete("outcomes", w.Outcomes, allOutcomes),
		complete("assets", w.Assets, allAssets), complete("recurrence", w.Recurrence, allRecurrences),
		complete("correlation", w.Correlation, allCorrelations),
	} {
		if err != nil {
			return err
		}
	}
	for _, name := range allClasses {
		c := w.Classes[name]
		switch {
		case beyond(c.Impact, 1, 100):
			return wrong("classes."+string(name)+".impact", "%v: use 1 to 100", c.Impact)
		case c.Recurrence != "" && !slices.Contains(allRecurrences, c.Recurrence):
			return wrong("classes."+string(name)+".recurrence", "%q: use one of %v", c.Recurrence, allRecurrences)
		case !slices.Contains([]string{"", "opens", "follows"}, c.Chain):
			return wrong("classes."+string(name)+".chain", "%q: use opens or follows", c.Chain)
		case !slices.Contains([]string{"", capLow, capMedium}, c.Cap):
			return wrong("classes."+string(name)+".cap", "%q: use low or medium", c.Cap)
		case !slices.Contains([]string{"", "usb", "wifi", "install", "disk", "web", "file"}, c.Care):
			return wrong("classes."+string(name)+".care", "%q: use usb, wifi, install, disk, web or file", c.Care)
		case !slices.Contains([]string{"", "failure", "success"}, c.Login):
			return wrong("classes."+string(name)+".login", "%q: use failure or success", c.Login)
		}
	}
	for _, name := range allOutcomes {
		if f := w.Outcomes[name].Factor; beyond(f, 0.01, 1) {
			return wrong("outcomes."+string(name)+".factor", "%v: use 0.01 to 1", f)
		}
	}
	for _, name := range allAssets {
		if f := w.Assets[name]; beyond(f, 0.01, 2) {
			return wrong("assets."+string(name), "%v: use 0.01 to 2", f)
		}
	}
	for _, word := range slices.Sorted(maps.Keys(w.VendorSeverity)) {
		step := w.VendorSeverity[word]
		if beyond(step, -20, 20) {
			return wrong("vendor_severity."+word, "%v: use -20 to 20", step)
		}
	}
	for _, name := range allRecurrences {
		if f := w.Recurrence[name]; beyond(f, 0, 100) {
			return wrong("recurrence."+string(name), "%v: use 0 to 100", f)
		}
	}
	for _, name := range allCorrelations {
		c := w.Correlation[name]
		switch {
		case beyond(c.Add, 0, 100):
			return wrong("correlation."+string(name)+".add", "%v: use 0 to 100", c.Add)
		case c.Group == "":
			return wrong("correlation."+string(name)+".group", "name a group")
		case c.Within <= 0 || c.Within > week:
			return wrong("correlation."+string(name)+".within", "%s: use more than 0, at most %s", c.Within, week)
		case (name == breadth || name == beacon || name == tactics) && (c.Count < 2 || c.Count > maxTargets):
			return wrong("correlation."+string(name)+".count", "%d: use 2 to %d", c.Count, maxTargets)
		case name == beacon && beyond(c.Variation, 0.001, 10):
			return wrong("correlation."+string(name)+".variation", "%v: use 0.001 to 10", c.Variation)
		}
	}
	g := w.Guards
	for _, guard := range []struct {
		key   string
		value float64
	}{{"quiet", g.Quiet}, {"outside", g.Outside}, {"success", g.Success}, {"success_impact", g.SuccessImpact}} {
		if beyond(guard.value, 1, 100) {
			return wrong("guards."+guard.key, "%v: use 1 to 100", guard.value)
		}
	}
	if g.LoginFailures < 2 {
		return wrong("guards.login_failures", "%d: use at least 2", g.LoginFailures)
	}
	return nil
}

// complete wants exactly the known names as keys.
func complete[K ~string, V any](section string, got map[K]V, known []K) *fault {
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if !slices.Contains(known, name) {
			return wrong(section+"."+string(name), "nothing of this name; there are %v", known)
		}
	}
	for _, name := range known {
		if _, ok := got[name]; !ok {
			return wrong(section+"."+string(name), "missing")
		}
	}
	return nil
}
