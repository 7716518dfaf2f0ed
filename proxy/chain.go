package proxy

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// A step does one thing to an exchange and says whether the next step follows. A step that ends the walk has left its
// decision in the exchange; it never writes an answer itself.
type step func(*exchange) bool

// chain is the way of a request, in the order in which the request meets it. The way back, from the origin's answer to
// the visitor, begins in forward: see originAnswered.
//
// A step that makes visitors of a site under attack prove themselves (a page with a puzzle, say) belongs right behind
// admit: who it is, on which site and under which limits is known there, [exchange.alarm] says whether the site is under
// attack and how badly, and nothing has been spent on inspection or the origin yet. Such a step answers with a reply, lets
// addresses on the site's list to allow pass, and knows that bodies have not been read.
func (s *Server) chain() []step {
	return []step{
		s.nameRequest,     // its number, the same on the page, in the log and in the portal
		s.clientAddress,   // who asks, behind proxies that we trust
		s.soundRequest,    // what could be read in two ways ends here
		s.answerChallenge, // a certificate authority asks for what we have promised it
		s.findSite,        // which site: unknown hosts end here
		s.agreeWithTLS,    // the site must be the one that TLS was spoken with
		s.endLoop,         // it has been here before
		s.redirectToHTTPS, // where the site wants it
		s.admit,           // not too much: lists, bans and rates, tighter ones under attack
		s.maintain,        // the owner works on the site
		s.makeRoom,        // no more at once than the node bears, and of that each site its share
		s.cleanRequest,    // what may not pass is dropped before anybody inspects it
		s.inspectRequest,  // head and first bytes of the body
		s.forward,         // to the origin, and the answer back through inspectResponse
	}
}

// serve walks one request along the chain, then records and answers whatever the walk decided.
//
// Record comes before answer: a visitor who has seen a block page must find its number in the portal even if the
// machine dies the moment after.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.running.begin() {
		panic(http.ErrAbortHandler) // the drain is over; the connection is about to be closed
	}
	s.leaving.tell(w, r)
	x := s.newExchange(w, r)
	defer s.finish(x)
	s.walk(x)
	s.learn(x)
	s.record(x)
	s.answer(x)
	if x.abort || x.w.status == 0 {
		// The one way to tell the visitor that an answer is not complete. Where there is none at all, net/http would
		// make up a 200, and a broken upload would look like a success.
		panic(http.ErrAbortHandler)
	}
}

func (s *Server) walk(x *exchange) {
	defer s.survive(x)
	for _, step := range s.steps {
		if !step(x) {
			return
		}
	}
}

// survive turns a panic in a step into one 500 and an event; the process and its other requests go on.
func (s *Server) survive(x *exchange) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		// ReverseProxy's word for: the answer has begun and cannot be completed.
		x.abort = true
		if x.visitorLeft() {
			x.left()
		} else {
			x.fail(x.w.status, sekisho.ReasonOrigin)
		}
		return
	}
	s.log.LogAttrs(x.r.Context(), slog.LevelError, "panic while serving a request",
		obs.Request(x.ID), slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
	x.abort = x.w.status != 0
	x.fail(http.StatusInternalServerError, sekisho.ReasonPanic)
}

// finish gives back what the exchange borrowed and writes it down for the statistics.
func (s *Server) finish(x *exchange) {
	x.endInspection()
	if x.body != nil {
		x.body.end()
	}
	if x.upgrade && x.w.conn == nil {
		x.conn.NotUpgraded() // what the visitor has sent since is looked at now
	}
	s.leaveRoom(x)
	s.account(x)
	x.w.end() // behind the books: whoever has the whole answer finds it written down
	s.running.end()
}
