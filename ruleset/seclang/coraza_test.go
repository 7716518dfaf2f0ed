package seclang_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// An outcome is what can be seen of a transaction from outside.
type outcome struct {
	matched     []string // rules, and of rules with targets the members that matched
	interrupted string
}

func compile(t testing.TB, directives string) coraza.WAF {
	t.Helper()
	config := coraza.NewWAFConfig().WithRootFS(fstest.MapFS{}).WithDirectives("SecRuleEngine On\nSecRequestBodyAccess On\n" + directives)
	waf, err := coraza.NewWAF(config)
	if err != nil {
		t.Fatalf("%v in\n%s", err, directives)
	}
	return waf
}

func closeWAF(waf coraza.WAF) {
	if closer, ok := waf.(experimental.WAFCloser); ok {
		_ = closer.Close()
	}
}

// members are the arguments and fields of the one request that the tests make. Names differ where it matters.
var (
	query  = [][2]string{{"id", "1"}, {"Id", "2"}, {"name", "x"}, {"json.0.a", "y"}}
	fields = [][2]string{{"Host", "example.com"}, {"X-Test", "a"}, {"X-Other", "b"}}
)

func observe(t testing.TB, directives string) outcome {
	t.Helper()
	waf := compile(t, directives)
	defer closeWAF(waf)
	tx := waf.NewTransaction()
	for _, arg := range query {
		tx.AddGetRequestArgument(arg[0], arg[1])
	}
	for _, field := range fields {
		tx.AddRequestHeader(field[0], field[1])
	}
	stopped := tx.ProcessRequestHeaders()
	if stopped == nil {
		var err error
		if stopped, err = tx.ProcessRequestBody(); err != nil {
			t.Fatal(err)
		}
	}
	seen := outcome{}
	for _, rule := range tx.MatchedRules() {
		members := []string{}
		for _, match := range rule.MatchedDatas() {
			if match.Variable().Name() != "UNKNOWN" {
				name := match.Variable().Name() + ":" + match.Key()
				if strings.HasSuffix(name, "/") { // of a count it is what was counted
					name = match.Variable().Name() + ":"
				}
				members = append(members, strings.ToLower(name+"="+match.Value()))
			}
		}
		slices.Sort(members)
		seen.matched = append(seen.matched, describe(rule.Rule().ID(), members))
	}
	if stopped != nil {
		seen.interrupted = fmt.Sprintf("%d %s %d %s", stopped.RuleID, stopped.Action, stopped.Status, stopped.Data)
	}
	if err := tx.Close(); err != nil {
		t.Fatal(err)
	}
	return seen
}

func describe(id int, members []string) string {
	return strings.Join(append([]string{strconv.Itoa(id)}, members...), " ")
}

