package ruleset

import (
	"fmt"
	"net/http"

	"github.com/corazawaf/coraza/v3"
	corazahttp "github.com/corazawaf/coraza/v3/http"
)

// NewStockHandler puts Coraza and the Core Rule Set in front of a handler as their manuals say: the recommended
// configuration with the engine on, Coraza's own HTTP middleware, nothing of ours. rules, in SecLang, come behind the rule
// set's own. For benchmarks, which show what the parts do by themselves; see [NewStockPool] for the yardstick of verdicts.
func NewStockHandler(next http.Handler, rules string) (http.Handler, error) {
	engine, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(crsFiles()).WithDirectives(
		crsBeforeSetup + "SecRuleEngine On\n" + crsRules(rulesFolder) + rules))
	if err != nil {
		return nil, fmt.Errorf("set up plain Coraza: %w", err)
	}
	return corazahttp.WrapHandler(engine, next), nil
}
