package ruleset

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/redact"
)

// A waf is what we use of a compiled Coraza engine.
type waf interface {
	experimental.WAFWithOptions
	experimental.WAFCloser
}

func compile(policy sekisho.Policy, mode sekisho.Mode) (_ waf, err error) {
	return compileAs(policy, mode, false)
}

// compileAs turns a policy into a Coraza engine. What a person can mend is KindInvalid and names the setting, or the line
// of the custom rule; anything else is KindInternal.
func compileAs(policy sekisho.Policy, mode sekisho.Mode, plain bool) (waf, error) {
	if mode != sekisho.ModeDetect && mode != sekisho.ModeBlock {
		return nil, fmt.Errorf("compile a policy: mode %s inspects nothing", mode)
	}
	if err := policy.Validate(); err != nil {
		return nil, fmt.Errorf("compile a policy: %w", err)
	}
	custom, err := parseCustom(policy.CustomRules)
	if err != nil {
		return nil, fmt.Errorf("compile a policy: %w", err)
	}
	files, names := newRuleFiles(custom)
	config := coraza.NewWAFConfig().WithRootFS(files).WithDirectives(directives(policy, mode, plain))
	for _, name := range names {
		config = config.WithDirectivesFromFile(name)
	}
	defer func() { // a rule that Coraza's parser did not expect must not take everybody's sites down
		if cause := recover(); cause != nil {
			err = fmt.Errorf("compile a policy: %w", customError(files.last.line, fmt.Sprintf("the compiler failed on it (%v); leave it out", cause)))
		}
	}()
	engine, err := coraza.NewWAF(config)
	if err != nil {
		if files.last.text != "" {
			return nil, fmt.Errorf("compile a policy: %w", customError(files.last.line, complaint(err, files.last)))
		}
		return nil, fmt.Errorf("compile a policy: %w", err)
	}
	usable, ok := engine.(waf)
	if !ok {
		return nil, errors.New("compile a policy: this Coraza offers neither options nor Close")
	}
	return usable, nil
}

// parserTrace is Coraza's own account of which of its functions called which.
var parserTrace = regexp.MustCompile(`^(?:invalid WAF config from (?:file|string): |failed to (?:parse string|readfile): |failed to compile the directive "[a-z]*": )+`)

// complaint says what is wrong with a directive and shows how it begins.
func complaint(err error, d customDirective) string {
	return fmt.Sprintf("%s; the directive is %q", parserTrace.ReplaceAllString(err.Error(), ""), redact.Clip(d.text, 100))
}
