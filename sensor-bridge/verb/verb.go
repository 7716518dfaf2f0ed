// Package verb turns a sensor's own word for what it did into one of the outcomes of the house, whatever the language.
//
// It owns the vocabulary (words.go) and what a word means at a gateway and on a PC. It leaves to the decoders which of a
// record's words decides. Pure.
//
// Start with [AtGateway] for what passes through, and [OnHost] for what has landed.
package verb

import (
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// AtGateway returns the outcome of something that a gateway, proxy or web application firewall acted on while it passed
// through: what was blocked, removed, stripped, locked or quarantined there never arrived and was prevented; what was
// allowed, logged or alerted on was detected. ok is false, and the outcome unknown, for a word that is not in the
// vocabulary.
func AtGateway(word string) (outcome sekisho.Outcome, ok bool) {
	switch meaningOf(word) {
	case stopped, removed:
		return sekisho.OutcomePrevented, true
	case let:
		return sekisho.OutcomeDetected, true
	case redirected:
		return sekisho.OutcomeRedirected, true
	}
	return sekisho.OutcomeUnknown, false
}

// OnHost returns the outcome of something that an agent acted on where it had landed: what was quarantined, cleaned,
// deleted or killed was contained, what was blocked before it ran was prevented, what was only found or could not be
// removed was detected. ok is false, and the outcome unknown, for a word that is not in the vocabulary.
func OnHost(word string) (outcome sekisho.Outcome, ok bool) {
	switch meaningOf(word) {
	case stopped:
		return sekisho.OutcomePrevented, true
	case removed:
		return sekisho.OutcomeContained, true
	case let:
		return sekisho.OutcomeDetected, true
	case redirected:
		return sekisho.OutcomeRedirected, true
	}
	return sekisho.OutcomeUnknown, false
}

// meaningOf looks a word or phrase up: whole first, then by the parts it holds, where what went wrong or was only
// announced ("would have been blocked", "駆除失敗") outweighs the verb.
func meaningOf(word string) meaning {
	var buffer [64]byte
	key := fold(buffer[:0], word)
	if m, ok := exact[string(key)]; ok {
		return m
	}
	if len(key) == 0 || len(key) > 300 {
		return none
	}
	text := string(key)
	for _, part := range undone {
		if strings.Contains(text, part) {
			return let
		}
	}
	for _, entry := range parts {
		if strings.Contains(text, entry.part) {
			return entry.meaning
		}
	}
	return none
}

// fold writes a word in lower case, with single spaces for what divides words, and full-width letters as ASCII.
func fold(to []byte, word string) []byte {
	for _, r := range strings.TrimSpace(word) {
		switch {
		case r >= 'A' && r <= 'Z':
			to = append(to, byte(r-'A'+'a'))
		case r == '_' || r == '-' || r == ' ' || r == '　' || r == '/' || r == '\t':
			if len(to) > 0 && to[len(to)-1] != ' ' {
				to = append(to, ' ')
			}
		case r >= '！' && r <= '～':
			to = append(to, strings.ToLower(string(r-'！'+'!'))...)
		case r < 0x80:
			to = append(to, byte(r))
		default:
			to = append(to, strings.ToLower(string(r))...)
		}
	}
	return to
}
