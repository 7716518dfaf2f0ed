package auth

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// SessionIdle ends a session that nobody used for so long (ASVS 5.0, V7.3.1).
	SessionIdle = 30 * time.Minute
	// SessionLife ends every session, however busy (V7.3.2).
	SessionLife = 12 * time.Hour
)

// Session is what the cookie of a signed-in person holds.
//
// Its value is the secret followed by the moment at which the session ends for good. Records keep the hash of the whole
// value: whoever changes the moment changes the hash, and the session is no longer on record. So the absolute end needs
// neither a column nor a signature.
type Session struct {
	Value string    // goes into the cookie
	Hash  [32]byte  // goes into the records
	End   time.Time // the absolute end, whole seconds
}

// NewSession begins a session at now. A person gets a new one at every login (V7.2.4).
func NewSession(now time.Time) Session {
	secret, _ := NewToken()
	end := now.Add(SessionLife).Truncate(time.Second)
	value := secret + "." + strconv.FormatInt(end.Unix(), 10)
	return Session{Value: value, Hash: Hash(value), End: end}
}

// ParseSession reads a cookie's value. False means that it never was a session of ours or has reached its absolute end;
// true says nothing about the records, which may have forgotten it.
func ParseSession(value string, now time.Time) (Session, bool) {
	secret, end, found := strings.Cut(value, ".")
	if !found || len(secret) != (tokenBytes*8+5)/6 {
		return Session{}, false
	}
	seconds, err := strconv.ParseInt(end, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != end {
		return Session{}, false
	}
	session := Session{Value: value, Hash: Hash(value), End: time.Unix(seconds, 0)}
	return session, now.Before(session.End)
}

// Expires is when the records may forget a session that was used at now: after [SessionIdle], and never past its End.
func (s Session) Expires(now time.Time) time.Time {
	if idle := now.Add(SessionIdle); idle.Before(s.End) {
		return idle
	}
	return s.End
}

// CookieName is the name of the session cookie. On https it has the __Host- prefix, which binds the cookie to this very
// host (RFC 6265bis, 4.1.3.2); browsers refuse that prefix on plain http, which only a loopback portal uses.
func CookieName(secure bool) string {
	if secure {
		return "__Host-sekisho"
	}
	return "sekisho"
}

// Cookie carries the session. It has no expiry of its own: closing the browser forgets it, and the records decide anyway.
func (s Session) Cookie(secure bool) *http.Cookie {
	return &http.Cookie{
		Name: CookieName(secure), Value: s.Value, Path: "/",
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}

// NoCookie makes the browser forget the session.
func NoCookie(secure bool) *http.Cookie {
	return &http.Cookie{
		Name: CookieName(secure), Path: "/", MaxAge: -1,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}
