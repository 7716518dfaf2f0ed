package control_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/internal/store"
)

type modes struct{ state.State }

func (m modes) Overrides(ctx context.Context) (*sekisho.Mode, map[sekisho.SiteID]sekisho.Mode, error) {
	over, err := m.State.Override(ctx)
	return over.All, over.Sites, err
}

// house is a Local on a real database and real hot state, and a Client that reaches it over a real socket.
type house struct {
	local   *control.Local
	client  *control.Client
	hot     state.State
	records *store.DB
	owners  owners
	applied int
	order   []string
}

// owners finds what a test says it finds.
type owners struct{ proof sekisho.Proof }

func (*owners) ToPublish(_, token string) (newToken, value, txt, url string) {
	if token == "" {
		token = "token"
	}
	return token, token, "txt", "url"
}

func (o *owners) Prove(context.Context, string, string) (sekisho.Proof, []sekisho.Text) {
	if o.proof == sekisho.ProofNone {
		return o.proof, []sekisho.Text{{EN: "nothing there"}}
	}
	return o.proof, nil
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "control-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	log := slog.New(slog.DiscardHandler)
	records, err := store.Open(t.Context(), dir, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	hot, err := state.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hot.Close() })
	h := &house{hot: hot, records: records}
	h.local = &control.Local{
		Records: records, Modes: modes{hot}, Log: log,
		Explain:   func(sekisho.Incident) sekisho.Explanation { return sekisho.Explanation{} },
		Owners:    &h.owners,
		PortalURL: func() string { return "http://127.0.0.1:9090/" },
		Plane: control.Plane{
			Apply: func(ctx context.Context) error {
				h.applied++
				over, err := hot.Override(ctx)
				if err != nil {
					return err
				}
				sites, err := records.AllSites(ctx)
				if err != nil {
					return err
				}
				for _, site := range sites {
					word := site.Mode.String()
					if mode, ok := over.Sites[site.ID]; ok {
						word = "override " + mode.String()
					}
					h.order = append(h.order, word)
				}
				return nil
			},
			Compile: func(policy sekisho.Policy, _ sekisho.Mode) (func(), error) {
				if policy.CustomRules == "broken" {
					return nil, sekisho.Invalid("custom rule, line 1: broken")
				}
				return func() {}, nil
			},
			Certificate: func(site sekisho.Site) error {
				if site.KeyFile == "bad.pem" {
					return sekisho.Invalid("bad.pem is no key")
				}
				return nil
			},
		},
	}
	h.local.Plane.Switch = h.local.Plane.Apply
	socket, err := control.Listen(dir, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- socket.Run(ctx, h.local) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("control socket: %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, control.SocketName)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left behind: %v", err)
		}
	})
	if h.client, err = control.Dial(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := h.client.AddTenant(t.Context(), sekisho.Tenant{ID: "yamada", Name: "やまだ工務店"}); err != nil {
		t.Fatal(err)
	}
	return h
}

func ptr[T any](v T) *T { return &v }

func (h *house) put(t *testing.T, put control.PutSite) (control.SiteView, error) {
	t.Helper()
	if put.Tenant == nil {
		put.Tenant = ptr(sekisho.TenantID("yamada"))
	}
	return h.client.PutSite(t.Context(), put)
}

func TestSetMode_isInForceBeforeItIsStored(t *testing.T) {
	h := newHouse(t)
	if _, err := h.put(t, control.PutSite{Host: "a.example", Origin: ptr("http://127.0.0.1:1"), Mode: ptr(sekisho.ModeBlock)}); err != nil {
		t.Fatal(err)
	}
	h.order = nil
	set, err := h.client.SetMode(t.Context(), control.SetMode{Host: "A.example:443", Mode: ptr(sekisho.ModeOff)})
	if err != nil || !set.Stored {
		t.Fatalf("got %+v, %v", set, err)
	}
	if got := strings.Join(h.order, ", "); got != "override off, off" {
		t.Errorf("applied %q, want first the override, then the record", got)
	}
	if over, err := h.hot.Override(t.Context()); err != nil || len(over.Sites) != 0 {
		t.Errorf("got overrides %v, %v, want none once the record is written", over, err)
	}
}

