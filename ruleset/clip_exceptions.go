package ruleset

import (
	"errors"
	"reflect"
	"unsafe"

	"github.com/corazawaf/coraza/v3"
)

// Where a target is taken away from a rule for one request, Coraza appends to the rule's own list of exceptions, of which
// it has a copy of the slice but not of the memory. A list with room behind it (three exceptions in an array of four, as
// CRS rules have) is then written by every such request at once: one site's exclusion could become another's for the
// length of a rule. So the room is taken away once, when a policy has been compiled: each append then gets memory of its own.

// clipExceptions cuts every list of exceptions of an engine's rules to its length. The engine is not in use yet.
func clipExceptions(engine coraza.WAF) error {
	tx := engine.NewTransaction()
	defer func() { _ = tx.Close() }()
	rules, err := rulesOf(reflect.ValueOf(tx))
	if err != nil {
		return err
	}
	for i := range rules.Len() {
		for rule := rules.Index(i); ; {
			targets := rule.FieldByName("variables")
			if targets.Kind() != reflect.Slice {
				return errHidden
			}
			for j := range targets.Len() {
				list := targets.Index(j).FieldByName("Exceptions")
				if list.Kind() != reflect.Slice {
					return errHidden
				}
				list = reflect.NewAt(list.Type(), unsafe.Pointer(list.UnsafeAddr())).Elem()
				list.Set(list.Slice3(0, list.Len(), list.Len()))
			}
			next := rule.FieldByName("Chain")
			if next.Kind() != reflect.Pointer || next.IsNil() {
				break
			}
			rule = next.Elem()
		}
	}
	return nil
}

var errHidden = errors.New("this Coraza keeps a rule's exceptions elsewhere")

// rulesOf returns the rules of a transaction's engine, as they lie in memory.
func rulesOf(tx reflect.Value) (reflect.Value, error) {
	if tx.Kind() != reflect.Pointer || tx.Elem().Kind() != reflect.Struct {
		return reflect.Value{}, errHidden
	}
	engine := tx.Elem().FieldByName("WAF")
	if engine.Kind() != reflect.Pointer || engine.IsNil() {
		return reflect.Value{}, errHidden
	}
	group := engine.Elem().FieldByName("Rules")
	if !group.IsValid() || !group.CanAddr() {
		return reflect.Value{}, errHidden
	}
	list := group.Addr().MethodByName("GetRules")
	if !list.IsValid() || list.Type().NumIn() != 0 || list.Type().NumOut() != 1 || list.Type().Out(0).Kind() != reflect.Slice {
		return reflect.Value{}, errHidden
	}
	return list.Call(nil)[0], nil
}
