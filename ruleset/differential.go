package ruleset

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// A Differential asks about an exchange twice: as a policy serves, with the fast lane, the narrowed slow lane and
// exclusions at run time, and by the plain engine, which has the exclusions compiled in. Whatever the two disagree about is
// a fault of the first. For tests and benchmarks. It is safe for concurrent use.
type Differential struct {
	served     *Engine
	plain      *oracle
	exclusions []sekisho.Exclusion
}

// NewDifferential compiles a policy both ways. The exclusions apply to every path: theirs is not compared.
func NewDifferential(policy sekisho.Policy, exclusions []sekisho.Exclusion) (*Differential, error) {
	plain, err := openOracle(policy, exclusions)
	if err != nil {
		return nil, err
	}
	served, err := NewPool(slog.New(slog.DiscardHandler)).Acquire(policy, sekisho.ModeBlock)
	if err != nil {
		plain.close()
		return nil, err
	}
	return &Differential{served, plain, exclusions}, nil
}

// Close lets both engines go.
func (d *Differential) Close() {
	d.served.Release()
	d.plain.close()
}

// A Comparison is what asking about one exchange gave.
type Comparison struct {
	Clean    bool   // proven clean
	Compared bool   // both were asked
	Fault    string // what they disagree about; "" for nothing
	// Wavering: the plain engine itself answers now this, now that, so that nothing can be said. Coraza walks through
	// collections in the order of Go's maps, and what a later link of a chain sees depends on who came last.
	Wavering bool
}

// Compare asks about the request half of an exchange. One that is proven clean is always held against the plain engine,
// any other where slowToo says so.
func (d *Differential) Compare(ctx context.Context, x *sekisho.Exchange, slowToo bool) (Comparison, error) {
	mine := *x
	mine.Exclusions = d.exclusions
	if d.served.proof != nil && holds(d.served.proof.Request, &mine) {
		return Comparison{Clean: true, Compared: true, Fault: d.plain.objection(ctx, x, false)}, nil
	}
	if !slowToo || len(d.exclusions) > 0 && !d.exclusions[0].CoversPath(x.Target) {
		return Comparison{}, nil
	}
	want, err := d.plain.answer(ctx, x)
	if err != nil {
		return Comparison{}, fmt.Errorf("ask the plain engine: %w", err)
	}
	fault := ""
	for range 4 { // once where they agree
		got, err := answerOf(ctx, d.served, &mine)
		if err != nil {
			got = "it fails: " + err.Error()
		}
		if got == want {
			return Comparison{Compared: true}, nil
		}
		fault = fmt.Sprintf("served: %s; plain: %s", got, want)
		again, err := d.plain.answer(ctx, x)
		if err != nil {
			return Comparison{}, fmt.Errorf("ask the plain engine: %w", err)
		}
		if again != want {
			return Comparison{Compared: true, Wavering: true}, nil
		}
	}
	return Comparison{Compared: true, Fault: fault}, nil
}

// An oracle is the plain engine of a policy and what it leaves behind on a request that is nothing special.
type oracle struct {
	engine   *Engine
	baseline map[string]string
}

// firstCompiledIn is the id of the first rule that takes a target away; no rule of anybody is below 1000.
const firstCompiledIn = 100

func openOracle(policy sekisho.Policy, exclusions []sekisho.Exclusion) (*oracle, error) {
	var ahead strings.Builder
	for i, e := range exclusions {
		away := fmt.Sprintf("ruleRemoveTargetById=%d;%s", e.Rule, e.Parameter)
		if strings.HasPrefix(e.Parameter, "&") {
			away = fmt.Sprintf("ruleRemoveById=%d", e.Rule)
		}
		fmt.Fprintf(&ahead, "SecAction \"id:%d,phase:1,pass,nolog,ctl:%s\"\n", firstCompiledIn+i, away)
	}
	own := directives(policy, sekisho.ModeBlock)
	pool := NewPool(slog.New(slog.DiscardHandler))
	pool.compile = func(policy sekisho.Policy, mode sekisho.Mode) (compiled, error) {
		engine, _, err := compileEngine(policy, mode, func(text string) string {
			if text == own {
				return ahead.String() + text
			}
			return text
		})
		return compiled{waf: engine}, err
	}
	engine, err := pool.Acquire(policy, sekisho.ModeBlock)
	if err != nil {
		return nil, err
	}
	o := &oracle{engine: engine}
	i := engine.Begin(nothingSpecial())
	defer i.Close()
	if _, err := i.Request(context.Background()); err != nil {
		o.close()
		return nil, err
	}
	o.baseline = txValues(i)
	return o, nil
}

