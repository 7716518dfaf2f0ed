package ruleset

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A guard adds a question to rules of the Core Rule Set: they keep their expressions, ids and weight, and ask in a last
// link of their chain what the value is that they matched. The link is added to the text of the rule set while it is
// read, so that an update of the set is guarded as it comes, and whoever reads the rules sees the link too.
type guard struct {
	// Families are the first three digits of rules of the first paranoia level; Rules are further rules by their ids.
	Families []int `yaml:"families"`
	Rules    []int `yaml:"rules"`
	Except   []int `yaml:"except"`
	// Only is what the matched value must be for the rule to stand: an operator with its argument.
	Only string `yaml:"only"`
}

func (g guard) covers(id int, level1 bool) bool {
	if slices.Contains(g.Except, id) {
		return false
	}
	return slices.Contains(g.Rules, id) || level1 && slices.Contains(g.Families, id/1000)
}

// guardedFiles is the rule set's files with the guards in them.
type guardedFiles struct {
	fs.FS
	changed map[string][]byte
}

// ReadFile returns a file of the rule set.
func (f guardedFiles) ReadFile(name string) ([]byte, error) {
	if text, ok := f.changed[path.Clean(name)]; ok {
		return text, nil
	}
	return fs.ReadFile(f.FS, name)
}

// Glob lists files of the rule set.
func (f guardedFiles) Glob(pattern string) ([]string, error) { return fs.Glob(f.FS, pattern) }

// A missingRule is one that a guard is for and a rule set does not have.
type missingRule int

func (id missingRule) Error() string {
	return fmt.Sprintf("guard rule %d: the rule set has no rule of that id", int(id))
}

// guardFiles adds guards to the rules of a rule set. Where a guard names a rule that is not there, it returns the others
// guarded, and a missingRule.
func guardFiles(files fs.FS, guards []guard) (fs.FS, error) {
	if len(guards) == 0 {
		return files, nil
	}
	names, err := fs.Glob(files, "@owasp_crs/*.conf")
	if err != nil {
		return nil, fmt.Errorf("list the rule set: %w", err)
	}
	guarded := guardedFiles{files, map[string][]byte{}}
	missing := map[int]bool{}
	for _, g := range guards {
		for _, id := range g.Rules {
			missing[id] = true
		}
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the rule set: %w", err)
		}
		changed, err := guardRules(string(text), guards, missing)
		if err != nil {
			return nil, fmt.Errorf("guard the rules in %s: %w", name, err)
		}
		guarded.changed[name] = []byte(changed)
	}
	for id := range missing {
		return guarded, missingRule(id)
	}
	return guarded, nil
}

var (
	guardID    = regexp.MustCompile(`"id:(\d+),`)
	guardChain = regexp.MustCompile(`[,"]\s*(?:\\\n\s*)?chain\s*["',]`)
	guardScore = regexp.MustCompile(`,\s*(?:\\\n\s*)?setvar:'tx\.(?:\w+_score|inbound_anomaly_score_pl\d)=\+%\{tx\.critical_anomaly_score\}'`)
)

// guardRules adds the links to the rules in a file of the rule set, and takes the rules that it guards off missing.
func guardRules(text string, guards []guard, missing map[int]bool) (string, error) {
	var out strings.Builder
	link, open := "", false // of the chain that is being read
	for _, rule := range directivesOf(text) {
		if !open {
			link = ""
			if m := guardID.FindStringSubmatch(rule); m != nil && strings.HasPrefix(rule, "SecRule ") {
				id, err := strconv.Atoi(m[1])
				if err != nil {
					return "", err
				}
				for _, g := range guards {
					if g.covers(id, strings.Contains(rule, "tag:'paranoia-level/1'")) {
						link = g.Only
						delete(missing, id)
					}
				}
			}
		}
		open = strings.HasPrefix(strings.TrimSpace(rule), "SecRule ") && guardChain.MatchString(rule)
		if link == "" {
			out.WriteString(rule)
			continue
		}
		// What adds to the score acts as soon as its own link matches, so it moves to the last one.
		score := strings.Join(guardScore.FindAllString(rule, -1), "")
		if score != "" {
			rule = guardScore.ReplaceAllString(rule, "")
		}
		if open {
			if score != "" {
				return "", fmt.Errorf("rule %q scores before its chain ends", firstLine(rule))
			}
			out.WriteString(rule)
			continue
		}
		body := strings.TrimRight(rule, "\n")
		if score == "" || !strings.HasSuffix(body, `"`) {
			return "", fmt.Errorf("rule %q has no score to guard", firstLine(rule))
		}
		fmt.Fprintf(&out, "%s,chain\"\n    SecRule MATCHED_VARS \"%s\" \"t:none%s\"", strings.TrimSuffix(body, `"`), link, strings.ReplaceAll(score, "\\\n", ""))
		out.WriteString(rule[len(body):])
	}
	return out.String(), nil
}

// directivesOf splits a file into directives with their continuation lines, and what stands between them.
func directivesOf(text string) []string {
	var found []string
	var directive strings.Builder
	for line := range strings.Lines(text) {
		directive.WriteString(line)
		if comment := strings.HasPrefix(strings.TrimSpace(line), "#"); comment || !strings.HasSuffix(strings.TrimRight(line, "\r\n"), `\`) {
			found = append(found, directive.String())
			directive.Reset()
		}
	}
	return append(found, directive.String())
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line[:min(len(line), 80)]
}
