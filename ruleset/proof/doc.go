// Package proof decides cheaply, and without Coraza, that nothing in an exchange can make a policy's rules do anything
// of consequence. It is the fast lane: an exchange that is proven clean needs no transaction.
//
// It owns the reading of rules for that purpose ([Compile]): which of them fire on every exchange and with what effect,
// which can be proven not to fire, and which are beyond it; and the evaluation of an exchange ([Proof.Request],
// [Proof.Response]). It leaves to others the grammar of the rules (seclang), what transformations do (transform), the
// union of expressions (automaton), and whatever is to be done with an exchange that is not proven.
//
// The promise: what is called clean ends in Coraza, whatever order it visits maps in, without an interruption, without a
// match that is logged or recorded, and with every TX variable that a rule or the recorder reads as after any other
// clean exchange. The opposite is not promised: not clean means not proven. A variable, an operator, an action that is
// not known here makes a rule unproven, and a rule that no other link saves makes the whole policy unproven.
//
// Start with [Compile], then simulate.go (what happens on every exchange) and judge.go (what must not happen).
package proof
