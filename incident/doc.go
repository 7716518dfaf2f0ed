// Package incident turns the events of every sensor into few incidents that somebody can act on: it scores each event on
// one scale, joins what belongs together, and explains the result in plain words.
//
// It owns the scale (weights.yaml and [Score]), recurrence over 30 days, correlation across sensors, the joining of
// events into incidents, and the words of [Explain] (knowledge.yaml). It has no branch for any one sensor: what differs
// between WAF, UTM and EDR is said by the event's class, outcome and direction. It leaves where events come from to a
// [Source], where results go to [Records], and whom to tell to others.
//
// Start with [Engine.Process], which takes a batch; apply.go is the way of one event through a tenant's memory; score.go is
// the formula.
package incident
