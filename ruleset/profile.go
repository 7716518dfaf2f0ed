package ruleset

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

// A profile is what a policy puts around the Core Rule Set. It is data: each line of profile/small_business.yaml says
// what it relaxes or adds and why, with a benign text that must pass and an attack that must still be stopped. A line
// changes rules for every request alike; nothing here looks at one site, one path or one sample.
//
// It becomes SecLang and nothing else, so that whoever reads the compiled rules, to prove a request clean without
// evaluating them, sees it too.
type profile struct {
	ahead  string  // in front of the Core Rule Set: variables that it leaves alone once set, and our own rules
	behind string  // behind it: changes to its rules
	args   int     // arguments of one request that are inspected
	guards []guard // questions to rules of the Core Rule Set
	lines  []profileLine
}

// A profileLine is one relaxation or addition.
type profileLine struct {
	Name   string `yaml:"name"`
	Reason string `yaml:"reason"`
	// Remove lists rules that are taken away, mostly because Rules below take their place, narrower.
	Remove []int `yaml:"remove"`
	// Half lists rules whose match counts 3 points instead of 5: evidence, but not a verdict on its own.
	Half []int `yaml:"half"`
	// Slight lists rules whose match counts 2 points, because others of them see the same words.
	Slight []int `yaml:"slight"`
	// Guard adds a question to rules.
	Guard []guard `yaml:"guard"`
	// Silence leaves parameters of some names out of rules with some tags.
	Silence []silence `yaml:"silence"`
	// Setup is SecLang of phase 1, Change SecLang that changes rules.
	Setup  string        `yaml:"setup"`
	Change string        `yaml:"change"`
	Rules  []profileRule `yaml:"rules"`

	Benign []profileSample `yaml:"benign"`
	Attack []profileSample `yaml:"attack"`
}

// A silence leaves the parameters whose name an expression matches out of the rules with any of the tags.
type silence struct {
	Names string   `yaml:"names"`
	Tags  []string `yaml:"tags"`
}

// A profileRule is a rule of ours: it scores like one of the Core Rule Set.
type profileRule struct {
	ID      int           `yaml:"id"`
	Targets string        `yaml:"targets"` // "standard" is what most of the rule set's rules look at
	Match   string        `yaml:"match"`   // operator and argument
	Steps   string        `yaml:"steps"`   // transformations, separated by commas
	And     []profileRule `yaml:"and"`     // further links: Targets, Match, Steps
	Capture bool          `yaml:"capture"` // of a further link: keep what its groups matched
	Message string        `yaml:"message"`
	Tag     string        `yaml:"tag"`
}

const standardTargets = "REQUEST_COOKIES|REQUEST_COOKIES_NAMES|ARGS_NAMES|ARGS|XML:/*"

//go:embed profile/small_business.yaml
var smallBusinessData []byte

var smallBusiness = sync.OnceValue(func() *profile {
	p, err := parseProfile(smallBusinessData)
	if err != nil {
		panic("ruleset: the profile is part of the program: " + err.Error())
	}
	return p
})

// profileOf returns what a policy puts around the rules of its version.
func profileOf(policy sekisho.Policy) *profile {
	if policy.Profile == sekisho.ProfileStock {
		return &profile{args: argumentLimit}
	}
	if rules, err := versionOf(policy.Version); err == nil {
		return rules.profile
	}
	return smallBusiness()
}

