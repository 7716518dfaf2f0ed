package ruleset

import (
	"errors"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// A rule is text that an operator, some day a customer, types into a form. Nothing it says may start a program, change
// this process, open a file or wait for a name server while a visitor waits: these words do not compile here.
func init() {
	for _, name := range []string{"exec", "setenv"} {
		plugins.RegisterAction(name, func() plugintypes.Action { return forbiddenAction{name} })
	}
	for _, name := range []string{"inspectFile", "rbl", "validateSchema"} {
		plugins.RegisterOperator(name, func(plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			return nil, errors.New("the operator @" + name + " is not available")
		})
	}
}

type forbiddenAction struct{ name string }

func (a forbiddenAction) Init(plugintypes.RuleMetadata, string) error {
	return errors.New("the action " + a.name + " is not available")
}
func (forbiddenAction) Evaluate(plugintypes.RuleMetadata, plugintypes.TransactionState) {}
func (forbiddenAction) Type() plugintypes.ActionType {
	return plugintypes.ActionTypeNondisruptive
}
