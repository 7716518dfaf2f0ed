// Package sekisho holds the words that every part of Sekisho speaks: Tenant, Site, Policy, Exchange, Verdict, Decision,
// Event, Incident, Severity, Error.
//
// It owns meaning, not behaviour: standard library only, no I/O, no HTTP, no SQL. The roles (proxy, incident, dashboard,
// bench) and the adapters (ruleset, internal/store, internal/state, internal/spool, internal/certs) import it and never
// one another; internal/app puts them together.
//
// Start with [Exchange] to follow one request, or with [Event] to follow what becomes of an attack.
package sekisho
