package seclang

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// applyActions changes a rule, and one link of it, as the actions say. Metadata comes first, for the phase that it names
// decides which defaults apply; defaults returns those, or is nil.
func applyActions(rule *Rule, link *Link, list []action, defaults func(phase int) []action) error {
	for _, a := range list {
		if a.kind == metadata {
			if err := applyMetadata(rule, a); err != nil {
				return fmt.Errorf("action %s:%s: %w", a.name, a.value, err)
			}
		}
	}
	if defaults != nil {
		if d := defaults(rule.Phase); d != nil {
			list = mergeDefaults(list, d)
		}
	}
	for _, a := range list {
		var err error
		switch a.kind {
		case disruptive:
			err = applyDisruptive(rule, a)
		case other:
			err = applyOther(rule, link, a)
		}
		if err != nil {
			return fmt.Errorf("action %s:%s: %w", a.name, a.value, err)
		}
	}
	return nil
}

func applyMetadata(rule *Rule, a action) (err error) {
	if a.value == "" {
		return errNoArgument
	}
	switch a.name {
	case "id":
		rule.ID, err = numberBetween(a.value, 1, int(^uint(0)>>1))
	case "phase":
		rule.Phase, err = parsePhase(a.value)
	case "msg":
		rule.Msg, err = parseMacro(unquote(a.value))
	case "rev":
		rule.Revision = a.value
	case "ver":
		rule.Version = a.value
	case "severity":
		rule.Severity, err = parseSeverity(a.value)
	case "tag":
		rule.Tags = append(rule.Tags, a.value)
	case "maturity":
		rule.Maturity, err = numberBetween(a.value, 1, 9)
	case "accuracy":
		rule.Accuracy, err = numberBetween(a.value, 1, 9)
	}
	return err
}

func applyDisruptive(rule *Rule, a action) error {
	switch a.name {
	case "redirect":
		if a.value == "" {
			return errNoArgument
		}
	case "allow":
		if a.value != "" && a.value != "phase" && a.value != "request" {
			return errors.New("allow is followed by nothing, phase or request")
		}
	default:
		if a.value != "" {
			return errors.New("it takes no argument")
		}
	}
	rule.Disruptive = Action{a.name, a.value}
	return nil
}

func applyOther(rule *Rule, link *Link, a action) (err error) {
	switch a.name {
	case "log", "nolog", "auditlog", "noauditlog", "capture", "multimatch", "chain", "exec":
		if a.value != "" {
			return errors.New("it takes no argument")
		}
	case "expirevar":
	default:
		if a.value == "" {
			return errNoArgument
		}
	}
	switch a.name {
	case "log":
		rule.Log, rule.AuditLog = true, true
	case "nolog":
		rule.Log, rule.AuditLog = false, false
	case "auditlog":
		rule.AuditLog = true
	case "noauditlog":
		rule.AuditLog = false
	case "capture":
		link.Capture = true
	case "multimatch":
		link.MultiMatch = true
	case "chain":
		rule.chained = true
	case "status":
		rule.Status, err = strconv.Atoi(a.value)
	case "skip":
		rule.Skip, err = numberBetween(a.value, 1, int(^uint(0)>>1))
	case "skipafter":
		if rule.SkipAfter = unquote(a.value); rule.SkipAfter == "" {
			err = errNoArgument
		}
	case "logdata":
		rule.LogData, err = parseMacro(a.value)
	case "t":
		err = applyTransformation(link, a.value)
	case "setvar":
		var v SetVar
		v, err = parseSetVar(a.value)
		link.SetVars = append(link.SetVars, v)
	case "ctl":
		var c Ctl
		c, err = parseCtl(a.value)
		link.Ctls = append(link.Ctls, c)
	case "exec", "expirevar", "initcol", "setenv":
		link.Others = append(link.Others, Action{a.name, a.value})
		if key, value, ok := strings.Cut(a.value, "="); a.name == "setenv" && (key == "" || value == "") ||
			a.name == "initcol" && !ok {
			err = errors.New("it is written as name=value")
		}
	}
	return err
}

// transformations are the transformations that Coraza has, by lower-case name.
var transformations = map[string]string{"normalisepath": "normalizePath", "normalisepathwin": "normalizePathWin"}

