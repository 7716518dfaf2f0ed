package seclang

import (
	"errors"
	"fmt"
	"strings"
)

// An action as it is written in a list of actions.
type action struct {
	name, value string // the name in lower case
	kind        kind
}

// A kind says when an action takes effect.
type kind int

const (
	metadata   kind = iota + 1 // before any other, and never as a default
	disruptive                 // one per rule, the last
	other                      // in the order in which they stand, defaults first
)

var actionKinds = map[string]kind{}

func init() {
	for name := range set(`id phase msg rev ver severity tag maturity accuracy`) {
		actionKinds[name] = metadata
	}
	for name := range set(`allow block deny drop pass redirect`) {
		actionKinds[name] = disruptive
	}
	for name := range set(`auditlog capture chain ctl exec expirevar initcol log logdata multimatch noauditlog nolog setenv
		setvar skip skipafter status t`) {
		actionKinds[name] = other
	}
}

// parseActions splits a list of actions at its commas, outside of quotes. Of several disruptive actions the last stays,
// in the place of the first.
func parseActions(text string) ([]action, error) {
	if text == "" || strings.IndexByte(`',:`, text[0]) >= 0 {
		return nil, errors.New("a list of actions begins with a name")
	}
	var list []action
	disrupts := -1
	add := func(name, value string) error {
		a := action{name: strings.ToLower(strings.TrimSpace(name)), value: unquote(strings.TrimSpace(value))}
		a.kind = actionKinds[a.name]
		if a.kind == 0 {
			return fmt.Errorf("no action is called %q", a.name)
		}
		if a.kind == disruptive && disrupts >= 0 {
			list[disrupts] = a
			return nil
		}
		if a.kind == disruptive {
			disrupts = len(list)
		}
		list = append(list, a)
		return nil
	}
	start, colon, quoted := 0, -1, false
	for i := 1; i <= len(text); i++ {
		if i < len(text) {
			c := text[i]
			if text[i-1] == '\\' {
				continue
			}
			if c == '\'' {
				quoted = !quoted
			}
			if quoted || c != ',' {
				if c == ':' && !quoted && colon < 0 {
					colon = i
				}
				continue
			}
		}
		name, value := text[start:i], ""
		if colon >= 0 {
			name, value = text[start:colon], text[colon+1:i]
		}
		if err := add(name, value); err != nil {
			return nil, err
		}
		start, colon = i+1, -1
	}
	if quoted {
		return nil, errors.New("a quote in the actions is not closed")
	}
	return list, nil
}

// unquote takes away a pair of quotes, of either kind.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// mergeDefaults puts the default actions of a phase before those of a rule. The default disruptive action takes the
// place of none and of block.
func mergeDefaults(own, defaults []action) []action {
	var merged []action
	var disrupt *action
	for i, a := range defaults {
		switch a.kind {
		case disruptive:
			disrupt = &defaults[i]
		case other:
			merged = append(merged, a)
		}
	}
	decided := false
	for _, a := range own {
		if a.kind == disruptive && a.name == "block" {
			continue
		}
		decided = decided || a.kind == disruptive
		merged = append(merged, a)
	}
	if !decided && disrupt != nil {
		merged = append(merged, *disrupt)
	}
	return merged
}

// defaultAction keeps the default actions of a phase.
func (r *reader) defaultAction(text string) error {
	list, err := parseActions(text)
	if err != nil {
		return err
	}
	phase, disrupts := 0, false
	for _, a := range list {
		switch {
		case a.name == "phase":
			if phase, err = parsePhase(a.value); err != nil {
				return err
			}
		case a.kind == metadata:
			return fmt.Errorf("a default action cannot be %s", a.name)
		case a.name == "t":
			return errors.New("a default action cannot be a transformation")
		}
		disrupts = disrupts || a.kind == disruptive
	}
	switch {
	case phase == 0:
		return errors.New("default actions need a phase")
	case !disrupts:
		return errors.New("default actions need a disruptive one")
	case r.defaults[phase] != nil:
		return fmt.Errorf("phase %d has default actions already", phase)
	}
	r.defaults[phase] = list
	return nil
}

// defaultsOf returns the default actions of a phase. Phase 2 has some of its own.
func (r *reader) defaultsOf(phase int) []action {
	if phase == 2 && r.defaults[2] == nil {
		return []action{{"log", "", other}, {"auditlog", "", other}, {"pass", "", disruptive}}
	}
	return r.defaults[phase]
}
