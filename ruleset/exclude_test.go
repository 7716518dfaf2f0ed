package ruleset

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corazawaf/coraza/v3"

	"github.com/sekisho-waf/sekisho"
)

func excluding(rule int, path, parameter string) sekisho.Exclusion {
	now := time.Now()
	return sekisho.Exclusion{
		ID: sekisho.NewExclusionID(), Rule: rule, Path: path, Parameter: parameter, Reason: "test", Author: "test",
		Created: now.Add(-time.Minute), Expires: now.Add(time.Hour),
	}
}

// formPost is a form that rule 942100 stops for its body, and nothing else.
func formPost(body string) *sekisho.Exchange {
	return post(form, "name=%E5%B1%B1%E7%94%B0&body="+body)
}

const sqlQuestion = "1+or+1%3D1--+-"

func TestExclude_letsOneTargetOfOneRuleOnOnePathPass(t *testing.T) {
	rules := func(parameter string) []sekisho.Exclusion { // what the question matches
		return []sekisho.Exclusion{excluding(942100, "/contact", parameter), excluding(942130, "/contact", parameter), excluding(942390, "/contact", parameter)}
	}
	expired := rules("ARGS:body")
	for i := range expired {
		expired[i].Expires = time.Now().Add(-time.Second)
	}
	elsewhere := rules("ARGS:body")
	for i := range elsewhere {
		elsewhere[i].Path = "/other"
	}
	tests := []struct {
		name       string
		exclusions []sekisho.Exclusion
		body       string
		attack     bool
		excluded   int
	}{
		{"no exclusion", nil, sqlQuestion, true, 0},
		{"the excluded parameter", rules("ARGS:body"), sqlQuestion, false, 1},
		{"its name in capitals", rules("ARGS:BODY"), sqlQuestion, false, 1},
		{"the same in another parameter", rules("ARGS:name"), sqlQuestion, true, 0},
		{"the same in a second parameter too", rules("ARGS:body"), sqlQuestion + "&memo=" + sqlQuestion, true, 0},
		{"another attack in the excluded parameter", rules("ARGS:body"), "%3Cscript%3Ealert(1)%3C/script%3E", true, 0},
		{"another path", elsewhere, sqlQuestion, true, 0},
		{"expired", expired, sqlQuestion, true, 0},
		{"the whole collection", rules("ARGS"), sqlQuestion, false, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bothModes(t, stockPolicy(), func(t *testing.T, e *Engine) {
				x := formPost(test.body)
				x.Exclusions = test.exclusions
				v := inspect(t, e, x)
				if v.Attack != test.attack || (len(v.Excluded) > 0) != (test.excluded > 0) {
					t.Errorf("got attack %v, excluded %v, matches %v; want attack %v", v.Attack, v.Excluded, v.Matches, test.attack)
				}
				if test.excluded > 0 && (len(v.Spared) == 0 || v.Score != 0) {
					t.Errorf("got spared %v, score %d, want the evidence and no points", v.Spared, v.Score)
				}
			})
		})
	}
}

func TestExclude_starStandsForAPlaceInAList(t *testing.T) {
	body := `{"items":[{"name":"ok"},{"name":"1 or 1=1-- -"}]}`
	for parameter, attack := range map[string]bool{"ARGS:json.items.*.name": false, "ARGS:json.items.*": true, "ARGS:json.items.1.name": false, "ARGS:json.items.0.name": true} {
		x := post("application/json", body)
		for _, rule := range []int{942100, 942130, 942390} {
			x.Exclusions = append(x.Exclusions, excluding(rule, "/*", parameter))
		}
		if v := inspect(t, engine(t, stockPolicy(), sekisho.ModeBlock), x); v.Attack != attack {
			t.Errorf("%s: got attack %v with %v, want %v", parameter, v.Attack, v.Matches, attack)
		}
	}
}

