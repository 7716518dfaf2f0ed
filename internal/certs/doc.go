// Package certs owns the certificates that sites are served with: given files where the operator has some, else leafs
// of a local authority that lives in the data directory.
//
// A certificate is only ever shown for a name that [Authority.SetSites] was told of. A handshake never waits for a disk
// or a network. Start with [Open].
package certs
