package transform_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// An oracle shows what Coraza's own transformations make of a value: an operator of ours writes down what it is given.
type oracle struct {
	waf coraza.WAF
}

var (
	recorded   map[string][]string // by the operator's argument
	recordOnce sync.Once
	recordLock sync.Mutex
)

type recorder string

func (r recorder) Evaluate(_ plugintypes.TransactionState, value string) bool {
	recorded[string(r)] = append(recorded[string(r)], strings.Clone(value))
	return false
}

// newOracle compiles one rule for each chain.
func newOracle(t testing.TB, chains []transform.Chain) *oracle {
	t.Helper()
	recordOnce.Do(func() {
		plugins.RegisterOperator("recordValue", func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
			return recorder(o.Arguments), nil
		})
	})
	var rules strings.Builder
	for i, chain := range chains {
		fmt.Fprintf(&rules, `SecRule ARGS_POST:value "@recordValue %d" "id:%d,phase:1,pass,nolog,t:none`, i, i+1)
		for _, step := range chain.Steps {
			rules.WriteString(",t:" + step)
		}
		if chain.MultiMatch {
			rules.WriteString(",multiMatch")
		}
		rules.WriteString("\"\n")
	}
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithDirectives("SecRuleEngine On\n" + rules.String()))
	if err != nil {
		t.Fatal(err)
	}
	return &oracle{waf: waf}
}

func (o *oracle) close() {
	if closer, ok := o.waf.(experimental.WAFCloser); ok {
		_ = closer.Close()
	}
}

// seen returns, for each chain, the values that its operator looked at.
func (o *oracle) seen(value string, chains int) [][]string {
	recordLock.Lock()
	defer recordLock.Unlock()
	recorded = map[string][]string{}
	tx := o.waf.NewTransaction()
	tx.AddPostRequestArgument("value", value)
	tx.ProcessRequestHeaders()
	_ = tx.Close()
	all := make([][]string, chains)
	for i := range all {
		all[i] = recorded[fmt.Sprint(i)]
	}
	return all
}
