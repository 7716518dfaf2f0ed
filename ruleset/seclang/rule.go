package seclang

import (
	"errors"
	"fmt"
	"strings"
)

// rule reads a SecRule, or a SecAction, which has no targets and no operator. Where a chain is open it becomes a link.
func (r *reader) rule(text string, withOperator bool) error {
	if strings.TrimSpace(text) == "" {
		return errNoArgument
	}
	link := Link{Severity: -1, File: r.at.file, Line: r.at.line}
	// What the directive says of a rule; a further link says less.
	said := Rule{Phase: 2, Severity: -1, File: r.at.file, Line: r.at.line}
	actions := unquote(text)
	if withOperator {
		targets, operator, rest, err := splitRule(text)
		if err != nil {
			return err
		}
		if link.Variables, err = parseTargets(nil, targets); err != nil {
			return err
		}
		if link.Operator, err = r.parseOperator(operator); err != nil {
			return err
		}
		actions = rest
	}
	var list []action
	if actions != "" || !withOperator {
		var err error
		if list, err = parseActions(actions); err != nil {
			return err
		}
		if err := applyActions(&said, &link, list, r.defaultsOf); err != nil {
			return err
		}
	}
	if head := r.openChain(); head != nil {
		return r.addLink(head, said, link, list)
	}
	if said.ID == 0 {
		return errors.New("it has no id")
	}
	if r.find(said.ID) != nil {
		return fmt.Errorf("there is a rule %d already", said.ID)
	}
	said.Links = []Link{link}
	r.program.Rules = append(r.program.Rules, said)
	return nil
}

func (r *reader) addLink(head *Rule, said Rule, link Link, list []action) error {
	for _, a := range list {
		// The first two are errors in Coraza, the others it ignores: only the head of a chain decides what follows.
		if a.kind == disruptive || a.name == "id" || a.name == "status" || a.name == "skip" || a.name == "skipafter" {
			return fmt.Errorf("%s stands in a link of chain %d, not in its head", a.name, head.ID)
		}
	}
	link.Msg, link.LogData, link.Tags, link.Severity = said.Msg, said.LogData, said.Tags, said.Severity
	head.Links = append(head.Links, link)
	head.chained = said.chained
	return nil
}

// openChain returns the rule that waits for its next link: the last one, or none.
func (r *reader) openChain() *Rule {
	if n := len(r.program.Rules); n > 0 && r.program.Rules[n-1].chained {
		return &r.program.Rules[n-1]
	}
	return nil
}

// refuseOpenChain reports a chain whose next link will not come. Coraza takes its links so far for a rule of their own,
// which matches far too much.
func (r *reader) refuseOpenChain() {
	head := r.openChain()
	if head == nil {
		return
	}
	here := r.at
	r.at = directive{head.File, head.Line, ""}
	r.unknown(head.ID, "its chain has no last link")
	r.at = here
	head.chained = false
}

// find returns the rule with an id, or nil. The pointer is good until a rule is added or removed.
func (r *reader) find(id int) *Rule {
	for i := range r.program.Rules {
		if r.program.Rules[i].ID == id {
			return &r.program.Rules[i]
		}
	}
	return nil
}

// splitRule splits the argument of a SecRule into targets, operator and actions, quotes removed.
func splitRule(text string) (targets, operator, actions string, err error) {
	targets, rest, ok := strings.Cut(strings.Trim(text, " "), " ")
	rest = strings.TrimLeft(rest, " ")
	if !ok || rest == "" || rest[0] != '"' {
		return "", "", "", errors.New("a rule is written as: SecRule TARGETS \"operator\" \"actions\"")
	}
	end := closingQuote(rest)
	if end < 0 {
		return "", "", "", errors.New("the quote that opens the operator is not closed")
	}
	operator = strings.ReplaceAll(rest[1:end], `\"`, `"`)
	rest = strings.TrimLeft(rest[end+1:], " ")
	if rest == "" {
		return targets, operator, "", nil
	}
	if len(rest) < 2 || rest[0] != '"' || rest[len(rest)-1] != '"' {
		return "", "", "", errors.New("the actions do not stand in quotes")
	}
	return targets, operator, rest[1 : len(rest)-1], nil
}

// closingQuote returns where the quote that text begins with is closed: at the next one behind an even number of
// backslashes.
func closingQuote(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
