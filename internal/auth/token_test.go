package auth_test

import (
	"crypto/sha256"
	"net/url"
	"testing"

	"github.com/sekisho-waf/sekisho/internal/auth"
)

func TestNewToken_givesSecretsOf256BitsThatDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token, hash := auth.NewToken()
		if len(token) != 43 { // 256 bits in base64 without padding
			t.Fatalf("token has %d characters, want 43", len(token))
		}
		if seen[token] {
			t.Fatal("the same token twice")
		}
		seen[token] = true
		if hash != sha256.Sum256([]byte(token)) || hash != auth.Hash(token) {
			t.Fatal("the hash is not the SHA-256 of the token")
		}
	}
}

func TestLoginURL_bringsTheTokenBack(t *testing.T) {
	for _, base := range []string{"https://portal.example", "https://portal.example/"} {
		u, err := url.Parse(auth.LoginURL(base, "a+b/c="))
		if err != nil {
			t.Fatal(err)
		}
		if u.Path != "/login" || u.Query().Get("token") != "a+b/c=" {
			t.Errorf("LoginURL(%q) = %q, want /login with the token unchanged", base, u)
		}
	}
}
