package seclang

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// remove takes rules away. Markers have the id 0 and no tags.
func (r *reader) remove(gone func(*Rule) bool) {
	r.program.Rules = slices.DeleteFunc(r.program.Rules, func(rule Rule) bool { return gone(&rule) })
}

func hasTag(rule *Rule, tag string) bool { return slices.Contains(rule.Tags, tag) }

func (r *reader) removeByID(argument string) error {
	for _, text := range strings.Fields(argument) {
		low, high, err := parseIDs(text)
		if err != nil {
			return err
		}
		r.remove(func(rule *Rule) bool { return low <= rule.ID && rule.ID <= high })
	}
	return nil
}

// removeByMsg compares the message as it is written. Coraza 3.8.1 panics when it comes to a rule without a message, and
// to a marker, so that nothing can be said about what it would do.
func (r *reader) removeByMsg(msg string) error {
	for i := range r.program.Rules {
		if r.program.Rules[i].Msg.Text == "" {
			return errors.New("a rule or marker before it has no message, on which Coraza fails")
		}
	}
	r.remove(func(rule *Rule) bool { return rule.Msg.Text == msg })
	return nil
}

// parseIDs reads an id, or a range of ids such as 942100-942199. An id of 0 is none: it would mean every marker.
func parseIDs(text string) (low, high int, err error) {
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	low, err = strconv.Atoi(first)
	if err == nil {
		high, err = strconv.Atoi(last)
	}
	if err != nil || low <= 0 || high < low {
		return 0, 0, fmt.Errorf("%q is neither an id nor a range of ids", text)
	}
	return low, high, nil
}

// eachByID calls change for the rules that the words but the last name. The last word is what changes.
//
// Coraza stops at the first word that is one id and not a range, and says nothing about those behind it. Such a list is
// refused, since whoever wrote it meant something else than what happens.
func (r *reader) eachByID(argument string, change func(rule *Rule, to string) error) error {
	words := strings.Fields(argument)
	if len(words) < 2 {
		return errors.New("it is written as: ids, then what changes, in quotes and without a space")
	}
	ids, to := words[:len(words)-1], strings.Trim(words[len(words)-1], `"`)
	for i, text := range ids {
		low, high, err := parseIDs(text)
		if err != nil {
			return err
		}
		if low == high {
			if i+1 < len(ids) {
				return fmt.Errorf("behind the single id %s Coraza does not read on", text)
			}
			if r.find(low) == nil {
				return fmt.Errorf("there is no rule %d to update", low)
			}
		}
		for j := range r.program.Rules {
			if rule := &r.program.Rules[j]; low <= rule.ID && rule.ID <= high {
				if err := change(rule, to); err != nil {
					return fmt.Errorf("update rule %d: %w", rule.ID, err)
				}
			}
		}
	}
	return nil
}

// addTargets changes the head of a chain; the links behind it cannot be reached.
func addTargets(rule *Rule, text string) error {
	head := &rule.Links[0]
	targets, err := parseTargets(head.Variables, text)
	if err != nil {
		return err
	}
	if head.Operator == nil {
		return errors.New("a SecAction has no targets")
	}
	head.Variables = targets
	return nil
}

func (r *reader) updateTargetByID(argument string) error {
	return r.eachByID(argument, addTargets)
}

func (r *reader) updateTargetByTag(argument string) error {
	words := strings.Fields(argument)
	if len(words) != 2 {
		return errors.New("it is written as: a tag, then targets, without a space in either")
	}
	tag, targets := strings.Trim(words[0], `"`), strings.Trim(words[1], `"`)
	for i := range r.program.Rules {
		if rule := &r.program.Rules[i]; hasTag(rule, tag) {
			if err := addTargets(rule, targets); err != nil {
				return fmt.Errorf("update rule %d: %w", rule.ID, err)
			}
		}
	}
	return nil
}

// updateActionByID adds actions without defaults. A disruptive one takes the place of the rule's.
func (r *reader) updateActionByID(argument string) error {
	return r.eachByID(argument, func(rule *Rule, text string) error {
		list, err := parseActions(text)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.name == "id" || a.name == "chain" {
				return fmt.Errorf("%s cannot be changed afterwards", a.name)
			}
		}
		return applyActions(rule, &rule.Links[0], list, nil)
	})
}
