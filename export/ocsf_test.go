package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// attribute says what the schema allows of one attribute.
type attribute struct {
	required bool
	kind     string // text, number, flag, any; or the name of an object in schema, with [] for a list
	enum     []int  // of a number
}

func oneOf(required bool, values ...int) attribute {
	return attribute{required: required, kind: "number", enum: values}
}

var (
	text, number = attribute{kind: "text"}, attribute{kind: "number"}
	needText     = attribute{required: true, kind: "text"}
	severities   = []int{0, 1, 2, 3, 4, 5, 6, 99}
	upTo         = func(n int) (all []int) {
		for i := range n + 1 {
			all = append(all, i)
		}
		return append(all, 99)
	}
)

// schema is what OCSF 1.5.0 says of the classes and objects that we send (https://schema.ocsf.io/1.5.0), as far as we use them: an
// attribute that is not listed here must not be sent. "any:" lists those of which at least one must be there.
var schema = map[string]map[string]attribute{
	"2004": merged(base(2004), map[string]attribute{
		"finding_info": {required: true, kind: "finding_info"}, "evidences": {kind: "[]evidences"}, "resources": {kind: "[]resource_details"},
		"count": number, "confidence_score": number, "is_alert": {kind: "flag"}, "raw_data": text,
		"action_id": oneOf(false, 0, 1, 2, 3, 4, 99), "action": text,
		"disposition_id": oneOf(false, upTo(27)...), "disposition": text,
		"status_id": oneOf(false, 0, 1, 2, 3, 4, 5, 6, 99), "status": text,
	}),
	"2005": merged(base(2005), map[string]attribute{
		"finding_info_list": {required: true, kind: "[]finding_info"}, "desc": text, "comment": text, "count": number, "start_time": number, "end_time": number,
		"impact_score": number, "verdict_id": oneOf(false, upTo(10)...), "verdict": text, "assignee": {kind: "user"}, "assignee_group": {kind: "group"},
		"status_id": oneOf(true, 0, 1, 2, 3, 4, 5, 99), "status": text, "any:": {kind: "assignee assignee_group"},
	}),
	"metadata": {
		"version": needText, "uid": text, "tenant_uid": text, "correlation_uid": text, "product": {required: true, kind: "product"}, "profiles": {kind: "[]text"},
		"log_name": text, "log_provider": text,
	},
	"product":      {"name": text, "vendor_name": needText, "version": text, "lang": text},
	"finding_info": {"uid": needText, "title": text, "desc": text, "types": {kind: "[]text"}, "first_seen_time": number, "last_seen_time": number, "created_time": number, "analytic": {kind: "analytic"}, "data_sources": {kind: "[]text"}},
	"analytic":     {"uid": text, "name": text, "type_id": oneOf(true, upTo(11)...), "type": text},
	"evidences": {
		"src_endpoint": {kind: "network_endpoint"}, "dst_endpoint": {kind: "network_endpoint"}, "connection_info": {kind: "network_connection_info"}, "url": {kind: "url"},
		"http_request": {kind: "http_request"}, "http_response": {kind: "http_response"}, "device": {kind: "device"}, "user": {kind: "user"}, "process": {kind: "process"},
		"file": {kind: "file"}, "data": {kind: "any"}, "any:": {kind: "src_endpoint dst_endpoint connection_info url device user process file data"},
	},
	"resource_details":        {"name": text, "type": text, "any:": {kind: "name uid"}},
	"network_endpoint":        {"ip": text, "port": number, "hostname": text, "any:": {kind: "ip hostname"}},
	"network_connection_info": {"direction_id": oneOf(true, 0, 1, 2, 3, 4, 99), "direction": text, "protocol_name": text},
	"url":                     {"url_string": text, "hostname": text, "path": text, "any:": {kind: "url_string path"}},
	"http_request":            {"http_method": text, "user_agent": text, "url": {kind: "url"}},
	"http_response":           {"code": {required: true, kind: "number"}},
	"device":                  {"hostname": text, "type_id": oneOf(true, upTo(15)...), "type": text, "any:": {kind: "ip uid name hostname"}},
	"user":                    {"name": text, "any:": {kind: "name uid"}},
	"group":                   {"name": text, "any:": {kind: "name uid"}},
	"process":                 {"cmd_line": text, "any:": {kind: "pid uid cpid cmd_line"}},
	"file":                    {"name": needText, "path": text, "type_id": oneOf(true, upTo(7)...), "type": text, "hashes": {kind: "[]fingerprint"}},
	"fingerprint":             {"algorithm_id": oneOf(true, upTo(7)...), "algorithm": text, "value": needText},
}

func base(class int) map[string]attribute {
	return map[string]attribute{
		"category_uid": oneOf(true, 2), "category_name": text, "class_uid": oneOf(true, class), "class_name": text,
		"activity_id": oneOf(true, 0, 1, 2, 3, 99), "activity_name": text, "type_uid": oneOf(true, class*100, class*100+1, class*100+2, class*100+3, class*100+99), "type_name": text,
		"time": {required: true, kind: "number"}, "severity_id": oneOf(true, severities...), "severity": text, "message": text,
		"metadata": {required: true, kind: "metadata"}, "unmapped": {kind: "any"},
	}
}

func merged(maps ...map[string]attribute) map[string]attribute {
	all := map[string]attribute{}
	for _, m := range maps {
		for name, a := range m {
			all[name] = a
		}
	}
	return all
}

