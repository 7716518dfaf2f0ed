// Package certs owns the certificates that sites are served with: files of the operator, certificates that were uploaded
// or ordered from a certificate authority by ACME, and for machines of one's own the leafs of a local authority that lives
// in the data directory.
//
// Two halves meet in memory. [Authority] answers handshakes and waits for nobody: no disk, no Redis, no authority. A name
// that it was not told of is refused, so no stranger can have a certificate ordered. [Keeper] works behind it, one at a
// time over all processes: it orders and renews, keeps everything in the hot state with the keys encrypted ([Vault]), backs
// off where an order fails, says in words what is wrong, and warns before anything expires.
//
// What a name's DNS says and whether a proof can be seen from outside is asked through the small interfaces beside their
// use. Start with [Authority], then [Keeper.Run], then order.go.
package certs
