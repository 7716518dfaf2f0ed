// Package names finds out what the world outside sees of a host name: what DNS says about it, whether its owner has
// published our token, and whether the origin would answer for it without us.
//
// It only asks and reports. What follows from an answer (a certificate, a way past us, another stage) is decided by
// those who asked. Everything it fetches comes from an address that a stranger chose, so it connects to public addresses
// only, reads little, and waits briefly.
//
// Start with [Resolver], then [Checker] and [Prober].
package names
