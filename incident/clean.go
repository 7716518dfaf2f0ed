package incident

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho"
)

// Bounds of what is kept of one event. Whatever comes is kept, cut and marked; it never grows the records beyond them,
// and never makes them refuse the event.
const (
	longestField = 4 << 10
	longestRaw   = 64 << 10
	longestWord  = 64 // class, outcome and the like
	longestMark  = 400
	mostRules    = 200
	mostMatches  = 50
	mostMarks    = 32
	mostCount    = 1_000_000_000
)

// Marks of what had to be put right, as stored in Event.Marks.
const (
	MarkCut           = "cut"            // a field was too long; the mark goes on with its name
	MarkCount         = "count"          // the count was impossible
	MarkConfidence    = "confidence"     // the confidence was no number from 0 to 1
	MarkID            = "id"             // the id was none; it has another
	MarkUnknownSource = "unknown_source" // counted as SourceOther
	// MarkSetAside marks an event that the records refuse for good; the mark goes on with the reason.
	MarkSetAside = "set_aside"
)

// SourceOther is what an incident counts events of an unknown kind of sensor under.
const SourceOther sekisho.Source = "other"

// clean puts right what no record can hold: text that is not UTF-8 or has zero bytes (PostgreSQL takes none), numbers that
// are none, fields of any length. It runs before anything is derived from the event, so that everything is derived from what
// is stored.
func clean(e *sekisho.Event) {
	mark := func(m string) {
		if !slices.Contains(e.Marks, m) {
			e.Marks = append(e.Marks, m)
		}
	}
	for i := range e.Marks {
		e.Marks[i], _ = tidy(e.Marks[i], longestMark)
	}
	e.Marks = e.Marks[:min(len(e.Marks), mostMarks)]
	if id, ok := tidy(string(e.ID), longestWord); !ok || id != string(e.ID) {
		e.ID = ""
		mark(MarkID)
	}
	words := []struct {
		name string
		at   *string
	}{
		{"site_id", (*string)(&e.SiteID)},
		{"source", (*string)(&e.Source)},
		{"class", (*string)(&e.Class)},
		{"outcome", (*string)(&e.Outcome)},
		{"asset", (*string)(&e.Asset)},
		{"direction", (*string)(&e.Direction)},
		{"action", (*string)(&e.Action)},
		{"reason", (*string)(&e.Reason)},
		{"time_trust", (*string)(&e.Trust)},
	}
	for _, w := range words {
		cut(w.at, w.name, longestWord, mark)
	}
	for _, f := range []struct {
		name string
		at   *string
	}{
		{"site", &e.Site},
		{"vendor", &e.Vendor},
		{"product", &e.Product},
		{"sensor", &e.Sensor},
		{"device", &e.Device},
		{"format", &e.Format},
		{"family", &e.Family},
		{"verb", &e.Verb},
		{"method", &e.Method},
		{"path", &e.Path},
		{"url", &e.URL},
		{"user_agent", &e.UserAgent},
		{"signature", &e.Signature},
		{"code", &e.Code},
		{"severity", &e.Severity},
		{"protocol", &e.Protocol},
		{"user", &e.User},
		{"host", &e.Host},
		{"process", &e.Process},
		{"file", &e.File},
		{"hash", &e.Hash},
		{"category", &e.Category},
	} {
		cut(f.at, f.name, longestField, mark)
	}
	cut(&e.Raw, "raw", longestRaw, mark)
	if len(e.RuleIDs) > mostRules {
		e.RuleIDs = slices.Clone(e.RuleIDs[:mostRules])
		mark(MarkCut + ":rule_ids")
	}
	if len(e.Matches) > mostMatches {
		e.Matches = e.Matches[:mostMatches]
		mark(MarkCut + ":matches")
	}
	e.Matches = slices.Clone(e.Matches)
	for i := range e.Matches {
		cut(&e.Matches[i].Message, "matches", longestField, mark)
		cut(&e.Matches[i].Variable, "matches", longestField, mark)
		cut(&e.Matches[i].Data, "matches", longestField, mark)
	}
	if e.Count < 0 || e.Count > mostCount {
		e.Count = min(max(1, e.Count), mostCount)
		mark(MarkCount)
	}
	if !(e.Confidence >= 0 && e.Confidence <= 1) {
		e.Confidence = 0
		mark(MarkConfidence)
	}
	if sourceOf(e) == SourceOther {
		mark(MarkUnknownSource)
	}
	e.SrcIP, e.DstIP = e.SrcIP.WithZone(""), e.DstIP.WithZone("")
}

// isDamage reports whether a mark is one of clean's.
func isDamage(mark string) bool {
	switch mark {
	case MarkCount, MarkConfidence, MarkID, MarkUnknownSource:
		return true
	}
	return strings.HasPrefix(mark, MarkCut+":")
}

// cut tidies a field and marks what was lost of it.
func cut(at *string, name string, longest int, mark func(string)) {
	kept, whole := tidy(*at, longest)
	*at = kept
	if !whole {
		mark(MarkCut + ":" + name)
	}
}

// tidy returns text that any record can hold, at most so long, and whether nothing was cut off.
func tidy(s string, longest int) (string, bool) {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\ufffd")
	}
	if len(s) <= longest {
		return s, true
	}
	for longest > 0 && !utf8.RuneStart(s[longest]) {
		longest--
	}
	return strings.Clone(s[:longest]), false // without the rest behind it in memory
}

// sourceOf is the source that an incident counts an event under.
func sourceOf(e *sekisho.Event) sekisho.Source {
	switch e.Source {
	case sekisho.SourceWAF, sekisho.SourceUTM, sekisho.SourceEDR, sekisho.SourceWeb:
		return e.Source
	}
	return SourceOther
}
