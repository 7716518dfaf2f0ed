package automaton

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// crsRule is as much of a rule of the Core Rule Set as the tests here need.
type crsRule struct {
	id, variables, operator, argument string
	level                             int
	request                           bool
}

// crsRules reads the rules of the Core Rule Set roughly: good enough to have its real expressions, not to run it.
func crsRules(t testing.TB) []crsRule {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/corazawaf/coraza-coreruleset/v4").Output()
	if err != nil {
		t.Fatalf("find the Core Rule Set: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "rules", "@owasp_crs", "*.conf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find the rules of the Core Rule Set: %d files, %v", len(files), err)
	}
	directive := regexp.MustCompile(`(?m)^[ \t]*SecRule[ \t]+(\S+)[ \t]+"!?@(\w+) ?((?:\\.|[^"\\])*)"[ \t]+"((?:\\.|[^"\\])*)"`)
	levelTag, idAction := regexp.MustCompile(`paranoia-level/(\d)`), regexp.MustCompile(`\bid:(\d+)`)
	var rules []crsRule
	var last crsRule // a link of a chain has the id and the level of its head
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range directive.FindAllStringSubmatch(strings.ReplaceAll(string(text), "\\\n", " "), -1) {
			last.variables, last.operator, last.argument = m[1], m[2], strings.ReplaceAll(m[3], `\"`, `"`)
			last.request = strings.HasPrefix(filepath.Base(file), "REQUEST-")
			if id := idAction.FindStringSubmatch(m[4]); id != nil {
				last.id, last.level = id[1], 1
			}
			if level := levelTag.FindStringSubmatch(m[4]); level != nil {
				last.level = int(level[1][0] - '0')
			}
			rules = append(rules, last)
		}
	}
	return rules
}

// crsExpressions returns the distinct @rx arguments of the request rules up to a level, or of all rules where that is
// 0, and narrowed to those on arguments where args is set.
func crsExpressions(t testing.TB, level int, args bool) []string {
	t.Helper()
	var expressions []string
	seen := map[string]bool{}
	for _, rule := range crsRules(t) {
		fits := level == 0 || rule.request && rule.level <= level
		if args && !strings.Contains(rule.variables, "ARGS") {
			fits = false
		}
		if rule.operator == "rx" && fits && !seen[rule.argument] && !strings.Contains(rule.argument, "%{") {
			seen[rule.argument] = true
			expressions = append(expressions, rule.argument)
		}
	}
	return expressions
}

func rxPatterns(expressions []string) []Pattern {
	patterns := make([]Pattern, len(expressions))
	for i, expr := range expressions {
		patterns[i] = Rx(expr)
	}
	return patterns
}

func compile(t testing.TB, patterns []Pattern, options Options) *Set {
	t.Helper()
	set, err := Compile(patterns, options)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
