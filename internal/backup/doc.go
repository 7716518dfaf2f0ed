// Package backup owns the file that a backup is: a header that anybody may read, then a stream of entries that only the
// holder of the passphrase can, each part of it bound to its place. It leaves what the entries mean to those who write
// and read them.
//
// The key is made of the passphrase by Argon2id (RFC 9106); the stream is AES-256-GCM in parts of 64 KiB, numbered, the last
// one marked (the STREAM construction, https://eprint.iacr.org/2015/189), so that a file that was changed, cut or spliced
// does not open. Start with [Create] and [Open].
package backup
