package ruleset

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// A customDirective is one directive of a policy's custom rules, continuation lines joined, and where it began.
type customDirective struct {
	line int
	text string
}

// customAllowed are the directives that custom rules may use: rules, and changes to rules. Everything else (limits,
// logs, engine settings, files) belongs to the policy or to the operator of the machine, and would turn "one rule for
// one site" into a hole in the house: SecAuditLog, for one, writes to any file.
var customAllowed = map[string]bool{
	"secrule": true, "secaction": true, "secmarker": true,
	"secruleremovebyid": true, "secruleremovebytag": true, // by message, this Coraza fails on every rule without one
	"secruleupdatetargetbyid": true, "secruleupdatetargetbytag": true, "secruleupdateactionbyid": true,
}

// maxCustomLine is below the length (64 KiB) at which Coraza's parser stops reading without a word.
const maxCustomLine = 60 << 10

var (
	ruleID      = regexp.MustCompile(`(?i)["',\s` + "`" + `]id\s*:\s*'?[0-9]`)
	chainAction = regexp.MustCompile(`(?i)["',\s]chain\s*[,"']`)
	// This Coraza takes a setvar without a value when it compiles, and fails when the rule fires.
	setVar = regexp.MustCompile(`(?i)["',\s]setvar\s*:\s*('[^']*'|[^,"'\s]+)`)
	// An engine that a rule switches On or to DetectionOnly would make one mode answer for the other.
	engineSwitch = regexp.MustCompile(`(?i)ctl\s*:\s*ruleEngine\s*=\s*(On|DetectionOnly)\b`)
)

// parseCustom splits custom rules into directives and refuses those that have no place in them (KindInvalid, with the
// line). Whether the rules themselves make sense, the compiler says.
func parseCustom(rules string) ([]customDirective, error) {
	var found []customDirective
	var text strings.Builder
	start, backticks, number := 0, false, 0
	for raw := range strings.Lines(rules) {
		number++
		line := strings.TrimSpace(raw)
		if line == "" || line[0] == '#' {
			continue
		}
		if text.Len() == 0 {
			start = number
		}
		if text.Len()+len(line) > maxCustomLine {
			return nil, customError(start, "longer than 60 KiB: split it into several rules")
		}
		// A line that ends in a backtick opens a list of actions, one that begins with a backtick closes it.
		switch {
		case !backticks && strings.HasSuffix(line, "`"):
			backticks = true
		case backticks && strings.HasPrefix(line, "`"):
			backticks = false
		}
		if backticks {
			text.WriteString(line + "\n")
			continue
		}
		joined, more := strings.CutSuffix(line, `\`)
		text.WriteString(joined)
		if more {
			continue
		}
		found = append(found, customDirective{start, text.String()})
		text.Reset()
	}
	if text.Len() > 0 {
		return nil, customError(start, "it never ends: the last line continues (\\ or `) but nothing follows")
	}
	return found, checkCustom(found)
}

func checkCustom(found []customDirective) error {
	linked := false // this directive is the next link of a chain
	for i, d := range found {
		name := strings.ToLower(strings.Fields(d.text)[0])
		if !customAllowed[name] {
			return customError(d.line, fmt.Sprintf("%s cannot be used in a custom rule; "+
				"use SecRule, SecAction, SecMarker, SecRuleRemoveBy... or SecRuleUpdate...", strings.Fields(d.text)[0]))
		}
		if engineSwitch.MatchString(d.text) {
			return customError(d.line, "ctl:ruleEngine can only be set to Off here; the mode belongs to the site")
		}
		for _, assignment := range setVar.FindAllStringSubmatch(d.text, -1) {
			if !strings.Contains(assignment[1], "=") {
				return customError(d.line, fmt.Sprintf("setvar:%s sets nothing; give it a value, such as setvar:tx.a=1", assignment[1]))
			}
		}
		// Coraza takes a rule without an id, gives it the number 0 and never reports it.
		if (name == "secrule" || name == "secaction") && !linked && !ruleID.MatchString(d.text) {
			return customError(d.line, "it has no id; give each rule one of its own, such as id:1000")
		}
		linked = name == "secrule" && chainAction.MatchString(d.text)
		if !linked {
			continue
		}
		// Coraza takes the head of a chain without its links for a rule of its own, which then matches far too much.
		if i+1 == len(found) || !strings.EqualFold(strings.Fields(found[i+1].text)[0], "SecRule") {
			return customError(d.line, "it is chained, but no SecRule follows")
		}
	}
	return nil
}

func customError(line int, what string) error {
	return sekisho.Invalid(fmt.Sprintf("custom rule, line %d: %s", line, what))
}

// A ruleFiles is the file system that one compilation reads: the Core Rule Set, and each custom directive as a file of
// its own. Coraza names no line in its errors, but it reads the files in order: the last one it opened is the one.
type ruleFiles struct {
	fs.FS
	rewrite func(string) string // what becomes of the text of a rule file of the Core Rule Set
	custom  map[string]customDirective
	last    customDirective
}

func newRuleFiles(rules fs.FS, directives []customDirective, rewrite func(string) string) (*ruleFiles, []string) {
	files := &ruleFiles{FS: rules, rewrite: rewrite, custom: make(map[string]customDirective, len(directives))}
	names := make([]string, 0, len(directives))
	for _, d := range directives {
		name := fmt.Sprintf("custom/line-%d", d.line)
		files.custom[name] = d
		names = append(names, name)
	}
	return files, names
}

// ReadFile returns a custom directive or a file of the Core Rule Set.
func (f *ruleFiles) ReadFile(name string) ([]byte, error) {
	if d, ok := f.custom[name]; ok {
		f.last = d
		return []byte(d.text), nil
	}
	content, err := fs.ReadFile(f.FS, name)
	if err == nil && strings.HasSuffix(name, ".conf") {
		content = []byte(f.rewrite(string(content)))
	}
	return content, err
}

// Glob lists files of the Core Rule Set.
func (f *ruleFiles) Glob(pattern string) ([]string, error) { return fs.Glob(f.FS, pattern) }
