// Package demo owns the site that `sekisho demo` protects: やまだ工務店, a small builder's site that runs on one
// loopback port, and the traffic that makes it live: visitors who read pages and fill in forms, and attackers who send
// real attack requests.
//
// The site is an ordinary web application, correct where it matters, with one realistic weakness: /legacy prints the
// database's error text when its id holds a quote, so that response rules have something to find. Nothing here stores
// what it is sent, runs it or reads a file by it. The traffic reaches loopback addresses only.
//
// It leaves the proxy, the records and the wiring to others. Start with [NewOrigin] for the site and [Traffic.Run] for
// the visitors; the attacks are a table in attacks.go.
package demo
