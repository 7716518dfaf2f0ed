package dashboard

import (
	"net/http"

	"github.com/sekisho-waf/sekisho/dashboard/assets"
)

// access says who may use a route.
type access uint8

const (
	// operators may; an owner is told that it is forbidden. The zero access is the narrowest.
	operators access = iota
	// members of the tenant in the path, and operators. For anybody else the tenant does not exist.
	members
	// anybody who is signed in.
	users
	// everyone.
	everyone
)

// route is one address of the portal. Methods other than GET change something; GET never does.
type route struct {
	pattern string // method and path, for http.ServeMux
	access  access
	action  action
}

// table is every page and form of the portal. A test visits each row as every kind of person, so a new row needs a row
// there.
func (s *Server) table() []route {
	return []route{
		{"GET /{$}", users, s.start},
		{"GET /login", everyone, s.loginPage},
		{"POST /login", everyone, s.login},
		{"POST /logout", everyone, s.logout},
		{"POST /language", everyone, s.setLanguage},
		{"GET /find", users, s.find},

		{"GET /tenants", operators, s.tenants},

		{"GET /t/{tenant}", members, s.home},
		{"GET /t/{tenant}/incidents", members, s.incidents},
		{"GET /t/{tenant}/incidents/{incident}", members, s.incident},
		{"POST /t/{tenant}/cases/{case}", members, s.actOnCase},
		{"GET /t/{tenant}/care", members, s.care},
		{"GET /t/{tenant}/sensors", members, s.sensors},
		{"GET /t/{tenant}/events/{event}", members, s.event},
		{"GET /t/{tenant}/sites", members, s.sites},
		{"GET /t/{tenant}/sites/{site}/off", members, s.siteOff},
		{"POST /t/{tenant}/sites/{site}/mode", members, s.siteMode},
	}
}

// routes builds the portal's handler: the protections that every answer has, then the table, the files beside the pages,
// and the live stream, which is the one answer that is no page.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, route := range s.table() {
		mux.Handle(route.pattern, s.visit(route.access, route.action))
	}
	mux.Handle("GET "+assets.Prefix, assets.Handler())
	mux.Handle("GET /live", http.HandlerFunc(s.live))
	mux.Handle("/", s.visit(everyone, func(*visit) (reply, error) { return reply{}, errNoPage }))
	return s.secureHeaders(s.sameOrigin(mux))
}
