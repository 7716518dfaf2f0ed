package proof

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"weak"

	"github.com/sekisho-waf/sekisho/ruleset/automaton"
)

// Policies differ in numbers more than in expressions, so those with the same expressions share their automata: a
// further policy costs neither the time to compile them nor the memory. What nobody uses any more is let go.
var shared struct {
	mu   sync.Mutex
	sets map[[sha256.Size]byte]weak.Pointer[automaton.Set]
}

// sharedSet returns the automata of some patterns. Compiling them keeps others who compile waiting.
func sharedSet(patterns []automaton.Pattern, options automaton.Options) (*automaton.Set, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %d %d", options.MaxMemory, options.MaxWork, len(patterns))
	for _, p := range patterns {
		fmt.Fprintf(hash, "\n%d %q %q", p.Kind, p.Expr, p.Words)
	}
	key := [sha256.Size]byte(hash.Sum(nil))

	shared.mu.Lock()
	defer shared.mu.Unlock()
	if set := shared.sets[key].Value(); set != nil {
		return set, nil
	}
	set, err := automaton.Compile(patterns, options)
	if err != nil {
		return nil, err
	}
	for other, held := range shared.sets {
		if held.Value() == nil {
			delete(shared.sets, other)
		}
	}
	if shared.sets == nil {
		shared.sets = map[[sha256.Size]byte]weak.Pointer[automaton.Set]{}
	}
	shared.sets[key] = weak.Make(set)
	return set, nil
}