// A rule that denies by itself, one of phase 1, one without a score and one of the response: each leaves out the target
// and does nothing else differently.
func TestExclude_worksOutsideTheScore(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.CustomRules = `SecRule ARGS:coupon "@streq evil" "id:1000,phase:2,deny,status:418,log,msg:'coupon'"
SecRule REQUEST_HEADERS:X-Bot "@streq evil" "id:1001,phase:1,deny,log,msg:'bot'"
SecRule RESPONSE_HEADERS:X-Leak "@streq evil" "id:1002,phase:3,deny,log,msg:'leak'"
SecRule &REQUEST_HEADERS:X-Key "@eq 0" "id:1003,phase:1,deny,log,msg:'key',chain"
SecRule ARGS:key "@streq 1" "t:none"`
	tests := []struct {
		name      string
		rule      int
		parameter string
		build     func() *sekisho.Exchange
	}{
		{"a missing header", 1003, "&REQUEST_HEADERS:X-Key", func() *sekisho.Exchange { return exchange("GET", "/cart?key=1") }},
		{"denied in phase 2", 1000, "ARGS:coupon", func() *sekisho.Exchange { return exchange("GET", "/cart?coupon=evil") }},
		{"denied in phase 1", 1001, "REQUEST_HEADERS:X-Bot", func() *sekisho.Exchange { return withHeader(exchange("GET", "/cart"), "X-Bot", "evil") }},
		{"denied in the response", 1002, "RESPONSE_HEADERS:X-Leak", func() *sekisho.Exchange {
			x := exchange("GET", "/cart")
			x.Status, x.ResponseHeader = 200, []sekisho.Field{{Name: "X-Leak", Value: "evil"}}
			return x
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bothModes(t, policy, func(t *testing.T, e *Engine) {
				for _, excluded := range []bool{false, true} {
					x := test.build()
					if excluded {
						x.Exclusions = []sekisho.Exclusion{excluding(test.rule, "/cart", test.parameter)}
					}
					v := whole(t, e, x)
					if v.Attack == excluded || (len(v.Excluded) == 1) != excluded {
						t.Errorf("with an exclusion %v: got attack %v, excluded %v", excluded, v.Attack, v.Excluded)
					}
				}
			})
		})
	}
}

