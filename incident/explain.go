package incident

import (
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/sekisho-waf/sekisho"
)

// Explain tells an incident in plain words, in both languages. It is pure, and has words for any incident. It says no
// more than the records show: what was let through is not called stopped, and a success is called one only with evidence.
func Explain(i sekisho.Incident) sekisho.Explanation {
	subject := known.about(i)
	end := ending(i)
	fill := filler(i, subject)
	once := ""
	if i.Count <= 1 {
		once = "_once"
	}

	title := known.Titles[end+once]
	if end == "mixed" || end == "succeeded" {
		title = known.Titles[end]
	}
	if end == "succeeded" && subject.Worked.JA != "" {
		title = subject.Worked
	}
	effect := []text{known.Effects[effectOf(i, end)]}
	risk := known.Effects["risk"]
	if end == "succeeded" || subject.Kind == "event" {
		risk = known.Effects["consequence"]
	}
	if subject.Kind == "event" {
		title, effect = known.Titles["happened"+once], nil
	}
	return sekisho.Explanation{
		Title:  fill(title),
		About:  fill(subject.About),
		Why:    fill(known.Whys[driver(i, subject)]),
		Effect: fill(append(effect, risk)...),
		Advice: fill(adviceFor(i, subject, end)...),
	}
}

// ending says how an incident ended, over all of its events.
func ending(i sekisho.Incident) string {
	o := i.Outcomes
	stopped := o[sekisho.OutcomePrevented]
	refused, contained := o[sekisho.OutcomeRefused], o[sekisho.OutcomeContained]
	total := 0
	for _, n := range o {
		total += n
	}
	switch {
	case o[sekisho.OutcomeSucceeded] > 0:
		return "succeeded"
	case stopped == total && total > 0:
		return "stopped"
	case stopped+refused == total && refused > 0:
		return "refused"
	case stopped+refused+contained == total && contained > 0:
		return "contained"
	case stopped > 0:
		return "mixed"
	}
	return "passed"
}

// effectOf picks the sentence on what became of it. On a site of ours, what was let through was let through by its
// setting; elsewhere it is the sensor that did not stop it.
func effectOf(i sekisho.Incident, end string) string {
	site := i.SiteID != "" || i.Site != ""
	switch {
	case !site || end == "stopped" || end == "succeeded":
		return end
	case end == "refused" && i.Outcomes[sekisho.OutcomePrevented] > 0:
		return "site_refused_some"
	case end == "passed" && i.Outcomes[sekisho.OutcomeErrored] > 0:
		return "site_errored"
	}
	return "site_" + end
}

// adviceFor says what to do. At a high rank a person comes first: whoever reads it calls, whatever else helps.
func adviceFor(i sekisho.Incident, subject entry, end string) []text {
	if i.Severity != sekisho.SeverityHigh {
		return ownAdvice(i, subject, end)
	}
	advice := []text{known.Advice["call"]}
	if end != "stopped" || subject.Kind == "event" {
		advice = append(advice, subject.Now)
	}
	if end == "succeeded" {
		return append(advice, known.Advice["keep"])
	}
	return append(advice, subject.Later)
}

// ownAdvice is what the reader can do alone.
func ownAdvice(i sekisho.Incident, subject entry, end string) []text {
	site := i.SiteID != "" || i.Site != ""
	switch {
	case subject.Kind == "event" && end != "stopped":
		return []text{subject.Now, subject.Later}
	case end == "stopped" || end == "refused" && !site:
		return []text{known.Advice["nothing"], subject.Later}
	case end == "refused":
		return []text{known.Advice["nothing"], known.Advice["block"]}
	case site && (end == "passed" || end == "mixed"):
		return []text{subject.Now, known.Advice["block"]}
	}
	return []text{subject.Now, subject.Later}
}

// driver names what made the score: a guard that decided, else the largest of what was added, else the outcome.
func driver(i sekisho.Incident, subject entry) string {
	t := i.Terms
	if t.Guard != "" {
		return "guard_" + t.Guard
	}
	w := DefaultWeights() // it serves to order reasons, whatever scale an installation uses
	reason, most := "", 0.0
	for _, r := range t.Reasons {
		if add := w.Correlation[correlation(r)].Add; add > most {
			reason, most = r, add
		}
	}
	base := t.Confidence * t.Asset * t.Impact * t.Outcome
	switch {
	case i.Outcome == sekisho.OutcomeSucceeded && subject.Kind != "event":
		return "succeeded"
	case reason != "" && t.Correlation >= t.Recurrence:
		return reason
	case t.Recurrence >= base/2:
		return "recurrence"
	case subject.Kind == "event":
		return "happened"
	case i.Outcome == sekisho.OutcomePrevented && ending(i) != "stopped": // the loudest was stopped, others were not
		return "detected"
	}
	if _, ok := known.Whys[string(i.Outcome)]; !ok {
		return "unknown"
	}
	return string(i.Outcome)
}

// filler puts an incident's facts into sentences.
func filler(i sekisho.Incident, subject entry) func(...text) sekisho.Text {
	rank := known.Ranks[i.Severity.String()]
	in := func(lang language.Tag, what, risk, rank string) *strings.Replacer {
		number := message.NewPrinter(lang)
		return strings.NewReplacer(
			"{what}", what, "{risk}", risk, "{rank}", rank, "{n}", number.Sprint(i.Count),
			"{month}", number.Sprint(i.Terms.N), "{m}", number.Sprint(i.Outcomes[sekisho.OutcomePrevented]),
		)
	}
	ja := in(language.Japanese, subject.What.JA, subject.Risk.JA, rank.JA)
	en := in(language.English, subject.What.EN, subject.Risk.EN, rank.EN)
	return func(sentences ...text) sekisho.Text {
		var inJA, inEN []string
		for _, s := range sentences {
			inJA = append(inJA, ja.Replace(s.JA))
			inEN = append(inEN, en.Replace(s.EN))
		}
		return sekisho.Text{JA: strings.Join(inJA, ""), EN: strings.Join(inEN, " ")}
	}
}
