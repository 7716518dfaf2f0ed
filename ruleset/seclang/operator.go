package seclang

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// operators are the operators that Coraza has, by name, and the name that we give them.
var operators = map[string]string{
	"pmf": "pmFromFile", "ipMatchF": "ipMatchFromFile",
}

func init() {
	for name := range set(`beginsWith contains detectSQLi detectXSS endsWith eq ge geoLookup gt inspectFile ipMatch
		ipMatchFromDataset ipMatchFromFile le lt noMatch pm pmFromDataset pmFromFile rbl restpath rx streq strmatch
		unconditionalMatch validateByteRange validateNid validateSchema validateUrlEncoding validateUtf8Encoding within`) {
		operators[name] = name
	}
}

// expanding are the operators that expand macros in their argument. @rx and @pm are not among them.
var expanding = set(`beginsWith contains endsWith eq ge gt le lt streq strmatch within`)

// parseOperator reads an operator, quotes removed. Without @, it is an expression for @rx.
func (r *reader) parseOperator(text string) (*Operator, error) {
	switch {
	case text == "" || text[0] != '@' && text[0] != '!':
		text = "@rx " + text
	case text == "!":
		text = "!@rx"
	case text[0] == '!' && text[1] != '@':
		text = "!@rx " + text[1:]
	}
	name, argument, _ := strings.Cut(text, " ")
	op := &Operator{Argument: strings.TrimSpace(argument)}
	name, op.Negated = strings.CutPrefix(strings.TrimSpace(name), "!")
	name = strings.TrimPrefix(name, "@")
	known, ok := operators[name]
	if strings.HasPrefix(name, "sekisho") { // our own, which the ruleset registers
		known, ok = name, true
	}
	if !ok {
		return nil, fmt.Errorf("no operator is called %q", name)
	}
	op.Name = known
	var err error
	if expanding[op.Name] {
		if op.Macro, err = parseMacro(op.Argument); err != nil {
			return nil, fmt.Errorf("operator @%s: %w", name, err)
		}
	}
	if op.Words, err = r.words(op); err != nil {
		return nil, fmt.Errorf("operator @%s: %w", name, err)
	}
	return op, nil
}

// words collects what @pm, @ipMatch and their relatives look for.
func (r *reader) words(op *Operator) ([]string, error) {
	switch op.Name {
	case "pm":
		return strings.Split(strings.ToLower(op.Argument), " "), nil
	case "ipMatch":
		return addresses(strings.Split(op.Argument, ",")), nil
	case "pmFromDataset", "ipMatchFromDataset":
		words, ok := r.datasets[op.Argument]
		if !ok || op.Name == "ipMatchFromDataset" && len(words) == 0 {
			return nil, fmt.Errorf("no dataset is called %q", op.Argument)
		}
		return words, nil
	case "pmFromFile":
		lines, err := r.dataLines(op.Argument)
		for i := range lines {
			lines[i] = strings.ToLower(lines[i])
		}
		return lines, err
	case "ipMatchFromFile":
		lines, err := r.dataLines(op.Argument)
		return addresses(strings.Split(strings.Join(lines, ","), ",")), err
	}
	return nil, nil
}

func addresses(parts []string) []string {
	found := []string{}
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			found = append(found, part)
		}
	}
	return found
}

// dataLines reads a data file beside the file that is being read: each line that is neither empty nor a comment.
func (r *reader) dataLines(name string) ([]string, error) {
	if r.root == nil {
		return nil, fmt.Errorf("read %s: no file system was given", name)
	}
	if !path.IsAbs(name) {
		name = path.Join(path.Dir(r.at.file), name)
	}
	text, err := fs.ReadFile(r.root, name)
	if err != nil {
		return nil, err
	}
	lines := []string{}
	for line := range strings.Lines(string(text)) {
		if len(line) > longestLine {
			return nil, errors.New("a line of more than 64 KiB, at which Coraza stops reading")
		}
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