// whole is the verdict on both halves.
func whole(t testing.TB, e *Engine, x *sekisho.Exchange) sekisho.Verdict {
	t.Helper()
	i := e.Begin(x)
	defer i.Close()
	v, err := i.Request(context.Background())
	if err == nil && !v.Attack && x.Status != 0 {
		v, err = i.Response(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Held against an engine that was compiled with the same exclusion, by ctl:ruleRemoveTargetById at the very beginning: the
// verdict, the score and the rules that matched must be the same, whatever the request.
func TestExclude_agreesWithACompiledExclusion(t *testing.T) {
	withoutRaceDetector(t)
	source := rand.New(rand.NewPCG(8, 1))
	var requests []*sekisho.Exchange
	for _, x := range regressionRequests(t, sampled(5)) {
		requests = append(requests, x, mutate(x, source))
	}
	plain := newOracle(t, policyAt(2)).engine
	byPair := map[string][]*sekisho.Exchange{} // what each rule matched where, "942100 ARGS:a"
	for _, x := range requests {
		for _, match := range inspect(t, plain, x).Matches {
			pair := fmt.Sprintf("%d %s", match.RuleID, match.Variable)
			if match.Score > 0 && exclusionFits(match.Variable) && excluding(1, "/*", "ARGS").CoversPath(x.Target) {
				byPair[pair] = append(byPair[pair], x)
			}
		}
	}
	pairs := slices.Sorted(maps.Keys(byPair))
	source.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	asked, let := 0, 0
	for chosen := range slices.Chunk(pairs[:min(len(pairs), sampled(120))], 20) {
		var exclusions []sekisho.Exclusion
		var compiledIn strings.Builder
		concerned := map[*sekisho.Exchange]bool{}
		for n, pair := range chosen {
			id, parameter, _ := strings.Cut(pair, " ")
			rule, err := strconv.Atoi(id)
			if err != nil {
				t.Fatal(err)
			}
			exclusions = append(exclusions, excluding(rule, "/*", parameter))
			fmt.Fprintf(&compiledIn, "SecAction \"id:%d,phase:1,pass,nolog,ctl:ruleRemoveTargetById=%d;%s\"\n", 900+n, rule, parameter)
			for _, x := range byPair[pair][:min(len(byPair[pair]), 5)] {
				concerned[x] = true
			}
		}
		compiledOracle := engineBehind(t, policyAt(2), compiledIn.String())
		for x := range concerned {
			asked++
			excluded := *x
			excluded.Exclusions = exclusions
			got, want := requestTrace(t, plain, &excluded), requestTrace(t, compiledOracle, x)
			want.Rules = slices.DeleteFunc(want.Rules, func(id int) bool { return id >= 900 && id < 900+len(chosen) })
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s %q without %v:\ngot  %+v\nwant %+v", x.Method, x.Target, chosen, got, want)
			}
			if got.Stopped == 0 {
				let++
			}
		}
	}
	t.Logf("%d requests asked about, %d targets, %d requests pass", asked, len(pairs), let)
	if let == 0 {
		t.Error("no exclusion let anything through: this compares nothing")
	}
}

func exclusionFits(parameter string) bool {
	e := excluding(1, "/", parameter)
	return e.Validate() == nil && !strings.ContainsAny(parameter, "*,;\"'\\ |/[`") && parameter[len(parameter)-1] != '/'
}

// engineBehind is the plain engine of a policy with directives in front of everything else.
func engineBehind(t *testing.T, policy sekisho.Policy, ahead string) *Engine {
	t.Helper()
	built, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(bundled().under(policy.Profile)).WithDirectives(ahead + directives(policy, sekisho.ModeBlock)))
	if err != nil {
		t.Fatal(err)
	}
	return &Engine{pool: testPool, policy: policy, mode: sekisho.ModeBlock, compiled: compiled{waf: built.(waf)}}
}

func requestTrace(t testing.TB, e *Engine, x *sekisho.Exchange) Trace {
	t.Helper()
	i := e.Begin(x)
	defer i.Close()
	if _, err := i.Request(context.Background()); err != nil {
		t.Fatal(err)
	}
	return i.Trace()
}

// One engine serves sites with exclusions and sites without at once: nobody's exclusion is another's.
func TestExclude_staysWithItsOwnSite(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.CustomRules = `SecRule ARGS|!ARGS:a|!ARGS:b|!ARGS:c "@streq evil" "id:1000,phase:2,deny,log,msg:'evil'"`
	e := engine(t, policy, sekisho.ModeBlock)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			name := fmt.Sprintf("p%d", worker)
			for range 20 {
				own := exchange("GET", "/?"+name+"=evil")
				own.Exclusions = []sekisho.Exclusion{excluding(1000, "/", "ARGS:"+name)}
				if inspect(t, e, own).Attack {
					t.Errorf("%s: its own exclusion did not hold", name)
				}
				other := exchange("GET", "/?q"+name+"=evil")
				other.Exclusions = own.Exclusions
				if !inspect(t, e, other).Attack {
					t.Errorf("%s: somebody else's exclusion held", name)
				}
			}
		})
	}
	group.Wait()
}

func TestCheckExclusion_saysWhatFits(t *testing.T) {
	tests := []struct {
		name string
		e    sekisho.Exclusion
		want string // "" for none
	}{
		{"a rule and its parameter", excluding(942100, "/", "ARGS:body"), ""},
		{"a cookie", excluding(942100, "/", "REQUEST_COOKIES:cart"), ""},
		{"a rule that counts", excluding(920300, "/", "&REQUEST_HEADERS:Accept"), ""},
		{"a rule that counts, as an event shows it", excluding(920300, "/", "REQUEST_HEADERS:Accept"), "write &REQUEST_HEADERS:Accept"},
		{"a rule that looks, as if it counted", excluding(942100, "/", "&ARGS"), "but at"},
		{"a rule that denies", excluding(200002, "/", "REQBODY_ERROR"), ""},
		{"no such rule", excluding(999999, "/", "ARGS:a"), "no such rule"},
		{"a sum", excluding(949110, "/", "TX:blocking_inbound_anomaly_score"), "sums up"},
		{"a rule that prepares", excluding(901340, "/", "REQBODY_PROCESSOR"), "prepares"},
		{"somewhere else", excluding(942100, "/", "REQUEST_BODY"), "ARGS"},
		{"an unknown collection", excluding(942100, "/", "FIELDS:a"), "know no FIELDS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := CheckExclusion(policyAt(3), test.e)
			if test.want == "" && err != nil || test.want != "" && (sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
