package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/internal/auth"
)

var morning = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func TestSession_endsWhenIdleAndForGood(t *testing.T) {
	session := auth.NewSession(morning)
	for _, tt := range []struct {
		name    string
		now     time.Time
		expires time.Time
		alive   bool
	}{
		{"at login", morning, morning.Add(30 * time.Minute), true},
		{"in use later", morning.Add(11 * time.Hour), morning.Add(11*time.Hour + 30*time.Minute), true},
		{"near its end", morning.Add(11*time.Hour + 50*time.Minute), morning.Add(12 * time.Hour), true},
		{"at its end", morning.Add(12 * time.Hour), morning.Add(12 * time.Hour), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, alive := auth.ParseSession(session.Value, tt.now)
			if alive != tt.alive {
				t.Fatalf("alive %v, want %v", alive, tt.alive)
			}
			if got.Hash != session.Hash {
				t.Error("the hash changed on the way through the cookie")
			}
			if expires := got.Expires(tt.now); !expires.Equal(tt.expires) {
				t.Errorf("expires %v, want %v", expires, tt.expires)
			}
		})
	}
}

func TestParseSession_givesAProlongedCookieAnotherHash(t *testing.T) {
	session := auth.NewSession(morning)
	secret, _, _ := strings.Cut(session.Value, ".")
	forged, alive := auth.ParseSession(secret+".99999999999", morning)
	if !alive {
		t.Fatal("the forged cookie should parse; the records refuse it")
	}
	if forged.Hash == session.Hash {
		t.Error("a changed end kept its hash: the session would be found on record and never end")
	}
}

func TestParseSession_refusesWhatIsNoSession(t *testing.T) {
	secret, _ := auth.NewToken()
	for _, value := range []string{"", ".", secret, secret + ".", secret + ".+1999999999", secret + ".01999999999", "short.1999999999", secret + ".x"} {
		if _, alive := auth.ParseSession(value, morning); alive {
			t.Errorf("ParseSession(%q) is alive", value)
		}
	}
}

func FuzzParseSession(f *testing.F) {
	f.Add(auth.NewSession(morning).Value)
	f.Add("a.1")
	f.Fuzz(func(t *testing.T, value string) {
		session, alive := auth.ParseSession(value, morning)
		if alive && (session.Value != value || session.Hash != auth.Hash(value)) {
			t.Errorf("ParseSession(%q) hashes something else", value)
		}
	})
}

func TestCookie_isBoundToTheHostOnHTTPS(t *testing.T) {
	session := auth.NewSession(morning)
	secure, plain := session.Cookie(true), session.Cookie(false)
	if secure.Name != "__Host-sekisho" || !secure.Secure || !secure.HttpOnly || secure.Path != "/" || secure.Domain != "" {
		t.Errorf("cookie on https: %v", secure)
	}
	if plain.Name != "sekisho" || plain.Secure || !plain.HttpOnly {
		t.Errorf("cookie on loopback http: %v", plain)
	}
	if gone := auth.NoCookie(true); gone.Name != secure.Name || gone.MaxAge >= 0 || gone.Value != "" {
		t.Errorf("NoCookie does not clear the session: %v", gone)
	}
}
