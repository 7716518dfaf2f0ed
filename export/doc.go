// Package export hands a tenant's records on to other systems: a SIEM, a log store, a chat. It owns what a record looks like
// there (ocsf.go, cef.go, plain.go), how it travels (syslog.go, webhook.go), and the promise of [Exporter.Run]: every record
// arrives at least once, in the order in which it was committed, however long a receiver was away. It leaves to others what
// is recorded, and which addresses may be connected to.
//
// Two kinds of record are sent. An event is a Detection Finding. A change of a case is an Incident Finding, so that another
// system hears of an incident exactly when people here would: when it begins, gets worse, or is closed.
//
// Start with courier.go, which is one export at work.
package export
