// Package automaton decides in one pass over a value which of many conditions hold for it: expressions of @rx, lists of
// phrases of @pm, fixed texts. It knows patterns and values, and nothing of rules, transformations or requests; those
// who ask it keep the numbers of their patterns. Start reading at Set.
//
// # How it works
//
// Two thirds of the patterns cannot match without a word of at least four letters, or a few signs in a row. A value is
// searched for all these words at once (filter.go, words.go); a pattern one of whose words is there is asked by an automaton of
// its own (own.go). The other patterns are in a union, those that need a rare sign apart from those that do not, so that
// a value without any is not read for them (signs.go).
//
// The patterns of the union become one nondeterministic automaton, several beside each other (program.go). A machine (machine.go)
// turns it into a deterministic one, lazily: a state is the set of threads that are alive after what was read, and a
// transition is computed when a value first asks for it and then kept in a table (group.go) that scans read without a
// lock (scan.go). This is the construction of Russ Cox, "Regular Expression Matching in the Wild" (2010), as in RE2.
// For a list of phrases the same states come out as in the automaton of Aho and Corasick (1975).
//
// What is particular here:
//   - Only whether a pattern matches is asked, not where. So repetitions at its edges are cut back (trim.go), and what a
//     pattern that has matched could still match is dropped.
//   - Beginnings are implied. A match may begin anywhere, so all patterns' first instructions live in every state; their
//     next step depends on the character and its neighbour alone and is computed once (startStep). States hold what
//     differs between them, some dozens of threads instead of thousands.
//   - Characters are runes, as in Go, not bytes: a step for each, whether it takes one byte or three. Characters that no
//     pattern tells apart share a column of the table (classes.go); nearly all kana and kanji are one such class. A byte
//     that is not UTF-8 is U+FFFD. Expressions about bytes are apart, in automata whose characters are bytes.
//   - A run of characters that leaves the state as it is, as most Japanese does, is stepped over two at a time.
//   - A word boundary or line end needs the next character: it stays in the state as a thread and is decided in the
//     following step, which knows both neighbours. The end of the value is one more character.
//   - Gaps multiply states: after "select" in "select.*from" a thread lives on to the end. Such patterns are in the union
//     up to the gap alone; a value that holds this much is read once more by the pattern's own automaton (cut.go).
//     Patterns that open a gap after a letter or less, which most texts do, share an automaton of their own.
//
// # What it may cost
//
// Tables hold at most Options.MaxMemory together; where that is used up, the largest is forgotten but for its pinned
// states (Set.Warm) and built anew as needed. A scan may build only so many transitions (Options.MaxWork, Hits.Allow),
// one or two microseconds each; one that asks for more is not decided, and its caller takes the slow way. Whatever a
// scan built remains for the next one.
package automaton
