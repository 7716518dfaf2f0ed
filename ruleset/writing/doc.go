// Package writing tells what people write from what programs are fed.
//
// A word of a shell or of SQL in a letter is a word; the same word in a value that holds nothing else is an attempt. The
// rules look for words. This package answers what the value around them is: running text in some language ([Is]), a
// document in JSON with nothing odd in its strings ([Document]), markup that runs nothing ([Active] says what runs). It
// owns no verdict: an answer only takes a rule's say away where other rules, narrower ones, still look. Everything here is
// a pure function of one value, takes time linear in its length, and never fails.
//
// Start with [Is]; words.go lists what gives a language away.
package writing