// violations are what the schema says against an object.
func violations(where, object string, value any) (all []string) {
	say := func(format string, args ...any) { all = append(all, where+": "+fmt.Sprintf(format, args...)) }
	fields, ok := value.(map[string]any)
	if !ok {
		say("got %T, want an object %s", value, object)
		return all
	}
	rules := schema[object]
	for name, rule := range rules {
		if _, there := fields[name]; rule.required && !there {
			say("%s is required", name)
		}
	}
	for name, v := range fields {
		rule, known := rules[name]
		if !known {
			say("%s is no attribute of %s", name, object)
			continue
		}
		all = append(all, checkValue(where+"."+name, rule, v)...)
	}
	if any, there := rules["any:"]; there {
		found := false
		for name := range fields {
			found = found || slices.Contains(slices.Collect(splitWords(any.kind)), name)
		}
		if !found {
			say("one of %s is required", any.kind)
		}
	}
	return all
}

func splitWords(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		word := ""
		for _, r := range s + " " {
			if r != ' ' {
				word += string(r)
				continue
			}
			if !yield(word) {
				return
			}
			word = ""
		}
	}
}

func checkValue(where string, rule attribute, v any) []string {
	if len(rule.kind) > 2 && rule.kind[:2] == "[]" {
		list, ok := v.([]any)
		if !ok || len(list) == 0 {
			return []string{where + ": want a list with something in it"}
		}
		var all []string
		for i, element := range list {
			all = append(all, checkValue(fmt.Sprint(where, "[", i, "]"), attribute{kind: rule.kind[2:]}, element)...)
		}
		return all
	}
	switch rule.kind {
	case "any":
		return nil
	case "text":
		if s, ok := v.(string); !ok || s == "" {
			return []string{where + ": want a text with something in it"}
		}
	case "flag":
		if _, ok := v.(bool); !ok {
			return []string{where + ": want true or false"}
		}
	case "number":
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) {
			return []string{where + ": want a whole number"}
		}
		if rule.enum != nil && !slices.Contains(rule.enum, int(n)) {
			return []string{fmt.Sprint(where, ": ", n, " is none of ", rule.enum)}
		}
	default:
		return violations(where, rule.kind, v)
	}
	return nil
}

func TestEncode_keepsToTheOCSFSchema(t *testing.T) {
	records := map[string]Record{
		"an event with everything":  {Event: richEvent(), Incident: richIncident()},
		"an event with nothing":     {Event: &sekisho.Event{ID: "E1", Time: noon, Tenant: yamada}},
		"an event with a hash only": {Event: &sekisho.Event{ID: "E1", Time: noon, Tenant: yamada, Hash: "x"}},
		"a case with nothing":       {Change: &sekisho.Change{Tenant: yamada, Case: "C1", Revision: 1, Incident: "I1", Time: noon, Kind: sekisho.ChangeOpened}},
	}
	for _, outcome := range []sekisho.Outcome{
		sekisho.OutcomePrevented, sekisho.OutcomeRefused, sekisho.OutcomeContained, sekisho.OutcomeRedirected, sekisho.OutcomeUnknown,
		sekisho.OutcomeDetected, sekisho.OutcomeErrored, sekisho.OutcomeSucceeded,
	} {
		e := *richEvent()
		e.Outcome = outcome
		records["an event that is "+string(outcome)] = Record{Event: &e}
	}
	for _, kind := range []sekisho.ChangeKind{sekisho.ChangeOpened, sekisho.ChangeRaised, sekisho.ChangeClosed, sekisho.ChangeSuppressed, sekisho.ChangeVerdict} {
		for state := sekisho.CaseNew; state <= sekisho.CaseClosed; state++ {
			r := richChange(kind)
			r.Change.State, r.Change.Verdict, r.Case.Owner = state, sekisho.VerdictClean, "sato"
			records[fmt.Sprint("a case ", kind, " in state ", state)] = r
		}
	}
	for name, r := range records {
		line, err := Encode(sekisho.FormatOCSF, r, words, "1", "en")
		must(t, err)
		var value any
		must(t, json.Unmarshal(line, &value))
		class := "2004"
		if r.Change != nil {
			class = "2005"
		}
		for _, wrong := range violations(name, class, value) {
			t.Errorf("%s\n%s", wrong, line)
		}
	}
}

func TestEncode_saysInOCSFWhatHappened(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Record
		want map[string]float64
	}{
		{"a blocked attack", Record{Event: richEvent(), Incident: richIncident()}, map[string]float64{"type_uid": 200401, "severity_id": 3, "disposition_id": 2, "action_id": 2, "count": 3, "confidence_score": 70, "time": 1775044800123}},
		{"a case that begins", richChange(sekisho.ChangeOpened), map[string]float64{"type_uid": 200501, "severity_id": 4, "status_id": 1, "count": 100, "impact_score": 34}},
		{"a case that gets worse", richChange(sekisho.ChangeRaised), map[string]float64{"type_uid": 200502, "status_id": 1}},
		{"a case that ends", func() Record {
			r := richChange(sekisho.ChangeClosed)
			r.Change.State, r.Change.Verdict = sekisho.CaseClosed, sekisho.VerdictThreat
			return r
		}(), map[string]float64{"type_uid": 200503, "status_id": 5, "verdict_id": 2}},
	} {
		line, err := Encode(sekisho.FormatOCSF, c.r, words, "1", "en")
		must(t, err)
		var got map[string]any
		must(t, json.Unmarshal(line, &got))
		for name, want := range c.want {
			if got[name] != want {
				t.Errorf("%s: %s: got %v, want %v", c.name, name, got[name], want)
			}
		}
	}
}
