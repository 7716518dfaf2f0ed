package ruleset

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/automaton"
)

// everything is all that an inspection leaves behind: what we say, what the rules did, and every TX variable.
type everything struct {
	Verdict sekisho.Verdict
	Trace   Trace
	TX      []string
}

func everythingOf(t *testing.T, e *Engine, x *sekisho.Exchange, response bool) everything {
	t.Helper()
	i := e.Begin(x)
	defer i.Close()
	verdict, err := i.Request(t.Context())
	if err == nil && response {
		verdict, err = i.Response(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	vars, err := variablesOf(i.tx)
	if err != nil {
		t.Fatal(err)
	}
	got := everything{Verdict: verdict, Trace: i.Trace()}
	for _, v := range vars.TX().FindAll() {
		got.TX = append(got.TX, v.Key()+"="+v.Value())
	}
	slices.Sort(got.TX)
	return got
}

// hardBodies are what the proof does not look at, and what its automata could trip over.
func hardBodies(source *rand.Rand) []*sekisho.Exchange {
	noise := make([]byte, 1<<10)
	for n := range noise {
		noise[n] = byte(source.Uint32())
	}
	var requests []*sekisho.Exchange
	for _, body := range []string{
		string(noise), sentences(source, 100), strings.Repeat("<a href='", 300), strings.Repeat("%u3042%c0%bc", 200),
		strings.Repeat("\xe3\x81", 500) + "' or 1=1--", "\xff\xfeunion select 1", strings.Repeat("ſELECT K ", 50), "a\nb\r\nc: d\x00;cat /etc/passwd",
	} {
		requests = append(requests,
			post(form, "a="+body), post("application/octet-stream", body), post("text/plain", body),
			multipart(formPart("a", body), filePart("b", "c.bin", body)),
			post("application/xml", "<?xml version=\"1.0\"?><a b='x'>"+strings.ToValidUTF8(strings.ReplaceAll(body, "<", "&lt;"), "?")+"</a>"),
			cutTo(post("application/json", `{"a":"`+strings.ToValidUTF8(body, "?")), 700),
			answer(exchange("GET", "/"), 500, "text/html", "<p>"+body+" You have an error in your SQL syntax"))
	}
	return requests
}

// ordered takes away what is up to the order of a Go map in Coraza: which of several values that one rule matched is shown,
// and whose captures stay. Two runs of the plain engine differ in these too.
func (e everything) ordered() everything {
	for i := range e.Verdict.Matches {
		e.Verdict.Matches[i].Variable, e.Verdict.Matches[i].Data = "", ""
	}
	e.TX = slices.DeleteFunc(e.TX, func(tx string) bool {
		return personal.MatchString(tx[:strings.IndexByte(tx, '=')]) || strings.HasPrefix(tx, "multipart_headers_content_types_")
	})
	return e
}

func firstDifference(got, want everything) string {
	switch {
	case !reflect.DeepEqual(got.Trace, want.Trace):
		return fmt.Sprintf("got %v, want %v", without(got.Trace.Rules, want.Trace.Rules), without(want.Trace.Rules, got.Trace.Rules))
	case len(got.Verdict.Matches) != len(want.Verdict.Matches):
		return fmt.Sprintf("got %+v, want %+v", got.Verdict, want.Verdict)
	}
	for i := range got.Verdict.Matches {
		if got.Verdict.Matches[i] != want.Verdict.Matches[i] {
			return fmt.Sprintf("got %+v, want %+v", got.Verdict.Matches[i], want.Verdict.Matches[i])
		}
	}
	for _, tx := range got.TX {
		if !slices.Contains(want.TX, tx) {
			return fmt.Sprintf("got %q beyond what plain Coraza has", tx)
		}
	}
	return fmt.Sprintf("got %d TX values, want %d", len(got.TX), len(want.TX))
}

func TestNarrowed_saysWhatPlainCorazaSays(t *testing.T) {
	source := rand.New(rand.NewPCG(6, 1))
	requests := hardBodies(source)
	for _, x := range regressionRequests(t, 2*sampleEvery()) {
		requests = append(requests, x, mutate(x, source))
	}
	for _, policy := range []sekisho.Policy{stockPolicy(), smallBusinessPolicy(), policyAt(4)} {
		stock, err := NewStockPool(slog.New(slog.DiscardHandler)).Acquire(policy, sekisho.ModeDetect)
		if err != nil {
			t.Fatal(err)
		}
		ours := slowLane(engine(t, policy, sekisho.ModeDetect))
		matched, same, differences := 0, 0, 0
		for _, x := range requests {
			got, want := everythingOf(t, ours, x, x.Status != 0), everythingOf(t, stock, x, x.Status != 0)
			if reflect.DeepEqual(got, want) {
				same++
			} else if got, want = got.ordered(), want.ordered(); !reflect.DeepEqual(got, want) {
				if differences++; differences < 5 {
					t.Errorf("%s %q %q: %s", x.Method, x.Target, x.Body[:min(len(x.Body), 60)], firstDifference(got, want))
				}
			}
			matched += len(want.Trace.Rules)
		}
		t.Logf("profile %s, level %d: %d requests, %d matches, %d the same to the last byte, %d differences",
			policy.Profile, policy.ParanoiaLevel, len(requests), matched, same, differences)
		if same*2 < len(requests) {
			t.Errorf("%d of %d are the same to the last byte, want half", same, len(requests))
		}
		stock.Release()
	}
}

// The test of the test: an expression that is answered wrongly must show.
func TestNarrowed_aWrongAnswerIsCaught(t *testing.T) {
	x := exchange("GET", "/?a=1%27%20UNION%20SELECT%20name%20FROM%20users")
	policy := stockPolicy()
	right := everythingOf(t, slowLane(engine(t, policy, sekisho.ModeDetect)), x, false)
	blind := func(rules string) string {
		return strings.ReplaceAll(rules, `"@rx (?i)union.*?select.*?from"`, `"@`+narrowRx+` (?i)union.*?select.*?fromm"`)
	}
	waf, _, err := compileEngine(policy, sekisho.ModeDetect, blind)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = waf.Close() }()
	wrong := everythingOf(t, &Engine{pool: &Pool{}, policy: policy, mode: sekisho.ModeDetect, compiled: compiled{waf: waf}}, x, false)
	if reflect.DeepEqual(right, wrong) || len(right.Trace.Rules) != len(wrong.Trace.Rules)+1 {
		t.Errorf("got %v, want one rule less than %v", wrong.Trace.Rules, right.Trace.Rules)
	}
}

// Where the automaton gives up, the expression itself is asked.
func TestRx_asksTheExpressionWhereItsAutomatonCannotSay(t *testing.T) {
	source := rand.New(rand.NewPCG(6, 2))
	o := &rx{pattern: automaton.Rx(`a.{14}z`)}
	undecided := 0
	for range 200 {
		value := make([]byte, 400)
		for n := range value {
			value[n] = "ab"[source.IntN(2)]
		}
		if o.may(string(value)) {
			undecided++
		}
	}
	if undecided == 0 {
		t.Error("every value was decided: the expression is not hard enough for this test")
	}
	t.Logf("%d of 200 undecided", undecided)
}
