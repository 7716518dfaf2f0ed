package ruleset

import (
	"context"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
)

func TestExplain_understandsTheDefaultPolicy(t *testing.T) {
	for level := 1; level <= 2; level++ {
		got, err := Explain(policyAt(level))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Fast || !got.FastResponses {
			t.Errorf("level %d: slow: %s; responses: %s", level, got.SlowReason, got.SlowResponseReason)
		}
		standing := map[proof.Standing]int{}
		for _, rule := range got.Rules {
			standing[rule.Standing]++
		}
		if standing[proof.NotUnderstood] != 0 || standing[proof.Proven] < 100 || standing[proof.Baseline] < 20 {
			t.Errorf("level %d: got %v", level, standing)
		}
	}
}

func TestExplain_saysWhyAPolicyIsSlow(t *testing.T) {
	for _, tt := range []struct{ name, rules string }{
		{"sampling", `SecAction "id:1000,phase:1,pass,nolog,setvar:tx.sampling_percentage=50"
SecRule TX:sampling_percentage "@lt 100" "id:1001,phase:1,deny,log"`},
		{"a rule that always logs", `SecAction "id:1000,phase:2,pass,log"`},
		{"a score from nowhere", `SecAction "id:1000,phase:1,pass,nolog,setvar:tx.blocking_inbound_anomaly_score=1"
SecAction "id:1001,phase:2,pass,nolog,setvar:tx.blocking_inbound_anomaly_score=1"`},
		{"a clock", `SecRule TIME_HOUR "@lt 6" "id:1000,phase:1,deny,log"`},
		{"allow", `SecAction "id:1000,phase:1,allow,nolog"`},
		{"a persistent collection", `SecAction "id:1000,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR}"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := sekisho.DefaultPolicy()
			policy.CustomRules = tt.rules
			got, err := Explain(policy)
			if err != nil {
				t.Fatal(err)
			}
			if got.Fast || got.SlowReason == "" {
				t.Errorf("got a fast policy, reason %q", got.SlowReason)
			}
		})
	}
}

func TestExplain_keepsAPolicyWithOrdinaryCustomRulesFast(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.CustomRules = `SecRuleRemoveById 942100
SecRuleUpdateTargetById 942200 "!ARGS:comment"
SecRule REQUEST_URI "@beginsWith /wp-login.php" "id:1000,phase:1,deny,log,msg:'Not for visitors',chain"
SecRule REMOTE_ADDR "!@ipMatch 192.0.2.0/24" "t:none"
SecRule REQUEST_URI "@beginsWith /editor" "id:1001,phase:1,pass,nolog,ctl:ruleRemoveTargetById=941100;ARGS:html"`
	got, err := Explain(policy)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Fast {
		t.Errorf("slow: %s", got.SlowReason)
	}
	o, p := newOracle(t, policy), proofOf(t, policy, nil)
	for _, target := range []string{"/", "/wp-login.php", "/editor?html=%3Cscript%3E", "/?comment=1%27+or+1%3D1", "/wp-login.php?a=1"} {
		checkClean(t, o, p, exchange("GET", target))
	}
	if p.Request(exchange("GET", "/wp-login.php")).Clean {
		t.Error("a custom rule was left out")
	}
}

func TestRouteOf_namesTheLaneAndTheRule(t *testing.T) {
	for _, tt := range []struct {
		name  string
		x     *sekisho.Exchange
		lane  string
		asked bool
	}{
		{"page", exchange("GET", "/"), "fast", false},
		{"attack", exchange("GET", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"), "slow", true},
		{"form in parts", multipart(formPart("a", "b")), "fast", false},
		{"XML", post("text/xml", "<a>b</a>"), "slow", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := RouteOf(context.Background(), sekisho.DefaultPolicy(), tt.x)
			if err != nil {
				t.Fatal(err)
			}
			if got.Lane != tt.lane || (got.Asked != 0) != tt.asked || got.Attack != (tt.name == "attack") {
				t.Errorf("got %+v, want %s", got, tt.lane)
			}
		})
	}
}
