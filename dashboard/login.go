package dashboard

import (
	"fmt"
	"net/http"
	"net/netip"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/auth"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// start leads to the first page of whoever signed in.
func (s *Server) start(v *visit) (reply, error) {
	if v.operator() {
		return reply{to: "/tenants"}, nil
	}
	return reply{to: "/t/" + string(v.user.Tenant)}, nil
}

// loginPage shows a button for the token in the address, and does not look at the token: mail scanners open links too,
// and nobody learns from this page whether a token is good.
func (s *Server) loginPage(v *visit) (reply, error) {
	page := view.Login{State: view.LoginAsk}
	if token := v.r.URL.Query().Get("token"); token != "" {
		page = view.Login{State: view.LoginConfirm, Token: token}
	} else if v.r.URL.Query().Has("bye") {
		page.State = view.LoginGone
	}
	return door(page, http.StatusOK), nil
}

// login uses the token up and begins a new session, whatever session there was before.
func (s *Server) login(v *visit) (reply, error) {
	peer, _ := netip.ParseAddrPort(v.r.RemoteAddr) // the zero address shares one limit
	token := v.r.PostFormValue("token")
	id, err := s.records.TakeLoginToken(v.ctx(), auth.Hash(token), v.now)
	if sekisho.KindOf(err) == sekisho.KindNotFound && err != nil {
		// Only wrong links count: an office behind one address must not be locked out by somebody's old one, and a link
		// of 256 random bits is not guessed by those that still get an answer.
		if !s.attempts.Allow(peer.Addr(), v.now) {
			return door(view.Login{State: view.LoginLimited}, http.StatusTooManyRequests), nil
		}
		return door(view.Login{State: view.LoginExpired}, http.StatusUnauthorized), nil
	}
	if err != nil {
		return reply{}, fmt.Errorf("signing in: %w", err)
	}
	session := auth.NewSession(v.now)
	if err := s.records.PutSession(v.ctx(), session.Hash, id, session.Expires(v.now)); err != nil {
		return reply{}, fmt.Errorf("signing in %s: %w", id, err)
	}
	s.forget(v)
	v.user.ID = id
	s.log.InfoContext(v.ctx(), "signed in", who(v), obs.Client(peer.Addr()))
	return reply{to: "/", cookies: []*http.Cookie{session.Cookie(s.cfg.secure())}}, nil
}

// logout ends the session on record, so that a copy of the cookie is worth nothing either.
func (s *Server) logout(v *visit) (reply, error) {
	s.forget(v)
	return reply{to: "/login?bye=1", cookies: []*http.Cookie{auth.NoCookie(s.cfg.secure())}}, nil
}

// forget ends the session that the request came with, if any.
func (s *Server) forget(v *visit) {
	cookie, err := v.r.Cookie(auth.CookieName(s.cfg.secure()))
	if err != nil {
		return
	}
	if err := s.records.DeleteSession(v.ctx(), auth.Hash(cookie.Value)); err != nil {
		s.log.WarnContext(v.ctx(), "session could not be ended", obs.Err(err))
	}
}

func door(page view.Login, status int) reply {
	return reply{page: page, title: view.Say("login." + string(page.State) + ".title"), status: status}
}

func invalid(op string) error { return &sekisho.Error{Kind: sekisho.KindInvalid, Op: op} }
