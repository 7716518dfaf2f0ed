package ruleset

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/redact"
	"github.com/sekisho-waf/sekisho/ruleset/proof"
	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// A waf is what we use of a compiled Coraza engine.
type waf interface {
	experimental.WAFWithOptions
	experimental.WAFCloser
}

// A compiled policy is an engine and, unless it is a plain one, the proof that goes with it.
type compiled struct {
	waf   waf
	proof *proof.Proof
}

func compile(policy sekisho.Policy, mode sekisho.Mode) (compiled, error) {
	engine, ids, err := compileEngine(policy, mode, narrowed)
	if err != nil {
		return compiled{}, err
	}
	program, err := readRules(policy, mode)
	if err != nil {
		return compiled{}, fmt.Errorf("read a policy's rules for the fast lane: %w", err)
	}
	if !sameRules(program, ids) {
		program.Unknown = append(program.Unknown, seclang.Unknown{File: "policy", Reason: "Coraza reads other rules than we do"})
	}
	return compiled{engine, compileProof(program, policy)}, nil
}

// compileEngine turns a policy into a Coraza engine. What a person can mend is KindInvalid and names the setting, or the line
// of the custom rule; anything else is KindInternal. The rules that are not the policy's author's are rewritten before
// Coraza reads them. It returns the ids of the rules too, in order.
func compileEngine(policy sekisho.Policy, mode sekisho.Mode, rewrite func(string) string) (_ waf, ids []int, err error) {
	if mode != sekisho.ModeDetect && mode != sekisho.ModeBlock {
		return nil, nil, fmt.Errorf("compile a policy: mode %s inspects nothing", mode)
	}
	if err := policy.Validate(); err != nil {
		return nil, nil, fmt.Errorf("compile a policy: %w", err)
	}
	custom, err := parseCustom(policy.CustomRules)
	if err != nil {
		return nil, nil, fmt.Errorf("compile a policy: %w", err)
	}
	rules, err := versionOf(policy.Version)
	if err != nil {
		return nil, nil, fmt.Errorf("compile a policy: %w", err)
	}
	files, names := newRuleFiles(rules.under(policy.Profile), custom, rewrite)
	config := coraza.NewWAFConfig().WithRootFS(files).WithDirectives(rewrite(directives(policy, mode)))
	for _, name := range names {
		config = config.WithDirectivesFromFile(name)
	}
	defer func() { // a rule that Coraza's parser did not expect must not take everybody's sites down
		if cause := recover(); cause != nil {
			err = fmt.Errorf("compile a policy: %w", customError(files.last.line, fmt.Sprintf("the compiler failed on it (%v); leave it out", cause)))
		}
	}()
	config = experimental.WAFConfigWithRuleObserver(config, func(rule types.RuleMetadata) { ids = append(ids, rule.ID()) })
	engine, err := coraza.NewWAF(config)
	if err != nil {
		if files.last.text != "" {
			return nil, nil, fmt.Errorf("compile a policy: %w", customError(files.last.line, complaint(err, files.last)))
		}
		return nil, nil, fmt.Errorf("compile a policy: %w", err)
	}
	usable, ok := engine.(waf)
	if !ok {
		return nil, nil, errors.New("compile a policy: this Coraza offers neither options nor Close")
	}
	if err := clipExceptions(engine); err != nil {
		return nil, nil, fmt.Errorf("compile a policy: %w", err)
	}
	return usable, ids, nil
}

// parserTrace is Coraza's own account of which of its functions called which.
var parserTrace = regexp.MustCompile(`^(?:invalid WAF config from (?:file|string): |failed to (?:parse string|readfile): |failed to compile the directive "[a-z]*": )+`)

// complaint says what is wrong with a directive and shows how it begins.
func complaint(err error, d customDirective) string {
	return fmt.Sprintf("%s; the directive is %q", parserTrace.ReplaceAllString(err.Error(), ""), redact.Clip(d.text, 100))
}
