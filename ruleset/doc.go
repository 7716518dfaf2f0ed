// Package ruleset is the WAF: it turns a [sekisho.Policy] into a compiled engine and asks that engine about one
// [sekisho.Exchange] at a time.
//
// It owns the rules (the OWASP Core Rule Set and how it is set up, our own few rules, a policy's custom rules), the
// engines and who shares them, how an exchange is shown to Coraza, and what a finding means: class, family, matches,
// redacted. It leaves to others what becomes of a verdict: nothing here stops a request, keeps an event or reads a site.
// It is the only package that imports coraza and the rule module.
//
// Start with [Pool.Acquire], then [Inspection.Request], fill.go (what Coraza sees) and verdict.go (what we say).
package ruleset
