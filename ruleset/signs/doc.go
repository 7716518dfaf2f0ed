// Package signs tells words that a rule finds from what an attack is made of. Posts, logs, builds, courses and searches are
// full of the names of commands, functions and statements, and carry none of them out; what counts is whether the value
// could act at the place where an application has put it: end a shell's argument, close a query's string, call a
// function, name a file that no visitor names.
//
// It owns these signs, one family a file. They are wider than what the profile's own rules look for in running text, and
// take no word alone. It leaves to others what a value is as a whole: running text, markup and documents are package
// writing's, and the shapes that machines write those of package ruleset, which asks all three in its guards.
//
// Start reading at Command.
package signs