func TestSetMode_holdsWhileTheRecordsAreAway(t *testing.T) {
	h := newHouse(t)
	view, err := h.put(t, control.PutSite{Host: "a.example", Origin: ptr("http://127.0.0.1:1"), Mode: ptr(sekisho.ModeBlock)})
	if err != nil {
		t.Fatal(err)
	}
	h.local.Plane.Served = func() []sekisho.Site { return []sekisho.Site{view.Site} }
	h.local.Plane.Switch = func(context.Context) error { return nil }
	if err := h.records.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := h.client.SetMode(t.Context(), control.SetMode{Host: "a.example", Mode: ptr(sekisho.ModeOff)})
	if err != nil || set.Stored || set.Notice == "" {
		t.Errorf("got %+v, %v, want in force, not stored, and a notice", set, err)
	}
	over, err := h.hot.Override(t.Context())
	if err != nil || over.Sites[view.ID] != sekisho.ModeOff {
		t.Errorf("got overrides %v, %v, want off for the site", over, err)
	}
	if err := h.local.SetSiteMode(t.Context(), "stranger", view.ID, sekisho.ModeBlock); err == nil {
		t.Error("a stranger changed the mode")
	}
	if err := h.local.SetSiteMode(t.Context(), "yamada", view.ID, sekisho.ModeDetect); err != nil {
		t.Errorf("the portal's switch while the records are away: %v", err)
	}
}

func TestSetMode_saysWhenEverySiteIsForcedToAnother(t *testing.T) {
	h := newHouse(t)
	if _, err := h.put(t, control.PutSite{Host: "a.example", Origin: ptr("http://127.0.0.1:1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.client.SetMode(t.Context(), control.SetMode{Mode: ptr(sekisho.ModeBlock)}); err != nil {
		t.Fatal(err)
	}
	for mode, forced := range map[sekisho.Mode]bool{sekisho.ModeDetect: true, sekisho.ModeBlock: false, sekisho.ModeOff: false} {
		set, err := h.client.SetMode(t.Context(), control.SetMode{Host: "a.example", Mode: &mode})
		if err != nil || (set.Forced != nil) != forced {
			t.Errorf("%s: got %+v, %v, want forced %v", mode, set, err, forced)
		}
	}
}

func TestPutSites_checksEverySiteBeforeTheFirstIsStored(t *testing.T) {
	h := newHouse(t)
	tenant, origin := ptr(sekisho.TenantID("yamada")), ptr("http://127.0.0.1:1")
	good := func(host string) control.PutSite { return control.PutSite{Host: host, Tenant: tenant, Origin: origin} }
	bad := good("b.example")
	bad.CertFile, bad.KeyFile = ptr("chain.pem"), ptr("bad.pem")
	if _, err := h.client.PutSites(t.Context(), []control.PutSite{good("a.example"), bad}); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("got %v, want the second site refused", err)
	}
	if sites, err := h.client.Sites(t.Context()); err != nil || len(sites) != 0 || h.applied != 0 {
		t.Errorf("got %v, %v, applied %d times, want nothing changed", sites, err, h.applied)
	}
	views, err := h.client.PutSites(t.Context(), []control.PutSite{good("a.example"), good("b.example")})
	if err != nil || len(views) != 2 || h.applied != 1 {
		t.Errorf("got %v, %v, applied %d times, want two sites in force by one change", views, err, h.applied)
	}
}

func TestPutSite_changesNothingThatIsNotWhole(t *testing.T) {
	h := newHouse(t)
	if _, err := h.put(t, control.PutSite{Host: "a.example", Origin: ptr("http://127.0.0.1:1")}); err != nil {
		t.Fatal(err)
	}
	broken := sekisho.DefaultPolicy()
	broken.CustomRules = "broken"
	tests := []struct {
		name string
		put  control.PutSite
		kind sekisho.Kind
		want string
	}{
		{"taken host", control.PutSite{Host: "a.example", New: true, Origin: ptr("http://127.0.0.1:2")}, sekisho.KindConflict, "already there"},
		{"unknown host", control.PutSite{Host: "b.example", Known: true, Origin: ptr("http://127.0.0.1:2")}, sekisho.KindNotFound, "b.example"},
		{"other tenant", control.PutSite{Host: "a.example", Tenant: ptr(sekisho.TenantID("minato"))}, sekisho.KindConflict, "belongs to tenant yamada"},
		{"no such tenant", control.PutSite{Host: "c.example", Tenant: ptr(sekisho.TenantID("nobody")), Origin: ptr("http://127.0.0.1:2")}, sekisho.KindNotFound, "sekisho tenant add nobody"},
		{"bad origin", control.PutSite{Host: "a.example", Origin: ptr("ftp://x")}, sekisho.KindInvalid, "scheme"},
		{"bad policy", control.PutSite{Host: "a.example", Policy: &broken}, sekisho.KindInvalid, "line 1"},
		{"bad certificate", control.PutSite{Host: "a.example", CertFile: ptr("chain.pem"), KeyFile: ptr("bad.pem")}, sekisho.KindInvalid, "bad.pem"},
		{"half a certificate", control.PutSite{Host: "a.example", CertFile: ptr("chain.pem")}, sekisho.KindInvalid, "go together"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := h.put(t, test.put)
			if sekisho.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v (%s), want %s with %q", err, sekisho.KindOf(err), test.kind, test.want)
			}
		})
	}
	sites, err := h.client.Sites(t.Context())
	if err != nil || len(sites) != 1 || sites[0].Origin != "http://127.0.0.1:1" {
		t.Errorf("got %+v, %v, want the one site unchanged", sites, err)
	}
}