func init() {
	for name := range set(`base64Decode base64DecodeExt base64Encode cmdLine compressWhitespace cssDecode escapeSeqDecode
		hexDecode hexEncode htmlEntityDecode jsDecode length lowercase md5 none normalizePath normalizePathWin
		removeComments removeCommentsChar removeNulls removeWhitespace replaceComments replaceNulls sha1 uppercase urlDecode
		urlDecodeUni urlEncode utf8toUnicode trim trimLeft trimRight`) {
		transformations[strings.ToLower(name)] = name
	}
}

func applyTransformation(link *Link, name string) error {
	if name == "none" {
		link.Transformations = nil
		return nil
	}
	known, ok := transformations[strings.ToLower(name)]
	if !ok || known == "none" { // of None and NONE, Coraza makes a transformation that changes nothing
		return fmt.Errorf("no transformation is called %q", name)
	}
	link.Transformations = append(link.Transformations, known)
	return nil
}

func parseSetVar(text string) (v SetVar, err error) {
	text, v.Remove = strings.CutPrefix(text, "!")
	target, value, assigned := strings.Cut(text, "=")
	collection, key, _ := strings.Cut(target, ".")
	if !strings.EqualFold(collection, "TX") || strings.TrimSpace(key) == "" {
		return v, errors.New("only tx.name can be set")
	}
	if !assigned { // Coraza compiles it, and panics once the rule fires
		return v, errors.New("it has no value; Coraza fails on that when the rule fires")
	}
	if v.Key, err = parseMacro(key); err == nil {
		v.Value, err = parseMacro(value)
	}
	return v, err
}

// ctls are the names of what ctl changes. Unlike the names of actions, they are case-sensitive.
var ctls = set(`auditEngine auditLogParts requestBodyAccess requestBodyLimit requestBodyProcessor forceRequestBodyVariable
	responseBodyProcessor responseBodyAccess responseBodyLimit forceResponseBodyVariable ruleEngine ruleRemoveById
	ruleRemoveByMsg ruleRemoveByTag ruleRemoveTargetById ruleRemoveTargetByMsg ruleRemoveTargetByTag hashEngine
	hashEnforcement debugLogLevel`)

func parseCtl(text string) (c Ctl, err error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || !ctls[name] {
		return c, fmt.Errorf("ctl cannot change %q", name)
	}
	c.Name = name
	var target string
	c.Value, target, ok = strings.Cut(value, ";")
	if strings.HasPrefix(name, "ruleRemoveTarget") != ok {
		return c, errors.New("a target belongs to ruleRemoveTargetBy..., and only there")
	}
	if !ok {
		return c, nil
	}
	collection, key, _ := strings.Cut(target, ":")
	if c.Variable, err = variableName(strings.TrimSpace(collection)); err != nil {
		return c, err
	}
	key = strings.TrimSpace(key)
	if !strings.HasPrefix(key, "/") || c.Variable == "XML" || c.Variable == "JSON" {
		if strings.HasPrefix(key, "/") && strings.HasSuffix(key, "/") {
			return c, fmt.Errorf("%q is both a path and an expression", key)
		}
		c.Target.Key = strings.ToLower(key)
		return c, nil
	}
	expression, rest, closed := cutExpression(key[1:])
	if !closed || rest != "" || expression == "" {
		return c, fmt.Errorf("the expression %q does not stand between two slashes", key)
	}
	c.Target = Selector{Pattern: expression, IsPattern: true}
	_, err = regexp.Compile(expression)
	return c, err
}

func parsePhase(text string) (int, error) {
	switch text {
	case "request":
		return 2, nil
	case "response":
		return 4, nil
	case "logging":
		return 5, nil
	}
	return numberBetween(text, 1, 5)
}

var severities = []string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}

func parseSeverity(text string) (int, error) {
	for i, name := range severities {
		if strings.EqualFold(text, name) {
			return i, nil
		}
	}
	if len(text) != 1 {
		return 0, fmt.Errorf("no severity is called %q", text)
	}
	return numberBetween(text, 0, 7)
}

func numberBetween(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is no number from %d to %d", text, low, high)
	}
	return n, nil
}
