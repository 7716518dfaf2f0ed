package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-waf/sekisho/dashboard/view"
)

const languageCookie = "sekisho-lang"

// language decides by the address (?lang=en, for links in mails), then by what the visitor chose before, then by the
// browser. Japanese when nothing says otherwise.
func language(r *http.Request) view.Lang {
	if lang, ok := view.ParseLang(r.URL.Query().Get("lang")); ok {
		return lang
	}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if lang, ok := view.ParseLang(cookie.Value); ok {
			return lang
		}
	}
	return view.MatchLang(r.Header.Get("Accept-Language"))
}

// setLanguage remembers the choice and goes back to the page it was made on.
func (s *Server) setLanguage(v *visit) (reply, error) {
	lang, ok := view.ParseLang(v.r.PostFormValue("lang"))
	if !ok {
		return reply{}, invalid("choosing a language")
	}
	return reply{to: localPath(v.r.PostFormValue("back")), cookies: []*http.Cookie{{
		Name: languageCookie, Value: string(lang), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: s.cfg.secure(), SameSite: http.SameSiteLaxMode,
	}}}, nil
}

// samePage is where the language switch returns to: the page itself when it can be asked for again, without a choice of
// language in its address and without what a button just did.
func samePage(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/"
	}
	query := r.URL.Query()
	query.Del("lang")
	query.Del("done")
	query.Del("at")
	target := url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
	return target.String()
}

// localPath accepts a path on this portal and nothing that leads elsewhere ("//host", "/\host", "https:").
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil ||
		!strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return u.String()
}
