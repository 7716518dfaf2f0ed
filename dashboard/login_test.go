package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/internal/auth"
)

func (p *portal) link(user string, expires time.Time) string {
	token, hash := auth.NewToken()
	p.records.mu.Lock()
	defer p.records.mu.Unlock()
	p.records.tokens[hash] = fakeSecret{"owner", expires}
	return token
}

func TestLogin_worksOnceAndOnlyByTheButton(t *testing.T) {
	p := openPortal(t, newFake())
	token := p.link("owner", now.Add(auth.LoginLinkLife))
	client := p.as(t, "")
	for range 10 { // a mail scanner
		if got := p.get(t, client, "/login?token="+token); got.status != 200 || !strings.Contains(got.body, token) {
			t.Fatalf("status %d, want a page with the token in its form", got.status)
		}
	}
	got := p.post(t, client, "/login", url.Values{"token": {token}})
	if got.status != http.StatusSeeOther || got.header.Get("Location") != "/" {
		t.Fatalf("status %d to %q, want 303 to /", got.status, got.header.Get("Location"))
	}
	if home := p.get(t, client, "/t/yamada"); home.status != 200 {
		t.Errorf("home after signing in: status %d", home.status)
	}
	if again := p.post(t, p.as(t, ""), "/login", url.Values{"token": {token}}); again.status != http.StatusUnauthorized || !strings.Contains(again.body, "このリンクは使えません") {
		t.Errorf("a used link: status %d, want 401 and a page that says so", again.status)
	}
}

func TestLogin_refusesOldAndForeignLinks(t *testing.T) {
	p := openPortal(t, newFake())
	for name, token := range map[string]string{"expired": p.link("owner", now), "invented": "x", "none": ""} {
		if got := p.post(t, p.as(t, ""), "/login", url.Values{"token": {token}}); got.status != http.StatusUnauthorized || len(got.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: status %d with cookies %v", name, got.status, got.header.Values("Set-Cookie"))
		}
	}
}

func TestLogin_limitsWrongLinksAndNeverAGoodOne(t *testing.T) {
	p := openPortal(t, newFake())
	wrong := func() int { return p.post(t, p.as(t, ""), "/login", url.Values{"token": {"x"}}).status }
	for range 5 {
		if got := wrong(); got != http.StatusUnauthorized {
			t.Fatalf("a wrong link: status %d, want 401", got)
		}
	}
	if got := wrong(); got != http.StatusTooManyRequests {
		t.Errorf("the sixth wrong link: status %d, want 429", got)
	}
	good := p.link("owner", now.Add(time.Hour))
	if got := p.post(t, p.as(t, ""), "/login", url.Values{"token": {good}}); got.status != http.StatusSeeOther {
		t.Errorf("a good link from the same office: status %d, want 303", got.status)
	}
	*p.clock = now.Add(3 * time.Minute)
	if got := wrong(); got != http.StatusUnauthorized {
		t.Errorf("a wrong link after a pause: status %d, want 401", got)
	}
}

func TestLogin_replacesTheSession(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "stranger")
	p.post(t, client, "/login", url.Values{"token": {p.link("owner", now.Add(time.Hour))}})
	if len(p.records.sessions) != 1 {
		t.Errorf("%d sessions on record, want the new one alone", len(p.records.sessions))
	}
	if got := p.get(t, client, "/t/yamada"); got.status != 200 {
		t.Errorf("as the new user: status %d", got.status)
	}
}

func TestLogout_endsTheSessionOnRecord(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "owner")
	got := p.post(t, client, "/logout", url.Values{})
	if got.status != http.StatusSeeOther || len(p.records.sessions) != 0 {
		t.Errorf("status %d with %d sessions left", got.status, len(p.records.sessions))
	}
}

func TestSession_endsWithoutUseAndIsProlongedByPeopleAlone(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "owner")
	*p.clock = now.Add(20 * time.Minute)
	if got := p.get(t, client, "/t/yamada"); got.status != 200 {
		t.Fatalf("after 20 minutes: status %d", got.status)
	}
	*p.clock = now.Add(40 * time.Minute)
	live := p.do(t, client, http.MethodGet, "/t/yamada", nil, http.Header{liveHeader: {"1"}})
	if live.status != 200 {
		t.Fatalf("a page that refreshes itself: status %d", live.status)
	}
	*p.clock = now.Add(51 * time.Minute) // 31 after the last use by a person
	if got := p.get(t, client, "/t/yamada"); got.status != http.StatusSeeOther {
		t.Errorf("after 31 minutes without a person: status %d, want the door", got.status)
	}
	if got := p.do(t, client, http.MethodGet, "/t/yamada", nil, http.Header{liveHeader: {"1"}}); got.status != http.StatusUnauthorized {
		t.Errorf("a page that refreshes itself after the end: status %d, want 401", got.status)
	}
}

func TestSession_endsForGoodAfterTwelveHours(t *testing.T) {
	p := openPortal(t, newFake())
	client := p.as(t, "owner")
	for at := time.Duration(0); at < auth.SessionLife; at += 20 * time.Minute {
		*p.clock = now.Add(at)
		if got := p.get(t, client, "/t/yamada/sites"); got.status != 200 {
			t.Fatalf("in use after %s: status %d", at, got.status)
		}
	}
	*p.clock = now.Add(auth.SessionLife)
	if got := p.get(t, client, "/t/yamada/sites"); got.status != http.StatusSeeOther {
		t.Errorf("after 12 hours: status %d, want the door", got.status)
	}
}

func TestSession_outlivesARecordThatCannotBeProlonged(t *testing.T) {
	p := openPortal(t, newFake())
	p.records.broken["TouchSession"] = errDisk
	if got := p.get(t, p.as(t, "owner"), "/t/yamada"); got.status != 200 {
		t.Errorf("with a full disk: status %d, want the page", got.status)
	}
}
