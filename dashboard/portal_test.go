package dashboard

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/auth"
)

// portal is the real handler over fake records, and people who visit it.
type portal struct {
	*httptest.Server
	records *fakeRecords
	server  *Server
	changed chan sekisho.TenantID
	clock   *time.Time
}

func openPortal(t *testing.T, records *fakeRecords, health ...sekisho.Text) *portal {
	t.Helper()
	clock := now
	changed := make(chan sekisho.TenantID)
	server, err := newServer(DefaultConfig(), Deps{
		Records: records, Modes: records, Cases: records, Explain: explain,
		Health:       func() []sekisho.Text { return health },
		Changes:      func(context.Context) <-chan sekisho.TenantID { return changed },
		SensorStates: func() map[sekisho.SensorID]sekisho.SensorState { return records.states },
		TurnedAway:   func() map[sekisho.SiteID]map[sekisho.Reason]int64 { return records.away },
		Certificate:  certificateWords,
		Now:          func() time.Time { return clock },
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	t.Cleanup(func() { close(server.stopping) })
	return &portal{Server: listening, records: records, server: server, changed: changed, clock: &clock}
}

// as returns a browser in which a user is signed in; nobody for "".
func (p *portal) as(t *testing.T, user sekisho.UserID) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if user != "" {
		session := auth.NewSession(now)
		p.records.mu.Lock()
		p.records.sessions[session.Hash] = fakeSecret{user, session.Expires(now)}
		p.records.mu.Unlock()
		u, err := url.Parse(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(u, []*http.Cookie{session.Cookie(false)})
	}
	return client
}

type answered struct {
	status int
	body   string
	header http.Header
}

func (p *portal) get(t *testing.T, client *http.Client, path string) answered {
	t.Helper()
	return p.do(t, client, http.MethodGet, path, nil, nil)
}

func (p *portal) post(t *testing.T, client *http.Client, path string, form url.Values) answered {
	t.Helper()
	return p.do(t, client, http.MethodPost, path, form, nil)
}

func (p *portal) do(t *testing.T, client *http.Client, method, path string, form url.Values, header http.Header) answered {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, string(body), response.Header}
}