func TestLoginLink_makesAUserOnlyWhenToldWho(t *testing.T) {
	h := newHouse(t)
	if _, err := h.client.LoginLink(t.Context(), control.AskLoginLink{Email: "a@b.example"}); sekisho.KindOf(err) != sekisho.KindNotFound {
		t.Errorf("got %v, want not found", err)
	}
	if _, err := h.client.LoginLink(t.Context(), control.AskLoginLink{Email: "a@b.example", Operator: true, Tenant: "yamada"}); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("got %v, want invalid", err)
	}
	first, err := h.client.LoginLink(t.Context(), control.AskLoginLink{Email: "A@B.example", Tenant: "yamada"})
	if err != nil || first.User.Tenant != "yamada" || first.User.Role != sekisho.RoleOwner || !strings.HasPrefix(first.URL, "http://127.0.0.1:9090/login?token=") {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := h.client.LoginLink(t.Context(), control.AskLoginLink{Email: "a@b.example"})
	if err != nil || again.User.ID != first.User.ID || again.URL == first.URL {
		t.Errorf("got %+v, %v, want the same user and another link", again, err)
	}
}

func TestDial_saysThatNobodyServes(t *testing.T) {
	if _, err := control.Dial(t.Context(), t.TempDir()); sekisho.KindOf(err) != sekisho.KindUnavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestParseHost_readsWhatPeopleType(t *testing.T) {
	for input, want := range map[string]string{"日本語.jp": "xn--wgv71a119e.jp", " WWW.Example.co.jp ": "www.example.co.jp", "a.example:443": "a.example", "127.0.0.1": "127.0.0.1", "[::1]:80": "[::1]"} {
		if got, err := control.ParseHost(input); err != nil || got != want {
			t.Errorf("ParseHost(%q): got %q, %v, want %q", input, got, err, want)
		}
	}
	if got, err := control.ParseHost("日本語 .jp"); err == nil {
		t.Errorf("got %q for a host with a space", got)
	}
}
