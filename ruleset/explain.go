package ruleset

import (
	"context"
	"fmt"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
)

// An Explanation says how far the fast lane understands a policy.
type Explanation struct {
	Policy string `json:"policy"` // its hash
	// Fast and FastResponses say whether exchanges can be proven clean at all; SlowReason and SlowResponseReason why not.
	Fast               bool   `json:"fast"`
	SlowReason         string `json:"slow_reason,omitempty"`
	FastResponses      bool   `json:"fast_responses"`
	SlowResponseReason string `json:"slow_response_reason,omitempty"`
	// SlowPartsReason says why all requests in parts (multipart/form-data) meet the rules, where others need not.
	SlowPartsReason string `json:"slow_parts_reason,omitempty"`
	// Rules are all rules, in the order of evaluation.
	Rules []proof.RuleReport `json:"rules"`
}

// Explain compiles a policy and says, rule by rule, what the fast lane makes of it. A policy that does not compile is
// KindInvalid, as for [Pool.Acquire].
func Explain(policy sekisho.Policy) (Explanation, error) {
	compiled, err := compile(policy, sekisho.ModeBlock)
	if err != nil {
		return Explanation{}, fmt.Errorf("explain a policy: %w", err)
	}
	defer func() { _ = compiled.waf.Close() }()
	request, response := compiled.proof.Slow()
	return Explanation{
		Policy: policy.Hash(), Fast: request == "", SlowReason: request,
		FastResponses: response == "", SlowResponseReason: response,
		SlowPartsReason: compiled.proof.SlowParts(), Rules: compiled.proof.Rules(),
	}, nil
}

// A Route says which lane a request took, and what the rules make of it.
type Route struct {
	Lane string `json:"lane"` // "fast" or "slow"
	// Asked is the rule that asked for the slow lane: the first one that could not be excluded. 0 where the whole request
	// is of a kind that the fast lane does not look at.
	Asked   int    `json:"asked,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Attack  bool   `json:"attack"`
	Score   int    `json:"score"`
	Matched []int  `json:"matched"` // the rules with a message that matched
}

// RouteOf compiles a policy and takes one request through it.
func RouteOf(ctx context.Context, policy sekisho.Policy, x *sekisho.Exchange) (Route, error) {
	compiled, err := compile(policy, sekisho.ModeBlock)
	if err != nil {
		return Route{}, fmt.Errorf("trace a request: %w", err)
	}
	e := &Engine{pool: &Pool{}, policy: policy, mode: sekisho.ModeBlock, compiled: compiled}
	defer func() { _ = compiled.waf.Close() }()
	answer := compiled.proof.Request(x)
	route := Route{Lane: "slow", Asked: answer.Rule, Matched: []int{}}
	switch reason, _ := compiled.proof.Slow(); {
	case answer.Clean:
		route.Lane = "fast"
	case reason != "":
		route.Reason = "the whole policy is slow: " + reason
	case answer.Rule == 0:
		route.Reason = "the fast lane does not look at requests of this kind"
	default:
		route.Reason = fmt.Sprintf("rule %d could not be excluded", answer.Rule)
	}
	e.proof = nil // what the rules say, not what the proof spares them
	i := e.Begin(x)
	defer i.Close()
	verdict, err := i.Request(ctx)
	if err != nil {
		return Route{}, fmt.Errorf("trace a request: %w", err)
	}
	route.Attack, route.Score = verdict.Attack, verdict.Score
	for _, match := range verdict.Matches {
		route.Matched = append(route.Matched, match.RuleID)
	}
	return route, nil
}
