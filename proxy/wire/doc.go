// Package wire reads the bytes of a visitor's HTTP/1 connection before net/http does, and lets through only what every
// server reads alike: one request where there is one, with one end, one host and one value for each thing that frames it.
//
// net/http is lenient where history was: it takes bare line feeds, folded lines, equal lengths twice and a length beside
// chunks. Each is harmless alone. Behind a checkpoint it is an opening, because the origin may read the same bytes as two
// requests, of which one was never inspected. So a connection's bytes pass through a [Scanner], which follows the framing
// from request to request and stops at the first byte that breaks a rule; [Conn] puts the scanner under net/http.
//
// It owns the rules of RFC 9112 and where we are stricter, and the status that each violation is answered with. It leaves
// the answer itself, logs and counts to package proxy, and everything a request means to the steps behind it. Start with
// [Scanner.Scan], then head.go for the rules of a head and chunk.go for those of a chunked body.
package wire
