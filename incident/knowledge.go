package incident

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

//go:embed knowledge.yaml
var embeddedKnowledge []byte

// knowledge is what we can say about incidents, in both languages.
type knowledge struct {
	Ranks         map[string]text         `yaml:"ranks"`
	Titles        map[string]text         `yaml:"titles"`
	Effects       map[string]text         `yaml:"effects"`
	Advice        map[string]text         `yaml:"advice"`
	Whys          map[string]text         `yaml:"whys"`
	Classes       map[sekisho.Class]entry `yaml:"classes"`
	FamilyClasses []sekisho.Class         `yaml:"family_classes"`
	Families      map[string]entry        `yaml:"families"`
}

// entry is one class or family.
type entry struct {
	Kind   string `yaml:"kind"`   // "event" for what happens rather than attacks
	Worked text   `yaml:"worked"` // the title when it succeeded, if the usual one does not fit
	What   text   `yaml:"what"`
	Risk   text   `yaml:"risk"`
	Now    text   `yaml:"now"`
	Later  text   `yaml:"later"`
}

type text struct {
	JA string `yaml:"ja"`
	EN string `yaml:"en"`
}

// known is read once; a file that does not fit is a fault of the build and found by any test.
var known = func() *knowledge {
	k := &knowledge{}
	if err := yaml.UnmarshalWithOptions(embeddedKnowledge, k, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("incident: the embedded knowledge: %v", err))
	}
	return k
}()

// about returns what is known of an incident's subject. A class nobody wrote about is told as something unusual.
func (k *knowledge) about(i sekisho.Incident) entry {
	if slices.Contains(k.FamilyClasses, i.Class) {
		if e, ok := k.Families[i.Family]; ok {
			return e
		}
	}
	if e, ok := k.Classes[i.Class]; ok {
		return e
	}
	return entry{
		Kind: "event",
		What: text{JA: "見慣れない動き", EN: "unusual activity"}, Risk: text{JA: "思わぬ影響", EN: "unexpected effects"},
		Now: text{JA: "サポート窓口へご相談ください。", EN: "Please ask the support desk."}, Later: text{JA: "サポート窓口へご相談ください。", EN: "Please ask the support desk."},
	}
}
