package incident

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

//go:embed knowledge/*.yaml
var embeddedKnowledge embed.FS

// knowledge is what we can say about incidents, in both languages.
type knowledge struct {
	Ranks    map[string]text         `yaml:"ranks"`
	Titles   map[string]text         `yaml:"titles"`
	Effects  map[string]text         `yaml:"effects"`
	Advice   map[string]text         `yaml:"advice"`
	Whys     map[string]text         `yaml:"whys"`
	Classes  map[sekisho.Class]entry `yaml:"classes"`
	Families map[string]entry        `yaml:"families"`
}

// entry is one class or family.
type entry struct {
	Of     []sekisho.Class `yaml:"of"`     // of a family: the classes that it speaks for
	Kind   string          `yaml:"kind"`   // "event" for what happens rather than attacks
	About  text            `yaml:"about"`  // what it is
	Worked text            `yaml:"worked"` // the title when it succeeded, if the usual one does not fit
	What   text            `yaml:"what"`
	Risk   text            `yaml:"risk"`
	Now    text            `yaml:"now"`
	Later  text            `yaml:"later"`
}

type text struct {
	JA string `yaml:"ja"`
	EN string `yaml:"en"`
}

// known is read once; a file that does not fit is a fault of the build and found by any test.
var known = mustReadKnowledge(embeddedKnowledge)

// mustReadKnowledge joins the files; what stands in two of them is a fault.
func mustReadKnowledge(files fs.FS) *knowledge {
	k := &knowledge{Classes: map[sekisho.Class]entry{}, Families: map[string]entry{}}
	paths, err := fs.Glob(files, "knowledge/*.yaml")
	if err != nil {
		panic(err)
	}
	for _, path := range paths {
		content, err := fs.ReadFile(files, path)
		if err != nil {
			panic(err)
		}
		part := knowledge{}
		if err := yaml.UnmarshalWithOptions(content, &part, yaml.Strict()); err != nil {
			panic(fmt.Sprintf("incident: %s: %v", path, err))
		}
		if part.Titles != nil {
			k.Ranks, k.Titles, k.Effects, k.Advice, k.Whys = part.Ranks, part.Titles, part.Effects, part.Advice, part.Whys
		}
		for name := range part.Families {
			if _, twice := k.Families[name]; twice {
				panic(fmt.Sprintf("incident: %s: family %s stands in another file, too", path, name))
			}
		}
		maps.Copy(k.Classes, part.Classes)
		maps.Copy(k.Families, part.Families)
	}
	return k
}

// about returns what is known of an incident's subject. A class nobody wrote about is told as something unusual.
func (k *knowledge) about(i sekisho.Incident) entry {
	if e, ok := k.Families[i.Family]; ok && slices.Contains(e.Of, i.Class) {
		return e
	}
	if e, ok := k.Classes[i.Class]; ok {
		return e
	}
	return entry{
		Kind:  "event",
		About: text{JA: "これまでに見たことのない種類の記録です。", EN: "A kind of record that was not seen before."},
		What:  text{JA: "見慣れない動き", EN: "unusual activity"}, Risk: text{JA: "思わぬ影響", EN: "unexpected effects"},
		Now: text{JA: "サポート窓口へご相談ください。", EN: "Please ask the support desk."}, Later: text{JA: "サポート窓口へご相談ください。", EN: "Please ask the support desk."},
	}
}
