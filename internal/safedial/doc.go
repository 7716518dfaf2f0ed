// Package safedial connects to addresses that somebody else has named: an origin, a webhook, a log sink of a customer. Such
// a name can lead anywhere, into our own network too (SSRF), and it can lead somewhere else the next time it is asked for
// (DNS rebinding).
//
// So nothing is decided about names. [Rules] are asked at the socket, about the one address that is about to be connected
// to, at every dial: the first, a retry, a health check. It owns which addresses are public and which connections may be
// made; whose names may lead inside is the caller's to know. Start with [Rules].
package safedial
