// Package seclang reads SecLang, the language of ModSecurity rules, into plain structs: what a rule looks at, how it
// changes what it sees, what it compares with and what it does, in the order in which Coraza evaluates.
//
// It owns the grammar as Coraza 3.8.1 understands it, default actions, removals and updates of rules, and the data files
// that operators name. It leaves to others what any of it means for a request, and whether an expression compiles.
//
// Nothing is guessed. What Coraza refuses, and what it takes in a way that nobody could have meant (a selector with an
// open quote, a chain that never ends), becomes an [Unknown] with its place and a reason. A [Program] with an Unknown is
// not a full account of the rules, and must not be used as one.
//
// Start with [Read], then [Rule] and [Link].
package seclang