func (o *oracle) close() { o.engine.Release() }

// nothingSpecial is a browser that asks for a page.
func nothingSpecial() *sekisho.Exchange {
	return &sekisho.Exchange{
		ID: "nothing", Client: netip.MustParseAddrPort("203.0.113.7:50123"), Server: netip.MustParseAddrPort("192.0.2.10:443"),
		Method: "GET", Target: "/", Protocol: "HTTP/1.1", Host: "www.example.co.jp",
		Header: []sekisho.Field{
			{Name: "User-Agent", Value: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"},
			{Name: "Accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
			{Name: "Accept-Language", Value: "ja,en-US;q=0.9,en;q=0.8"},
			{Name: "Accept-Encoding", Value: "gzip, deflate, br"},
		},
	}
}

// personal are the TX variables that may differ between clean requests: nobody reads them but the rule that sets them.
// They are listed here by hand, so that the proof's own opinion on the matter is tested too.
var personal = regexp.MustCompile(`^(?:[0-9]|content_type|content_type_charset|extension|header_name_92045[01]_.*|` +
	`[0-9]{6}_matched_var_name|json_request_body|multipart_headers_content_(?:counter|types_[0-9]+))$`)

func txValues(i *Inspection) map[string]string {
	values := map[string]string{}
	vars, err := variablesOf(i.tx)
	if err != nil {
		return values
	}
	for _, v := range vars.TX().FindAll() {
		if key := strings.ToLower(v.Key()); !personal.MatchString(key) {
			values[key] += v.Value() + ";"
		}
	}
	return values
}

// objection says what the plain engine has against an exchange being called clean, or "".
func (o *oracle) objection(ctx context.Context, x *sekisho.Exchange, response bool) string {
	i := o.engine.Begin(x)
	defer i.Close()
	verdict, err := i.Request(ctx)
	if err == nil && response {
		verdict, err = i.Response(ctx)
	}
	if err != nil {
		return "it fails: " + err.Error()
	}
	if verdict.Attack || verdict.Score != 0 || len(verdict.Matches) > 0 {
		return fmt.Sprintf("the verdict is %+v", verdict)
	}
	if trace := i.Trace(); trace.Stopped != 0 {
		return fmt.Sprintf("rule %d stops it", trace.Stopped)
	}
	for _, m := range i.tx.MatchedRules() {
		if logs, ok := m.(interface{ Log() bool }); !ok || logs.Log() {
			return fmt.Sprintf("rule %d is logged", m.Rule().ID())
		}
		if disruptionOf(m).stops() {
			return fmt.Sprintf("rule %d would end it", m.Rule().ID())
		}
	}
	values := txValues(i)
	for key, value := range values {
		if o.baseline[key] != value && !response {
			return fmt.Sprintf("tx.%s is %q, not %q", key, value, o.baseline[key])
		}
	}
	if len(values) < len(o.baseline) {
		return "a TX variable is missing"
	}
	return ""
}

// answer is what the plain engine makes of a request.
func (o *oracle) answer(ctx context.Context, x *sekisho.Exchange) (string, error) {
	return answerOf(ctx, o.engine, x)
}

// answerOf is a verdict and every rule that matched, in a form that can be compared. What matched first among values of
// one collection is up to Coraza, so the evidence is left out.
func answerOf(ctx context.Context, e *Engine, x *sekisho.Exchange) (string, error) {
	i := e.Begin(x)
	defer i.Close()
	verdict, err := i.Request(ctx)
	if err != nil {
		return "", err
	}
	trace := i.Trace()
	trace.Rules = slices.DeleteFunc(trace.Rules, func(id int) bool { return id < 1000 })
	var matches []int
	for _, match := range verdict.Matches {
		matches = append(matches, match.RuleID)
	}
	return fmt.Sprintf("attack %v, status %d, score %d, %s %s, matches %v, stopped by %d (%d), rules %v",
		verdict.Attack, verdict.Status, verdict.Score, verdict.Class, verdict.Family, matches, trace.Stopped, trace.Status, trace.Rules), nil
}
