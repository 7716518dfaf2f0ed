package seclang

import (
	"fmt"
	"regexp"
	"strings"
)

// parseTargets adds the targets of a text such as ARGS|!ARGS:id|&TX:score|XML:/* to those that are there already.
//
// Coraza reads letter by letter and lets much pass that cannot have been meant (ARGS:a/b/ becomes the expression ab).
// Here a target either has one of the plain forms, which both read alike, or it is refused.
func parseTargets(targets []Variable, text string) ([]Variable, error) {
	for rest := text; ; {
		var target Variable
		negated := strings.HasPrefix(rest, "!")
		if negated {
			rest = rest[1:]
		} else if strings.HasPrefix(rest, "&") {
			target.Count, rest = true, rest[1:]
		}
		end := strings.IndexAny(rest, ":|")
		if end < 0 {
			end = len(rest)
		}
		written := rest[:end]
		name, err := variableName(written)
		if err != nil {
			return nil, err
		}
		target.Name, rest = name, rest[end:]
		if strings.HasPrefix(rest, ":") {
			if target.Selector, rest, err = parseSelector(written, rest[1:]); err != nil {
				return nil, fmt.Errorf("target %s of %q: %w", name, text, err)
			}
		}
		target.Key = strings.ToLower(target.Key)
		if negated {
			except(targets, target)
		} else {
			targets = append(targets, target)
		}
		if rest == "" {
			return targets, nil
		}
		rest = rest[1:] // the | that ends every target but the last
	}
}

// parseSelector reads what stands behind the colon, up to the next target, and returns what is left.
func parseSelector(written, text string) (Selector, string, error) {
	name := strings.ToUpper(written)
	if written == "XML" || written == "JSON" {
		path, rest := cutTarget(text)
		if path == "" || strings.HasSuffix(path, "/") {
			return Selector{}, "", fmt.Errorf("the path %q is not one", path)
		}
		return Selector{Key: path}, rest, nil
	}
	if !selectable[name] {
		return Selector{}, "", fmt.Errorf("it has no members to choose from")
	}
	quoted := strings.HasPrefix(text, "'/")
	if quoted {
		text = text[1:]
	}
	if !strings.HasPrefix(text, "/") {
		key, rest := cutTarget(text)
		if key == "" || strings.ContainsAny(key, "/'") {
			return Selector{}, "", fmt.Errorf("the name %q is not one", key)
		}
		return Selector{Key: key}, rest, nil
	}
	expression, rest, ok := cutExpression(text[1:])
	if quoted && ok {
		rest, ok = strings.CutPrefix(rest, "'")
	}
	if !ok || rest != "" && rest[0] != '|' {
		return Selector{}, "", fmt.Errorf("the expression that begins with %q does not end with /", text)
	}
	if !argsFamily[name] {
		expression = strings.ToLower(expression)
	}
	if _, err := regexp.Compile(expression); err != nil {
		return Selector{}, "", err
	}
	return Selector{Pattern: expression, IsPattern: true}, rest, nil
}

// cutTarget returns the text before the next | and the rest with it.
func cutTarget(text string) (string, string) {
	if i := strings.IndexByte(text, '|'); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// cutExpression returns the text before the next / without a backslash before it, and what is behind it.
func cutExpression(text string) (string, string, bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '/':
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

// except leaves names out of the targets that stand before it.
func except(targets []Variable, out Variable) {
	for i := range targets {
		if targets[i].Name == out.Name {
			targets[i].Except = append(targets[i].Except, out.Selector)
		}
	}
}
