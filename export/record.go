package export

import (
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Record is one thing to send: an event, or a change of a case with what is known of both.
type Record struct {
	Event  *sekisho.Event
	Change *sekisho.Change

	Case     *sekisho.Case     // of a change; nil when it was deleted meanwhile
	Incident *sekisho.Incident // of either; nil for an event that is stored only, or when it was deleted
}

// UID names a record for good: a receiver that sees it again has it already.
func (r Record) UID() string {
	if r.Event != nil {
		return string(r.Event.ID)
	}
	return fmt.Sprintf("%s-%d", r.Change.Case, r.Change.Revision)
}

// Time is when the event happened or the case was changed.
func (r Record) Time() time.Time {
	if r.Event != nil {
		return r.Event.Time
	}
	return r.Change.Time
}

// Severity is the rank of a change, and for an event that of the incident it belongs to.
func (r Record) Severity() sekisho.Severity {
	switch {
	case r.Change != nil:
		return r.Change.Severity
	case r.Incident != nil:
		return r.Incident.Severity
	}
	return sekisho.SeverityUnknown
}

// Words explains an incident; nil makes none.
type Words func(sekisho.Incident) sekisho.Explanation

// Encode writes a record as one line without its end, in UTF-8. lang is the language of its sentences: "en" or "ja".
func Encode(format sekisho.ExportFormat, r Record, words Words, version, lang string) ([]byte, error) {
	switch format {
	case sekisho.FormatOCSF:
		return encodeOCSF(r, words, version, lang)
	case sekisho.FormatCEF:
		return encodeCEF(r, words, version, lang), nil
	case sekisho.FormatJSON:
		return encodePlain(r)
	}
	return nil, sekisho.Invalid(fmt.Sprintf("format %q: use ocsf, cef or json", format))
}

// sentences are a title and what it means; both have something, whatever is known.
func (r Record) sentences(words Words, lang string) (title, why string) {
	if r.Incident != nil && words != nil {
		x := words(*r.Incident)
		title, why = x.Title.In(lang), x.Why.In(lang)
	}
	if title != "" {
		return title, why
	}
	if r.Event != nil {
		return name(r.Event.Signature, r.Event.Family, string(r.Event.Class)), why
	}
	if r.Case != nil {
		return name(r.Case.Family, string(r.Case.Class)), why
	}
	return string(r.Change.Kind), why
}

// name is the first text that is not empty.
func name(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return "unknown"
}
