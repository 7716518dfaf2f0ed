// Package corpora makes sets of recorded requests: what visitors and staff of small Japanese companies' sites send,
// and attacks of every family of the Core Rule Set, also hidden inside Japanese text and encodings.
//
// [HeldOut], [Fresh], [Later] and [Wide] are traffic of many products and languages, written before the rules that were tuned on
// them: recipes in data files.
//
// It owns the words and the templates; equal seeds give equal requests, byte for byte. It leaves to others what is asked
// of the requests (`sekisho bench efficacy`, the tests of the ruleset). All words are our own: no recording of anybody's
// traffic is part of this. Start with [Benign] and [Attacks]; request.go writes a request down.
package corpora
