package proof

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// A place is a link of a rule. Late is what the link reads once it has matched.
type place struct {
	rule, link int
	late       bool
}

// outside reports whether a reader is anywhere but further down in the chain of which link sets something.
func (p place) outside(setter place) bool {
	return p.rule != setter.rule || p.link < setter.link || p.link == setter.link && !p.late
}

// readers knows who reads TX variables. A variable that nobody else reads may differ from request to request.
type readers struct {
	byKey    map[string][]place
	patterns []patternReader
	all      []place // those that read every one
}

type patternReader struct {
	pattern *regexp.Regexp
	literal string // part of every name that it reads, where it is not bound to the beginning of the name
	begins  string // the beginning of every name that it reads
	place
}

const numbered = "0123456789"

func findReaders(program *seclang.Program, recorded map[string]string) (*readers, error) {
	r := &readers{byKey: map[string][]place{}}
	nobody := place{rule: -1}
	for key := range recorded {
		r.byKey[key] = append(r.byKey[key], nobody)
	}
	for i := range program.Rules {
		for j := range program.Rules[i].Links {
			link, here := &program.Rules[i].Links[j], place{rule: i, link: j}
			for _, v := range link.Variables {
				if v.Name != "TX" {
					continue
				}
				if err := r.addVariable(v, here); err != nil {
					return nil, err
				}
			}
			if link.Operator != nil {
				r.addMacro(link.Operator.Macro, here)
			}
			here.late = true
			for _, set := range link.SetVars {
				r.addMacro(set.Key, here)
				r.addMacro(set.Value, here)
			}
		}
	}
	return r, nil
}

func (r *readers) addVariable(v seclang.Variable, here place) error {
	switch {
	case v.IsPattern:
		pattern, err := regexp.Compile(v.Pattern)
		if err != nil {
			return err
		}
		reader := patternReader{pattern: pattern, place: here}
		if bound, ok := strings.CutPrefix(v.Pattern, "^"); ok {
			if behind, err := regexp.Compile(bound); err == nil && !strings.Contains(bound, "|") {
				reader.begins, _ = behind.LiteralPrefix()
			}
		} else {
			reader.literal, _ = pattern.LiteralPrefix()
		}
		r.patterns = append(r.patterns, reader)
	case v.Key == "":
		r.all = append(r.all, here)
	default:
		r.byKey[v.Key] = append(r.byKey[v.Key], here)
	}
	return nil
}

func (r *readers) addMacro(m seclang.Macro, here place) {
	for _, part := range m.Parts {
		if part.Variable == "TX" && part.Key != "" {
			r.byKey[part.Key] = append(r.byKey[part.Key], here)
		} else if part.Variable == "TX" {
			r.all = append(r.all, here)
		}
	}
}

// readOutside reports whether a variable is read anywhere but further down in the chain that sets it.
func (r *readers) readOutside(key string, setter place) bool {
	for _, p := range r.byKey[key] {
		if p.outside(setter) {
			return true
		}
	}
	for _, reader := range r.patterns {
		if reader.outside(setter) && reader.pattern.MatchString(key) {
			return true
		}
	}
	for _, p := range r.all {
		if p.outside(setter) {
			return true
		}
	}
	return false
}

// readOutsideWithPrefix is readOutside for names of which only the beginning is known. The names returned must not occur
// in the rest; ok is false where nothing helps.
func (r *readers) readOutsideWithPrefix(prefix string, setter place) (forbidden []string, ok bool) {
	for key, places := range r.byKey {
		for _, p := range places {
			if p.outside(setter) && strings.HasPrefix(key, prefix) {
				return nil, false
			}
		}
	}
	for _, reader := range r.patterns {
		if !reader.outside(setter) {
			continue
		}
		switch {
		case reader.begins != "":
			if strings.HasPrefix(reader.begins, prefix) || strings.HasPrefix(prefix, reader.begins) {
				return nil, false
			}
		case len(reader.literal) > 3:
			forbidden = append(forbidden, reader.literal)
		default:
			return nil, false
		}
	}
	return forbidden, len(r.all) == 0
}

// checkCaptures makes sure that what operators capture is read only where the same chain has captured it before: then
// it does not matter what an earlier rule has left.
func (r *readers) checkCaptures(program *seclang.Program) error {
	captured := func(p place) bool {
		for j, link := range program.Rules[p.rule].Links {
			if link.Capture && (j < p.link || p.late && j == p.link) {
				return true
			}
		}
		return false
	}
	for i := range numbered {
		for _, p := range r.byKey[numbered[i:i+1]] {
			if p.rule >= 0 && !captured(p) {
				return fmt.Errorf("rule %d reads TX:%c, which another rule may have captured", program.Rules[p.rule].ID, numbered[i])
			}
		}
		for _, reader := range r.patterns {
			if reader.pattern.MatchString(numbered[i : i+1]) {
				return fmt.Errorf("rule %d reads TX:%c by an expression", program.Rules[reader.rule].ID, numbered[i])
			}
		}
	}
	if len(r.all) > 0 {
		return fmt.Errorf("rule %d reads all TX variables", program.Rules[r.all[0].rule].ID)
	}
	return nil
}
