package ruleset

import (
	"strings"
	"unsafe"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// Coraza remembers what a transformation made of a value by the address of the value's name and its place in the
// collection. The place follows the order of a Go map, which changes from rule to rule; and names that occur twice share
// one address when they come from a form, from JSON, from cookies or from interned header names. The two together hand
// a rule the cached form of another value of the same name: `a=union+select&a=ok&a=ok2&b=1` in a form was stopped 139
// times of 200. So each value gets a name at an address of its own: request line, headers and cookies when they are
// filled, everything that a body processor made by an action that is the first rule of phase 2.

// ownName returns an equal name at an address of its own, also for the empty name.
func ownName(name string) string {
	return strings.Clone(name + "\x00")[:len(name)]
}

// unshare gives every value of a collection a name at an address of its own, keeping the order within each name.
func unshare(values collection.Map) {
	all := values.FindAll()
	if len(all) < 2 {
		return
	}
	seen := make(map[*byte]struct{}, len(all))
	shared := false
	for _, value := range all {
		address := unsafe.StringData(value.Key())
		if _, shared = seen[address]; shared {
			break
		}
		seen[address] = struct{}{}
	}
	if !shared {
		return
	}
	for _, value := range all {
		values.Remove(value.Key())
	}
	for _, value := range all {
		values.Add(ownName(value.Key()), value.Value())
	}
}

// ownValuesAction is the action's name in SecLang.
const ownValuesAction = "sekishoOwnValues"

func init() {
	plugins.RegisterAction(ownValuesAction, func() plugintypes.Action { return ownValues{} })
}

type ownValues struct{}

func (ownValues) Init(plugintypes.RuleMetadata, string) error { return nil }
func (ownValues) Type() plugintypes.ActionType                { return plugintypes.ActionTypeNondisruptive }

func (ownValues) Evaluate(_ plugintypes.RuleMetadata, tx plugintypes.TransactionState) {
	vars := tx.Variables()
	if len(vars.TX().Get(decodeArguments)) > 0 {
		addDecoded(vars.ArgsPost())
	}
	for _, values := range []collection.Map{
		vars.ArgsPost(), vars.RequestXML(), vars.MultipartPartHeaders(), vars.MultipartName(),
		vars.MultipartFilename(), vars.Files(), vars.FilesNames(),
	} {
		unshare(values)
	}
}
