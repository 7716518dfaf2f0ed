package dashboard

import (
	"net/http"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// errNoPage is an address that leads nowhere, or nowhere for this visitor.
var errNoPage error = &sekisho.Error{Kind: sekisho.KindNotFound, Op: "finding the page"}

// statuses is the portal's one table from a Kind to what the browser gets: a status and the words of an error page.
var statuses = map[sekisho.Kind]struct {
	status int
	words  string
}{
	sekisho.KindInternal:        {http.StatusInternalServerError, "internal"},
	sekisho.KindInvalid:         {http.StatusBadRequest, "invalid"},
	sekisho.KindNotFound:        {http.StatusNotFound, "not_found"},
	sekisho.KindConflict:        {http.StatusConflict, "conflict"},
	sekisho.KindForbidden:       {http.StatusForbidden, "forbidden"},
	sekisho.KindUnauthenticated: {http.StatusUnauthorized, "unauthenticated"},
	sekisho.KindUnavailable:     {http.StatusServiceUnavailable, "unavailable"},
}

// failure turns an error into a page that says what happened, what still works and where to go on. Our own faults are
// logged under the number that the page shows; their text stays in the log.
func (s *Server) failure(v *visit, err error) reply {
	kind := sekisho.KindOf(err)
	if kind == sekisho.KindUnauthenticated && v.r.Method == http.MethodGet && v.r.Header.Get(liveHeader) == "" {
		return reply{to: "/login"}
	}
	what, known := statuses[kind]
	if !known {
		what = statuses[sekisho.KindInternal]
	}
	page := view.ErrorPage{Status: what.status, Kind: what.words, Retry: what.status >= 500 && v.r.Method == http.MethodGet}
	if what.status >= 500 {
		number := sekisho.NewEventID(v.now)
		page.Number = number.Display()
		s.log.ErrorContext(v.ctx(), "page failed", obs.Request(number), obs.Err(err))
	}
	return reply{page: page, title: view.Say("error." + what.words + ".title"), status: what.status}
}
