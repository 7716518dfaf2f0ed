package ruleset

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

// A shape is a kind of value that machines write, recognised from its first to its last character: profile/shapes.yaml.
type shape struct {
	Name   string `yaml:"name"`
	Reason string `yaml:"reason"`
	Match  string `yaml:"match"`
	Must   string `yaml:"must"`  // what has to be found in it too
	Never  string `yaml:"never"` // what must not be found in it
	Benign string `yaml:"benign"`
	Attack string `yaml:"attack"`

	match, must, never *regexp.Regexp
}

//go:embed profile/shapes.yaml
var shapesData []byte

var shapes = sync.OnceValue(func() []shape {
	found, err := parseShapes(shapesData)
	if err != nil {
		panic("ruleset: the shapes are part of the program: " + err.Error())
	}
	return found
})

func parseShapes(data []byte) ([]shape, error) {
	var found []shape
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.DisallowUnknownField()).Decode(&found); err != nil {
		return nil, fmt.Errorf("read the shapes of values: %w", err)
	}
	for i := range found {
		f := &found[i]
		if f.Name == "" || f.Reason == "" || f.Benign == "" || f.Attack == "" {
			return nil, fmt.Errorf("shape %q: it needs a name, a reason, a benign value and an attack", f.Name)
		}
		var err error
		if f.match, err = regexp.Compile("^(?:" + f.Match + ")$"); err != nil {
			return nil, fmt.Errorf("shape %q: %w", f.Name, err)
		}
		for _, part := range []struct {
			text string
			into **regexp.Regexp
		}{{f.Must, &f.must}, {f.Never, &f.never}} {
			if part.text == "" {
				continue
			}
			if *part.into, err = regexp.Compile(part.text); err != nil {
				return nil, fmt.Errorf("shape %q: %w", f.Name, err)
			}
		}
	}
	return found, nil
}

func (f *shape) fits(value string) bool {
	return f.match.MatchString(value) && (f.must == nil || f.must.MatchString(value)) && (f.never == nil || !f.never.MatchString(value))
}

// maxShaped is the longest value that is held against the shapes.
const maxShaped = 1 << 20

// isShaped reports whether a value has one of the shapes that machines write.
func isShaped(value string) bool {
	if len(value) > maxShaped {
		return false
	}
	if quietDrawing(value) {
		return true
	}
	for i := range shapes() {
		if shapes()[i].fits(value) {
			return true
		}
	}
	return false
}

// runsInDrawing finds what makes a drawing more than one.
var runsInDrawing = regexp.MustCompile(`(?i)<\s*/?\s*(?:\w+:)?(?:script|foreignobject|iframe|object|embed|animate\w*|set|use|handler|a)\b|\bon\w+\s*=|script\s*:|<!(?:doctype|entity)|data:|&#`)

// quietDrawing reports whether a value is the address of a drawing in SVG (signature pads send these) that runs nothing.
func quietDrawing(value string) bool {
	packed, ok := strings.CutPrefix(value, "data:image/svg+xml;base64,")
	if !ok {
		packed, ok = strings.CutPrefix(value, "data:image/svg xml;base64,") // as a rule reads it that decodes addresses
	}
	if !ok {
		return false
	}
	drawing, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(packed, " ", "+")) // some rules hand over what they have decoded
	return err == nil && !runsInDrawing.Match(drawing)
}
