package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// LoginLinkLife is how long a one-time login link can be used.
const LoginLinkLife = 15 * time.Minute

// tokenBytes is 256 bits: nobody guesses one, so a plain SHA-256 is enough for the stored form (ASVS 5.0, V11.4).
const tokenBytes = 32

// NewToken returns a fresh secret of 256 random bits and the hash that records keep in its place. Safe for concurrent use.
func NewToken() (token string, hash [32]byte) {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand, Go 1.24)
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	return token, Hash(token)
}

// Hash returns what records keep of a token. Any string has a hash; only an issued token's hash is on record.
func Hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// LoginURL is the address that a person opens to sign in with token. Opening it changes nothing: it shows a page with
// one button, because mail scanners open links before people do.
func LoginURL(publicURL, token string) string {
	return strings.TrimRight(publicURL, "/") + "/login?token=" + url.QueryEscape(token)
}