func parseProfile(data []byte) (*profile, error) {
	var file struct {
		Arguments int           `yaml:"arguments"`
		Lines     []profileLine `yaml:"lines"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.DisallowUnknownField()).Decode(&file); err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	p := &profile{args: file.Arguments, lines: file.Lines}
	ids := map[int]string{}
	var ahead, behind strings.Builder
	for _, line := range file.Lines {
		if err := line.check(ids); err != nil {
			return nil, fmt.Errorf("read the profile: line %q: %w", line.Name, err)
		}
		line.write(&ahead, &behind)
		p.guards = append(p.guards, line.Guard...)
	}
	p.ahead, p.behind = ahead.String(), behind.String()
	if p.args < 1 {
		return nil, fmt.Errorf("read the profile: arguments: %d, want at least 1", p.args)
	}
	return p, nil
}

// check holds every line to its reason and its proof, and our rules to ids of their own.
func (l profileLine) check(ids map[int]string) error {
	if l.Name == "" || l.Reason == "" {
		return fmt.Errorf("it needs a name and a reason")
	}
	if len(l.Attack) == 0 {
		return fmt.Errorf("it needs an attack that is still stopped")
	}
	if relaxes := len(l.Remove)+len(l.Half)+len(l.Slight)+len(l.Guard)+len(l.Silence) > 0; relaxes && len(l.Benign) == 0 {
		return fmt.Errorf("it relaxes rules and shows no benign request that this is for")
	}
	for _, rule := range l.Rules {
		if rule.ID < firstProfileRule || rule.ID > lastProfileRule || ids[rule.ID] != "" {
			return fmt.Errorf("rule %d: the id is taken, or not between %d and %d", rule.ID, firstProfileRule, lastProfileRule)
		}
		if rule.Targets == "" || rule.Match == "" || rule.Message == "" || rule.Tag == "" {
			return fmt.Errorf("rule %d: it needs targets, match, message and tag", rule.ID)
		}
		ids[rule.ID] = l.Name
	}
	return nil
}

func (l profileLine) write(ahead, behind *strings.Builder) {
	if l.Setup != "" {
		ahead.WriteString(strings.TrimSpace(l.Setup) + "\n")
	}
	for _, rule := range l.Rules {
		rule.write(ahead)
	}
	lighten := func(ids []int, by int, severity string) {
		for _, id := range ids { // behind the rule's own +5; the severity is what the evidence shows as its score
			fmt.Fprintf(behind, "SecRuleUpdateActionById %d \"severity:%s,setvar:tx.inbound_anomaly_score_pl1=-%d\"\n", id, severity, by)
		}
	}
	lighten(l.Half, 2, "WARNING")
	lighten(l.Slight, 3, "NOTICE")
	for _, id := range l.Remove {
		fmt.Fprintf(behind, "SecRuleRemoveById %d\n", id)
	}
	for _, s := range l.Silence {
		for _, tag := range s.Tags {
			fmt.Fprintf(behind, "SecRuleUpdateTargetByTag %s \"!ARGS:/%s/\"\n", tag, s.Names)
		}
	}
	if l.Change != "" {
		behind.WriteString(strings.TrimSpace(l.Change) + "\n")
	}
}

const scoring = "setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'"

func (r profileRule) write(b *strings.Builder) {
	fmt.Fprintf(b, `SecRule %s "%s" "id:%d,phase:2,block,capture,%slog,msg:'%s',`+
		`logdata:'Matched Data: %%{TX.0} found within %%{MATCHED_VAR_NAME}: %%{MATCHED_VAR}',tag:'%s',severity:'CRITICAL'`,
		targets(r.Targets), quoted(r.Match), r.ID, steps(r.Steps), r.Message, r.Tag)
	for _, link := range r.And {
		fmt.Fprintf(b, `,chain"`+"\n"+`SecRule %s "%s" "%s`, targets(link.Targets), quoted(link.Match), strings.TrimSuffix(steps(link.Steps), ","))
		if link.Capture {
			b.WriteString(",capture")
		}
	}
	fmt.Fprintf(b, ",%s\"\n", scoring)
}

func targets(text string) string { return strings.ReplaceAll(text, "standard", standardTargets) }

func quoted(text string) string { return strings.ReplaceAll(text, `"`, `\"`) }

func steps(list string) string {
	written := "t:none,"
	for step := range strings.SplitSeq(list, ",") {
		if step = strings.TrimSpace(step); step != "" {
			written += "t:" + step + ","
		}
	}
	return written
}

// A profileSample is one request, as much of it as matters.
type profileSample struct {
	Method  string            `yaml:"method"`
	Target  string            `yaml:"target"`
	Headers map[string]string `yaml:"headers"`
	Text    string            `yaml:"text"` // the field of a form post
	Type    string            `yaml:"type"` // the body's Content-Type
	Body    string            `yaml:"body"`
	Hex     string            `yaml:"hex"` // the body, where it is no text
}