// predict says what Coraza will do with rules that always match, from our reading of them.
func predict(program *seclang.Program) (seen outcome) {
	for phase := 1; phase <= 2; phase++ {
		skip := 0
		for i := 0; i < len(program.Rules); i++ {
			rule := program.Rules[i]
			if rule.Marker == "" && rule.Phase != phase {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			if rule.Marker != "" {
				continue
			}
			members, all := []string{}, true
			for _, link := range rule.Links {
				found := pick(link)
				all = all && (link.Operator == nil || len(found) > 0)
				members = append(members, found...)
			}
			if !all {
				continue
			}
			slices.Sort(members)
			seen.matched = append(seen.matched, describe(rule.ID, members))
			if seen.interrupted = interruption(rule); seen.interrupted != "" {
				return seen
			}
			skip = rule.Skip
			if rule.SkipAfter != "" {
				// The tests only skip to markers behind the rule, so that none is carried into the next phase.
				i = program.Behind(i, rule.SkipAfter) - 1
			}
		}
	}
	return seen
}

func interruption(rule seclang.Rule) string {
	status := rule.Status
	switch rule.Disruptive.Name {
	case "deny":
		if status == 0 {
			status = 403
		}
	case "redirect":
		if status < 301 || status > 307 || status > 303 && status < 307 {
			status = 302
		}
	case "drop":
	default:
		return ""
	}
	return fmt.Sprintf("%d %s %d %s", rule.ID, rule.Disruptive.Name, status, rule.Disruptive.Argument)
}

// pick returns the members that a link looks at.
func pick(link seclang.Link) (found []string) {
	for _, v := range link.Variables {
		members := query
		if v.Name == "REQUEST_HEADERS" {
			members = fields
		}
		count := 0
		for _, member := range members {
			if !chosen(v.Selector, member[0]) || slices.ContainsFunc(v.Except, func(s seclang.Selector) bool { return chosen(s, member[0]) }) {
				continue
			}
			count++
			if !v.Count {
				found = append(found, strings.ToLower(v.Name+":"+member[0]+"="+member[1]))
			}
		}
		if v.Count {
			found = append(found, strings.ToLower(v.Name+":"+v.Key+"="+strconv.Itoa(count)))
		}
	}
	return found
}

func chosen(s seclang.Selector, name string) bool {
	name = strings.ToLower(name)
	if s.IsPattern {
		return regexp.MustCompile(s.Pattern).MatchString(name)
	}
	return s.Key == "" || s.Key == name
}

// writer writes programs at random.
type writer struct {
	*rand.Rand
	strings.Builder
	id int
}

func (w *writer) one(of ...string) string { return of[w.IntN(len(of))] }

func (w *writer) targets() string {
	var list []string
	for range 1 + w.IntN(4) {
		name := w.one("ARGS", "args", "ARGS_GET", "REQUEST_HEADERS")
		prefix := w.one("", "", "", "!", "&")
		selector := w.one("", "", ":id", ":ID", ":Id", ":x-test", ":X-Test", ":/^i/", ":/I/", `:/^json\.\d+\./`, ":/a|e/", ":'/o/'", `:/x\Stest/`)
		list = append(list, prefix+name+selector)
	}
	return strings.Join(list, "|")
}

func (w *writer) actions(id int, link bool) string {
	var list []string
	add := func(s ...string) { list = append(list, w.one(s...)) }
	if !link {
		list = append(list, fmt.Sprintf("id:%d", id))
		add("phase:1", "phase:2", "phase:request", "log")
		add("pass", "pass", "pass", "block", "log", "deny,pass", "pass,  deny", "redirect:'https://example.com/?a=1,2'", "drop")
		add("status:404", "status:301", "nolog", "auditlog")
		if w.IntN(6) == 0 {
			add("skip:1", "skip:2", "skipAfter:END")
		}
	}
	// No transformation: with one, Coraza keeps the count of &ARGS for the next rule, which may count other members.
	add("t:none", "tag:a", "tag:'b'", "msg:'it, is: %{tx.a}'", `msg:'it\'s'`, "capture", " severity : 'ERROR' ")
	if !link || w.IntN(2) == 0 {
		add("tag:a", "tag:b", "setvar:tx.a=1", "setvar:'tx.b=+1'", "ctl:auditEngine=Off")
	}
	return strings.Join(list, w.one(",", ", ", `,\`+"\n  "))
}

func (w *writer) program() string {
	if w.IntN(3) == 0 {
		w.WriteString("SecDefaultAction \"phase:1," + w.one("pass,log", "deny,status:405", "nolog,pass,setvar:tx.d=1") + "\"\n")
	}
	if w.IntN(3) == 0 {
		w.WriteString("SecDefaultAction \"phase:2," + w.one("pass,nolog", "deny,status:406,log", "auditlog,drop") + "\"\n")
	}
	for range 2 + w.IntN(6) {
		w.id++
		chain := w.IntN(4) == 0
		end := ""
		if chain {
			end = ",chain"
		}
		switch w.IntN(4) {
		case 0:
			fmt.Fprintf(w, "SecAction \"%s%s\"\n", w.actions(w.id, false), end)
		default:
			fmt.Fprintf(w, "SecRule %s \"%s\" \"%s%s\"\n", w.targets(), w.one("@unconditionalMatch", "!@noMatch", "@rx .*"), w.actions(w.id, false), end)
		}
		if chain {
			fmt.Fprintf(w, "  SecRule %s \"@unconditionalMatch\" \"%s\"\n", w.targets(), w.actions(0, true))
		}
		if w.IntN(6) == 0 {
			w.WriteString("SecMarker \"MIDDLE\"\n")
		}
	}
	for range w.IntN(4) {
		id := 1 + w.IntN(w.id)
		switch w.IntN(6) {
		case 0:
			fmt.Fprintf(w, "SecRuleRemoveById %s\n", w.one(strconv.Itoa(id), fmt.Sprintf("%d-%d", id, id+1), fmt.Sprintf(`"%d 99"`, id)))
		case 1:
			fmt.Fprintf(w, "SecRuleRemoveByTag %s\n", w.one("a", `"b"`, "none"))
		case 2:
			fmt.Fprintf(w, "SecRuleUpdateTargetById %d-%d \"%s\"\n", id, id+2, w.targets())
		case 3:
			fmt.Fprintf(w, "SecRuleUpdateTargetByTag %s \"%s\"\n", w.one("a", `"b"`), w.targets())
		case 4:
			fmt.Fprintf(w, "SecRuleUpdateActionById %d-%d \"%s\"\n", id, id+2, w.one("pass", "deny,status:410", "block", "log,t:none", "phase:1,nolog", "tag:a"))
		}
	}
	w.WriteString("SecMarker END\nSecAction \"id:9999,phase:2,pass\"\n")
	return w.String()
}

func TestRead_saysWhatCorazaDoes(t *testing.T) {
	understood := 0
	for seed := range uint64(1500) {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // the same programs each time
		text := w.program()
		program := seclang.Read(nil, seclang.Source{Name: "p.conf", Text: text})
		if len(program.Unknown) > 0 {
			// A SecAction takes no new targets, which Coraza lets pass; nothing else is refused here.
			if u := program.Unknown[0]; !strings.Contains(u.Reason, "a SecAction has no targets") {
				t.Fatalf("%+v in\n%s", u, text)
			}
			continue
		}
		understood++
		got, want := predict(program), observe(t, text)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %q\nwant %q\nof\n%s", got, want, text)
		}
	}
	if understood < 1000 {
		t.Errorf("only %d of 1500 programs were understood", understood)
	}
}

func TestRead_refusesRemovalByMsgSinceCorazaPanicsOnIt(t *testing.T) {
	text := "SecAction \"id:1,pass\"\nSecRuleRemoveByMsg a\n"
	if program := seclang.Read(nil, seclang.Source{Name: "p.conf", Text: text}); len(program.Unknown) != 1 {
		t.Errorf("it was understood: %+v", program)
	}
	defer func() {
		if recover() == nil {
			t.Error("Coraza does not panic any more: removeByMsg can be as plain as removal by tag")
		}
	}()
	compile(t, text)
}

// FuzzRead_isNoMoreLenientThanCoraza checks that whatever is read without an Unknown is also accepted by Coraza, which
// then sees the same rules.
func FuzzRead_isNoMoreLenientThanCoraza(f *testing.F) {
	for seed := range uint64(40) {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // as above
		f.Add(w.program())
	}
	f.Add("SecRule ARGS \\\n# c\n\n \"@pm a\\\"b\" \"id:1,msg:'\\'',setvar:tx.a=%{tx.b},ctl:ruleRemoveTargetById=1;ARGS:/a/\"\nSecDataset x `\na\n`\n")
	f.Fuzz(func(t *testing.T, text string) {
		program := seclang.Read(fstest.MapFS{}, seclang.Source{Name: "p.conf", Text: text})
		lower := strings.ToLower(text)
		// Settings may open files, and these operators the network; expressions are not compiled here.
		for _, word := range []string{"include", "inspectfile", "rbl", "validateschema", "validatenid", "geolookup", "restpath", "validatebyterange", "@rx", "secruleremovebymsg"} {
			if strings.Contains(lower, word) {
				return
			}
		}
		if len(program.Unknown) > 0 || len(program.Settings) > 0 || slices.ContainsFunc(program.Rules, usesRx) {
			return
		}
		var seen []int
		config := experimental.WAFConfigWithRuleObserver(coraza.NewWAFConfig().WithRootFS(fstest.MapFS{}),
			func(rule types.RuleMetadata) { seen = append(seen, rule.ID()) })
		waf, err := coraza.NewWAF(config.WithDirectives(text))
		if err != nil {
			t.Fatalf("Coraza refuses %q: %v", text, err)
		}
		closeWAF(waf)
		if strings.Contains(lower, "secruleremove") {
			return // the observer sees what was removed afterwards
		}
		got := []int{}
		for _, rule := range program.Rules {
			got = append(got, rule.ID)
		}
		if !slices.Equal(got, seen) {
			t.Errorf("rules of %q: got %v, want %v", text, got, seen)
		}
	})
}

func usesRx(rule seclang.Rule) bool {
	return slices.ContainsFunc(rule.Links, func(l seclang.Link) bool { return l.Operator != nil && l.Operator.Name == "rx" })
}
