// Package auth owns the secrets by which people reach the portal: one-time login links, sessions, the cookie that
// carries one, and a bounded limit on attempts.
//
// It is a pure leaf: no database, no HTTP handler, no clock of its own. Records keep only what [Hash] returns, so that a
// stolen backup signs nobody in; the dashboard decides who may see what. Start with [NewToken] and [Session].
package auth
