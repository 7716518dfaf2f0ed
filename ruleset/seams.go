package ruleset

import (
	"errors"
	"reflect"
	"strconv"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
)

// What we need of Coraza beyond the methods of types.Transaction stands here, so that a new version of Coraza is checked
// in one place: TestSeams_hold compares each with what this version does.

// variablesOf returns the transaction's collections.
func variablesOf(tx types.Transaction) (plugintypes.TransactionVariables, error) {
	state, ok := tx.(plugintypes.TransactionState)
	if !ok {
		return nil, errors.New("this Coraza hides a transaction's variables")
	}
	return state.Variables(), nil
}

// set writes a variable that Coraza only lets body processors write.
func set(variable collection.Single, value string) error {
	writable, ok := variable.(interface{ Set(string) })
	if !ok {
		return errors.New("this Coraza does not let " + variable.Name() + " be set")
	}
	writable.Set(value)
	return nil
}

// score reads a TX variable that holds a number; 0 when it holds none.
func score(tx types.Transaction, name string) int {
	vars, err := variablesOf(tx)
	if err != nil {
		return 0
	}
	values := vars.TX().Get(name)
	if len(values) == 0 {
		return 0
	}
	n, err := strconv.Atoi(values[0])
	if err != nil {
		return 0
	}
	return n
}

// wouldBe is the interruption that a detection-only engine would have made first, or nil.
func wouldBe(tx types.Transaction) *types.Interruption {
	if t, ok := tx.(interface{ DetectionOnlyInterruption() *types.Interruption }); ok {
		return t.DetectionOnlyInterruption()
	}
	return nil
}

// A disruption is what a matched rule does to the flow of the transaction.
type disruption int

// The numbers are Coraza's.
const (
	disruptAllow    disruption = 1
	disruptDeny     disruption = 2
	disruptDrop     disruption = 3
	disruptRedirect disruption = 5
)

// stops reports whether the rule ends the exchange in block mode.
func (d disruption) stops() bool {
	return d == disruptDeny || d == disruptDrop || d == disruptRedirect
}

// disruptionOf reads what Coraza recorded of a matched rule. Coraza keeps it in an exported field of an unexported
// type, and the rule's text is no substitute: SecRuleUpdateActionById changes the action and not the text.
func disruptionOf(matched types.MatchedRule) disruption {
	value := reflect.Indirect(reflect.ValueOf(matched))
	if value.Kind() != reflect.Struct {
		return 0
	}
	field := value.FieldByName("DisruptiveAction_")
	if !field.IsValid() || !field.CanInt() {
		return 0
	}
	return disruption(field.Int())
}
