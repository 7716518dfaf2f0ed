package seclang_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

func read(text string) *seclang.Program {
	return seclang.Read(fstest.MapFS{
		"rules/words.data":  {Data: []byte("# a comment\nFoo\n\n  BAR baz \nÀ\n")},
		"rules/nets.data":   {Data: []byte("10.0.0.0/8\n# no\n2001:db8::1\n")},
		"rules/more.conf":   {Data: []byte("SecAction \"id:900,pass\"\n\n\nSecAction \"id:901,pass\"")},
		"rules/x/y.conf":    {Data: []byte("SecRule ARGS \"@pmFromFile ../words.data\" \"id:902,pass\"")},
		"rules/broken.conf": {Data: []byte("SecAction \"id:903,pass")},
	}, seclang.Source{Name: "rules/main.conf", Text: text})
}

// one reads a text that holds one rule, and fails on anything unknown.
func one(t *testing.T, text string) seclang.Rule {
	t.Helper()
	program := read(text)
	if len(program.Unknown) > 0 {
		t.Fatalf("%s: %s", text, program.Unknown[0].Reason)
	}
	if len(program.Rules) != 1 {
		t.Fatalf("%s: %d rules, want 1", text, len(program.Rules))
	}
	return program.Rules[0]
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func key(name string) seclang.Selector { return seclang.Selector{Key: name} }
func rx(pattern string) seclang.Selector {
	return seclang.Selector{Pattern: pattern, IsPattern: true}
}

func TestRead_targets(t *testing.T) {
	type v = seclang.Variable
	for _, test := range []struct {
		name, targets string
		want          []v
	}{
		{"one", "ARGS", []v{{Name: "ARGS"}}},
		{"letter case of the name does not matter", "args", []v{{Name: "ARGS"}}},
		{"several", "ARGS|REQUEST_URI", []v{{Name: "ARGS"}, {Name: "REQUEST_URI"}}},
		{"a member is known in lower case", "ARGS:Name", []v{{Name: "ARGS", Selector: key("name")}}},
		{"in any collection", "REQUEST_HEADERS:User-Agent", []v{{Name: "REQUEST_HEADERS", Selector: key("user-agent")}}},
		{"a member with a colon", "ARGS:a:b", []v{{Name: "ARGS", Selector: key("a:b")}}},
		{"count", "&REQUEST_HEADERS:Host", []v{{Name: "REQUEST_HEADERS", Count: true, Selector: key("host")}}},
		{"expression", "ARGS:/^a|b/|FILES", []v{{Name: "ARGS", Selector: rx("^a|b")}, {Name: "FILES"}}},
		{"escaped slash", `ARGS:/a\/b/`, []v{{Name: "ARGS", Selector: rx(`a\/b`)}}},
		{"an expression is lowered as a whole, escapes too", `TX:/^Header\S/`, []v{{Name: "TX", Selector: rx(`^header\s`)}}},
		{"quoted expression", "ARGS:'/a b/'|FILES", nil}, // a blank ends the targets
		{"quoted expression without blanks", "ARGS:'/a|b/'|FILES", []v{{Name: "ARGS", Selector: rx("a|b")}, {Name: "FILES"}}},
		{"empty expression", "ARGS://", []v{{Name: "ARGS", Selector: rx("")}}},
		{"path", "XML:/*", []v{{Name: "XML", Selector: key("/*")}}},
		{"path of attributes", "XML://@*|ARGS", []v{{Name: "XML", Selector: key("//@*")}, {Name: "ARGS"}}},
		{"exception", "ARGS|!ARGS:id", []v{{Name: "ARGS", Except: []seclang.Selector{key("id")}}}},
		{
			"exceptions apply to what stands before", "ARGS:/a/|!ARGS:B|ARGS|!ARGS:/C/",
			[]v{{Name: "ARGS", Selector: rx("a"), Except: []seclang.Selector{key("b"), rx("C")}}, {Name: "ARGS", Except: []seclang.Selector{rx("C")}}},
		},
		{
			"of the rule set", "REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/|REQUEST_COOKIES_NAMES|ARGS_NAMES|ARGS|XML:/*",
			[]v{
				{Name: "REQUEST_COOKIES", Except: []seclang.Selector{rx("__utm")}},
				{Name: "REQUEST_COOKIES_NAMES"},
				{Name: "ARGS_NAMES"},
				{Name: "ARGS"},
				{Name: "XML", Selector: key("/*")},
			},
		},
		{"everything left out", "ARGS|!ARGS", []v{{Name: "ARGS", Except: []seclang.Selector{{}}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := `SecRule ` + test.targets + ` "@rx a" "id:1,pass"`
			if test.want == nil {
				if program := read(text); len(program.Unknown) != 1 {
					t.Errorf("%s was understood, want it refused", test.targets)
				}
				return
			}
			same(t, test.targets, one(t, text).Links[0].Variables, test.want)
		})
	}
}

func TestRead_operators(t *testing.T) {
	for _, test := range []struct {
		name, operator string
		want           seclang.Operator
	}{
		{"without a name", `^a b`, seclang.Operator{Name: "rx", Argument: "^a b"}},
		{"named", `@contains /../`, seclang.Operator{Name: "contains", Argument: "/../", Macro: text("/../")}},
		{"negated", `!@pm A b`, seclang.Operator{Name: "pm", Negated: true, Argument: "A b", Words: []string{"a", "b"}}},
		{"negated without a name", `!^a`, seclang.Operator{Name: "rx", Negated: true, Argument: "^a"}},
		{"a negation and no more", `!`, seclang.Operator{Name: "rx", Negated: true}},
		{"nothing", ``, seclang.Operator{Name: "rx"}},
		{"without argument", `@detectSQLi`, seclang.Operator{Name: "detectSQLi"}},
		{"blanks around the argument", `@rx   a  `, seclang.Operator{Name: "rx", Argument: "a"}},
		{"escaped quote", `@rx [\"'] \\ \d`, seclang.Operator{Name: "rx", Argument: `["'] \\ \d`}},
		{"words of a file", `@pmFromFile words.data`, seclang.Operator{
			Name: "pmFromFile", Argument: "words.data", Words: []string{"foo", "bar baz", "à"},
		}},
		{"its short name", `@pmf words.data`, seclang.Operator{
			Name: "pmFromFile", Argument: "words.data", Words: []string{"foo", "bar baz", "à"},
		}},
		{"addresses", `@ipMatch 10.0.0.0/8, ::1`, seclang.Operator{
			Name: "ipMatch", Argument: "10.0.0.0/8, ::1", Words: []string{"10.0.0.0/8", "::1"},
		}},
		{"addresses of a file", `@ipMatchFromFile nets.data`, seclang.Operator{
			Name: "ipMatchFromFile", Argument: "nets.data", Words: []string{"10.0.0.0/8", "2001:db8::1"},
		}},
		{"macro", `@within %{tx.Allowed}|x`, seclang.Operator{
			Name: "within", Argument: "%{tx.Allowed}|x",
			Macro: seclang.Macro{Text: "%{tx.Allowed}|x", Parts: []seclang.MacroPart{
				{Text: "tx.Allowed", Variable: "TX", Key: "allowed"}, {Text: "|x"},
			}},
		}},
		{"no macro in an expression", `@rx %{tx.a}`, seclang.Operator{Name: "rx", Argument: "%{tx.a}"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := one(t, `SecRule ARGS "`+test.operator+`" "id:1,pass"`)
			same(t, test.operator, *rule.Links[0].Operator, test.want)
		})
	}
}

func text(s string) seclang.Macro {
	return seclang.Macro{Text: s, Parts: []seclang.MacroPart{{Text: s}}}
}

func TestRead_actions(t *testing.T) {
	rule := one(t, `SecRule ARGS "@rx a" \
    # a comment between the lines of a rule

    "id:942100,\
    phase:request,\
    block,\
    capture,\
    t:none,t:lowercase,t:none,t:urlDecodeUni,t:NormalisePath,\
    msg:'It\'s, 100%: \"bad\" %{MATCHED_VAR}',\
    logdata:'Matched Data: %{TX.0}',\
    tag:'attack-sqli',tag:paranoia-level/1,\
    ctl:auditLogParts=+E,\
    ctl:ruleRemoveTargetById=942000-942999;REQUEST_COOKIES:/^X/,\
    ctl:ruleRemoveTargetByTag=xss;ARGS:Pass,\
    ver:'OWASP_CRS/4.25.0',rev:2,maturity:3,accuracy:4,\
    severity:'CRITICAL',\
    multiMatch,status:403,skip:2,skipAfter:'END',noauditlog,\
    initcol:ip=%{REMOTE_ADDR},setenv:a=b,expirevar:ip.a=1,exec,\
    setvar:'tx.sql_score=+%{tx.critical}',\
    setvar:!tx.gone=1,\
    setvar:tx.%{RULE.ID}-a=b"`)
	msg := seclang.Macro{Text: `It\'s, 100%: \"bad\" %{MATCHED_VAR}`, Parts: []seclang.MacroPart{
		{Text: `It\'s, 100%: \"bad\" `}, {Text: "MATCHED_VAR", Variable: "MATCHED_VAR"},
	}}
	tx0 := seclang.MacroPart{Text: "TX.0", Variable: "TX", Key: "0"}
	link := rule.Links[0]
	same(t, "id and phase", []int{rule.ID, rule.Phase}, []int{942100, 2})
	same(t, "disruptive", rule.Disruptive, seclang.Action{Name: "pass"}) // block takes the default of phase 2
	same(t, "numbers", []int{rule.Status, rule.Skip, rule.Severity, rule.Maturity, rule.Accuracy}, []int{403, 2, 2, 3, 4})
	same(t, "texts", []string{rule.SkipAfter, rule.Version, rule.Revision}, []string{"END", "OWASP_CRS/4.25.0", "2"})
	same(t, "logging", []bool{rule.Log, rule.AuditLog}, []bool{true, false})
	same(t, "msg", rule.Msg, msg)
	same(t, "logdata", rule.LogData, seclang.Macro{
		Text: "Matched Data: %{TX.0}", Parts: []seclang.MacroPart{{Text: "Matched Data: "}, tx0},
	})
	same(t, "tags", rule.Tags, []string{"attack-sqli", "paranoia-level/1"})
	same(t, "flags", []bool{link.Capture, link.MultiMatch}, []bool{true, true})
	same(t, "transformations", link.Transformations, []string{"urlDecodeUni", "normalizePath"})
	same(t, "ctl", link.Ctls, []seclang.Ctl{
		{Name: "auditLogParts", Value: "+E"},
		{Name: "ruleRemoveTargetById", Value: "942000-942999", Variable: "REQUEST_COOKIES", Target: rx("^X")},
		{Name: "ruleRemoveTargetByTag", Value: "xss", Variable: "ARGS", Target: key("pass")},
	})
	same(t, "others", link.Others, []seclang.Action{
		{Name: "initcol", Argument: "ip=%{REMOTE_ADDR}"},
		{Name: "setenv", Argument: "a=b"},
		{Name: "expirevar", Argument: "ip.a=1"},
		{Name: "exec"},
	})
	same(t, "setvar", link.SetVars, []seclang.SetVar{
		{Key: text("sql_score"), Value: seclang.Macro{Text: "+%{tx.critical}", Parts: []seclang.MacroPart{
			{Text: "+"}, {Text: "tx.critical", Variable: "TX", Key: "critical"},
		}}},
		{Key: text("gone"), Value: text("1"), Remove: true},
		{Key: seclang.Macro{Text: "%{RULE.ID}-a", Parts: []seclang.MacroPart{
			{Text: "RULE.ID", Variable: "RULE", Key: "id"}, {Text: "-a"},
		}}, Value: text("b")},
	})
	same(t, "place", []any{rule.File, rule.Line}, []any{"rules/main.conf", 1})
}

func TestRead_phases(t *testing.T) {
	for name, want := range map[string]int{"1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "request": 2, "response": 4, "logging": 5} {
		same(t, "phase:"+name, one(t, `SecAction "id:1,phase:`+name+`,pass"`).Phase, want)
	}
	same(t, "no phase", one(t, `SecAction "id:1,pass"`).Phase, 2)
}

func TestRead_chainsAndMarkers(t *testing.T) {
	program := read(`
SecDefaultAction "phase:1,nolog,auditlog,deny,status:403"
SecMarker BEGIN
SecRule ARGS "@rx a" "id:1,phase:1,block,t:lowercase,chain,skipAfter:END"
  SecRule &ARGS "@gt 3" "capture,setvar:tx.a=1,chain"
  SecAction "t:none,msg:'last',tag:x,severity:ERROR"
SecAction "id:2,phase:1,log,pass"
SecMarker "END"
SecRule ARGS "@rx b"` + "\n" + `SecRule ARGS "@rx c" "id:3"`)
	if len(program.Unknown) != 1 || program.Unknown[0].Line != 9 || program.Unknown[0].Reason != "it has no id" {
		t.Errorf("unknown: got %+v, want only the rule without an id in line 9", program.Unknown)
	}
	if len(program.Rules) != 5 {
		t.Fatalf("%d rules, want 5", len(program.Rules))
	}
	head, second := program.Rules[1], program.Rules[2]
	same(t, "marker", program.Rules[0].Marker, "BEGIN")
	same(t, "links", len(head.Links), 3)
	same(t, "default of the phase", []any{head.Disruptive, head.Status, head.Log, head.AuditLog}, []any{seclang.Action{Name: "deny"}, 403, false, true})
	same(t, "first link", head.Links[0].Transformations, []string{"lowercase"})
	same(t, "second link", head.Links[1].SetVars, []seclang.SetVar{{Key: text("a"), Value: text("1")}})
	same(t, "second link captures", head.Links[1].Capture, true)
	last := head.Links[2]
	same(t, "last link", []any{last.Operator == nil, last.Msg.Text, last.Tags, last.Severity, last.Line}, []any{true, "last", []string{"x"}, 3, 6})
	same(t, "own actions over defaults", []any{second.Disruptive, second.Log}, []any{seclang.Action{Name: "pass"}, true})
	same(t, "behind END", program.Behind(1, head.SkipAfter), 4)
	same(t, "behind what is not there", program.Behind(1, "NOWHERE"), 5)
}

func TestRead_includesSettingsAndDatasets(t *testing.T) {
	program := read(`
SecRuleEngine DetectionOnly
Include more.conf
Include rules/x/*.conf
SecRuleEngine On
SecResponseBodyMimeType text/plain text/html
SecResponseBodyMimeTypesClear
SecComponentSignature "OWASP_CRS/4.25.0"
SecDataset bad ` + "`\n  One\n  # no\n  two\n`" + `
SecRule ARGS "@pmFromDataset bad" "id:1,pass"`)
	if len(program.Unknown) > 0 {
		t.Fatal(program.Unknown)
	}
	same(t, "settings", program.Settings, map[string]string{"secruleengine": "On", "seccomponentsignature": "OWASP_CRS/4.25.0"})
	got := [][]any{}
	for _, rule := range program.Rules {
		got = append(got, []any{rule.ID, rule.File, rule.Line})
	}
	same(t, "rules", got, [][]any{
		{900, "rules/more.conf", 1}, {901, "rules/more.conf", 4}, {902, "rules/x/y.conf", 1}, {1, "rules/main.conf", 14},
	})
	same(t, "file beside the include", program.Rules[2].Links[0].Operator.Words, []string{"foo", "bar baz", "à"})
	same(t, "dataset", program.Rules[3].Links[0].Operator.Words, []string{"One", "two"})
}

func TestRead_removesAndUpdates(t *testing.T) {
	rules := `SecRule ARGS "@rx a" "id:1,deny,tag:x,msg:'one'"
SecRule ARGS "@rx a" "id:2,block,tag:x,tag:y,msg:'two'"
SecRule ARGS|FILES "@rx a" "id:10,deny,tag:y,msg:'three',chain,nolog"
SecRule ARGS "@rx b"
`
	ids := func(p *seclang.Program) (got []int) {
		for _, rule := range p.Rules {
			got = append(got, rule.ID)
		}
		return got
	}
	for change, want := range map[string][]int{
		`SecRuleRemoveById 2`: {1, 10}, `SecRuleRemoveById "1 5-12"`: {2}, `SecRuleRemoveById 99`: {1, 2, 10},
		`SecRuleRemoveByTag x`: {10}, `SecRuleRemoveByTag "y"`: {1}, `SecRuleRemoveByMsg "three"`: {1, 2},
	} {
		program := read(rules + change)
		same(t, change, [2]any{ids(program), len(program.Unknown)}, [2]any{want, 0})
	}
	targets := func(i int, change string) []seclang.Variable { return read(rules + change).Rules[i].Links[0].Variables }
	same(t, "by id", targets(0, `SecRuleUpdateTargetById 1 "!ARGS:a|FILES"`), []seclang.Variable{{Name: "ARGS", Except: []seclang.Selector{key("a")}}, {Name: "FILES"}})
	same(t, "by range", targets(2, `SecRuleUpdateTargetById 2-10 "!FILES:/b/"`), []seclang.Variable{{Name: "ARGS"}, {Name: "FILES", Except: []seclang.Selector{rx("b")}}})
	same(t, "by tag", targets(1, `SecRuleUpdateTargetByTag "y" "!ARGS:c"`), []seclang.Variable{{Name: "ARGS", Except: []seclang.Selector{key("c")}}})
	same(t, "not by tag", targets(0, `SecRuleUpdateTargetByTag "y" "!ARGS:c"`), []seclang.Variable{{Name: "ARGS"}})
	rule := read(rules + `SecRuleUpdateActionById 10 "pass,log,t:none,t:lowercase,status:404,tag:z"`).Rules[2]
	same(t, "actions", []any{rule.Disruptive.Name, rule.Log, rule.Links[0].Transformations, rule.Status, rule.Tags}, []any{"pass", true, []string{"lowercase"}, 404, []string{"y", "z"}})
	same(t, "block stays block", read(rules + `SecRuleUpdateActionById 1 "block"`).Rules[0].Disruptive.Name, "block")
}

func TestRead_refusesWhatItCannotVouchFor(t *testing.T) {
	for _, test := range []struct{ directive, reason string }{
		{`SecFoo On`, `no directive is called "secfoo"`},
		{`SecRule`, "it has no argument"},
		{`SecRule ARGS`, "a rule is written as"},
		{`SecRule ARGS @rx "id:1"`, "a rule is written as"},
		{`SecRule ARGS "@rx a`, "not closed"},
		{`SecRule ARGS "@rx a" id:1`, "do not stand in quotes"},
		{`SecRule ARG "@rx a" "id:1"`, `no variable is called "ARG"`},
		{`SecRule REQUEST_URI:a "@rx a" "id:1"`, "no members"},
		{`SecRule ARGS:'a' "@rx a" "id:1"`, "is not one"},
		{`SecRule ARGS:a/b/ "@rx a" "id:1"`, "is not one"},
		{`SecRule ARGS:/a "@rx a" "id:1"`, "does not end"},
		{`SecRule ARGS:/a/b "@rx a" "id:1"`, "does not end"},
		{`SecRule ARGS:/(/ "@rx a" "id:1"`, "missing closing"},
		{`SecRule ARGS: "@rx a" "id:1"`, "is not one"},
		{`SecRule ARGS| "@rx a" "id:1"`, "no variable"},
		{`SecRule !&ARGS "@rx a" "id:1"`, "no variable"},
		{`SecRule ARGS "@foo a" "id:1"`, `no operator is called "foo"`},
		{`SecRule ARGS "@streq" "id:1"`, "empty text"},
		{`SecRule ARGS "@streq %{tx.a" "id:1"`, "is not closed"},
		{`SecRule ARGS "@streq %{foo.a}" "id:1"`, "no variable"},
		{`SecRule ARGS "@streq %{tx.}" "id:1"`, "is no macro"},
		{`SecRule ARGS "@streq %{tx.a b}" "id:1"`, "is no macro"},
		{`SecRule ARGS "@pmFromFile none.data" "id:1"`, "none.data"},
		{`SecRule ARGS "@pmFromDataset none" "id:1"`, "no dataset"},
		{`SecAction "pass"`, "it has no id"},
		{`SecAction "id:0,pass"`, "no number"},
		{`SecAction "id:1,foo"`, `no action is called "foo"`},
		{`SecAction "id:1,deny:a"`, "no argument"},
		{`SecAction "id:1,redirect"`, "no argument"},
		{`SecAction "id:1,allow:all"`, "phase or request"},
		{`SecAction "id:1,phase:6"`, "no number from 1 to 5"},
		{`SecAction "id:1,severity:9"`, "no number"},
		{`SecAction "id:1,severity:bad"`, "no severity"},
		{`SecAction "id:1,t:rot13"`, "no transformation"},
		{`SecAction "id:1,t:None"`, "no transformation"},
		{`SecAction "id:1,setvar:ip.a=1"`, "only tx.name"},
		{`SecAction "id:1,setvar:tx.a"`, "no value"},
		{`SecAction "id:1,ctl:foo=1"`, "cannot change"},
		{`SecAction "id:1,ctl:RuleEngine=Off"`, "cannot change"},
		{`SecAction "id:1,ctl:ruleRemoveTargetById=1;NOPE"`, "no variable"},
		{`SecAction "id:1,ctl:ruleRemoveById=1;ARGS"`, "only there"},
		{`SecAction "id:1,msg:'a"`, "not closed"},
		{`SecAction "id:1,chain"`, "no last link"},
		{"SecAction \"id:1,chain\"\nSecAction \"id:2\"", "id stands in a link"},
		{"SecAction \"id:1,chain\"\nSecAction \"deny\"", "deny stands in a link"},
		{"SecAction \"id:1,pass\"\nSecAction \"id:1,pass\"", "there is a rule 1 already"},
		{"SecAction \"id:1,chain\"\nSecMarker A", "no last link"},
		{`SecDefaultAction "pass"`, "need a phase"},
		{`SecDefaultAction "phase:1,log"`, "disruptive"},
		{`SecDefaultAction "phase:1,pass,t:none"`, "transformation"},
		{`SecDefaultAction "phase:1,pass,tag:a"`, "cannot be tag"},
		{"SecDefaultAction \"phase:1,pass\"\nSecDefaultAction \"phase:1,deny\"", "already"},
		{`SecRuleRemoveById 5-1`, "neither an id nor a range"},
		{`SecRuleUpdateTargetById 7 "ARGS"`, "no rule 7"},
		{"SecAction \"id:7,pass\"\nSecRuleUpdateTargetById 7 8 \"ARGS\"", "Coraza does not read on"},
		{"SecAction \"id:7,pass\"\nSecRuleUpdateTargetById 7 \"ARGS\"", "no targets"},
		{"SecAction \"id:7,pass\"\nSecRuleUpdateActionById 7 \"id:8\"", "cannot be changed"},
		{"SecMarker A\nSecRuleRemoveByMsg a", "on which Coraza fails"},
		{`SecIgnoreRuleCompilationErrors On`, "left out"},
		{`SecRemoteRules key https://example.com`, "not read"},
		{`Include none.conf`, "none.conf"},
		{`Include broken.conf`, `no action is called`},
		{`SecAction \`, "never ends"},
		{"SecDataset a `\nb", "never ends"},
		{`SecAction "` + strings.Repeat("x", 70000), "64 KiB"},
	} {
		program := read(test.directive)
		if len(program.Unknown) == 0 || !strings.Contains(program.Unknown[0].Reason, test.reason) {
			t.Errorf("%.80s: got %+v, want one with %q", test.directive, program.Unknown, test.reason)
		}
	}
}

func TestRead_namesThePlaceOfWhatItRefuses(t *testing.T) {
	program := read("# first\nSecAction \"id:1,pass\"\n\nSecRule ARGS \\\n  \"@foo\" \\\n  \"id:77,pass\"\n")
	same(t, "unknown", program.Unknown, []seclang.Unknown{{
		File: "rules/main.conf", Line: 4, RuleID: 77, Text: `SecRule ARGS "@foo" "id:77,pass"`,
		Reason: `no operator is called "foo"`,
	}})
}
