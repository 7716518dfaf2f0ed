// Package upstream reaches the servers behind sites: which of a site's servers a request goes to, over which connection, and
// what happens when it does not answer.
//
// It owns connections, the choice between servers, retries, health and the way in which servers and we know each other. A
// connection belongs to one tenant and one server: what one tenant's request has left behind never meets another's. What
// a failure means to the visitor is the proxy's business. Start with [Book], which holds everything, then [Pool.Send].
package upstream
