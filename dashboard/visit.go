package dashboard

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/auth"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// visit is one request by somebody: what an action needs to know, already checked.
type visit struct {
	r      *http.Request
	now    time.Time
	lang   view.Lang
	user   sekisho.User   // zero for nobody
	tenant sekisho.Tenant // zero outside a tenant
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// operator reports whether every tenant is open to the user.
func (v *visit) operator() bool { return v.user.Role == sekisho.RoleOperator && v.user.ID != "" }

// path is an address below the visit's tenant.
func (v *visit) path(format string, args ...any) string {
	return "/t/" + string(v.tenant.ID) + fmt.Sprintf(format, args...)
}

// action answers a visit. An error becomes an error page in failure.go.
type action func(*visit) (reply, error)

// reply is a page or, when to is set, the address to go on to (303, so that a form is not sent twice).
type reply struct {
	page    view.Page
	title   view.Message
	section string
	status  int // 0 means 200
	live    bool
	notice  *view.Message
	health  bool // an owner sees here what is degraded; an operator sees it everywhere
	to      string
	cookies []*http.Cookie
}

// liveHeader marks the requests of a page that refreshes itself.
const liveHeader = "Sekisho-Live"

// visit is the one way to an action: who is it, may they, answer, and a page for every way it can go wrong.
func (s *Server) visit(access access, action action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		v := &visit{r: r, now: s.now(), lang: language(r)}
		answer, err := s.answer(v, access, action)
		if err != nil {
			answer = s.failure(v, err)
		}
		for _, cookie := range answer.cookies {
			http.SetCookie(w, cookie)
		}
		if answer.to != "" {
			http.Redirect(w, r, answer.to, http.StatusSeeOther)
			return
		}
		s.write(w, v, answer)
	})
}

func (s *Server) answer(v *visit, access access, action action) (answer reply, err error) {
	defer func() { // a bug on one page must not take the portal down, nor leave the visitor without a page
		if broken := recover(); broken != nil {
			err = fmt.Errorf("answering %s: panic: %v", v.r.Pattern, broken)
		}
	}()
	if access == everyone {
		return action(v)
	}
	if err := s.signIn(v); err != nil {
		return reply{}, err
	}
	if err := s.admit(v, access); err != nil {
		return reply{}, err
	}
	return action(v)
}

// signIn finds out who visits, by the session cookie (KindUnauthenticated for nobody).
func (s *Server) signIn(v *visit) error {
	const op = "finding out who visits"
	cookie, err := v.r.Cookie(auth.CookieName(s.cfg.secure()))
	if err != nil {
		return &sekisho.Error{Kind: sekisho.KindUnauthenticated, Op: op}
	}
	session, alive := auth.ParseSession(cookie.Value, v.now)
	if !alive {
		return &sekisho.Error{Kind: sekisho.KindUnauthenticated, Op: op}
	}
	id, err := s.records.FindSession(v.ctx(), session.Hash, v.now)
	if err == nil {
		v.user, err = s.records.FindUser(v.ctx(), id) // each time: a changed role counts at once (ASVS 5.0, V8.3.2)
	}
	switch {
	case sekisho.KindOf(err) == sekisho.KindNotFound:
		return &sekisho.Error{Kind: sekisho.KindUnauthenticated, Op: op, Err: err}
	case err != nil:
		return fmt.Errorf("%s: %w", op, err)
	}
	if v.r.Header.Get(liveHeader) != "" {
		return nil // an open page that refreshes itself does not keep a session alive
	}
	if err := s.records.TouchSession(v.ctx(), session.Hash, session.Expires(v.now)); err != nil {
		// A full disk must not lock people out: the session simply ends earlier.
		s.log.WarnContext(v.ctx(), "session could not be prolonged", obs.Err(err))
	}
	return nil
}

// admit compares the user with the route, and loads the tenant in the path. To an owner, another tenant is as absent as
// one that does not exist.
func (s *Server) admit(v *visit, access access) error {
	switch access {
	case operators:
		if !v.operator() {
			return &sekisho.Error{Kind: sekisho.KindForbidden, Op: "opening an operator's page"}
		}
	case members:
		id, err := sekisho.ParseTenantID(v.r.PathValue("tenant"))
		if err != nil || (!v.operator() && v.user.Tenant != id) {
			return errNoPage
		}
		if v.tenant, err = s.records.FindTenant(v.ctx(), id); err != nil {
			return fmt.Errorf("opening tenant %s: %w", id, err)
		}
	case users, everyone:
	}
	return nil
}

// write renders the whole page before the first byte goes out.
func (s *Server) write(w http.ResponseWriter, v *visit, answer reply) {
	page, err := s.renderer.Render(s.frame(v, answer), answer.page)
	if err != nil {
		answer = s.failure(v, err)
		if page, err = s.renderer.Render(s.frame(v, answer), answer.page); err != nil {
			s.log.ErrorContext(v.ctx(), "even the error page failed", obs.Err(err))
			http.Error(w, "画面を表示できません。サイトの保護は、この画面とは別に動いています。\nThis page cannot be shown. Your sites are protected independently of it.", http.StatusInternalServerError)
			return
		}
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(v.lang))
	header.Add("Vary", "Accept-Language, Cookie")
	if answer.status != 0 {
		w.WriteHeader(answer.status)
	}
	if v.r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(page); err != nil {
		s.log.DebugContext(v.ctx(), "visitor went away", obs.Err(err))
	}
}

func (s *Server) frame(v *visit, answer reply) view.Frame {
	frame := view.Frame{
		Lang: v.lang, Path: samePage(v.r), Title: answer.title, User: v.user.Email, Admin: v.operator(),
		Tenant: string(v.tenant.ID), Name: view.Visible(v.tenant.Name), Section: answer.section, Notice: answer.notice,
		Desk: s.cfg.Desk, Live: answer.live && s.changes != nil, Now: view.At(v.now),
	}
	if v.tenant.ID != "" && frame.Name == "" {
		frame.Name = frame.Tenant
	}
	if answer.health || v.operator() {
		for _, sentence := range s.health() {
			frame.Health = append(frame.Health, sentence.In(string(v.lang)))
		}
	}
	return frame
}

// who names the user in a log line.
func who(v *visit) slog.Attr { return slog.String("user", string(v.user.ID)) }
