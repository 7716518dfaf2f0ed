package proxy

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/proxy/limit"
)

// isLogin reports whether a request tries to log in where the guard looks.
func isLogin(guard sekisho.LoginGuard, r *http.Request) bool {
	if guard.IsZero() || r.Method != http.MethodPost {
		return false
	}
	path := r.URL.Path
	if guard.Path != "" {
		return hasPathPrefix(path, guard.Path)
	}
	switch guard.Preset {
	case sekisho.LoginWordPress:
		return strings.HasSuffix(path, "/wp-login.php")
	case sekisho.LoginECCUBE: // the shop's and, whatever the owner named its folder, the back office's
		return strings.HasSuffix(path, "/login")
	case sekisho.LoginMovableType: // every page of the back office is one script
		return strings.HasSuffix(path, "/mt.cgi") || strings.HasSuffix(path, "/mt.fcgi") || strings.HasSuffix(path, "/mt.psgi")
	}
	return false
}

// readLogin learns from the origin's answer whether a login failed, because only the origin knows. A login that worked
// takes nothing, so an office behind one address is not locked out by many people logging in.
func (s *Server) readLogin(x *exchange, answer *http.Response) {
	guard := x.site.Limits.Login
	if !x.counted || !isLogin(guard, x.r) || !loginFailed(guard.Preset, x.Body, answer) {
		return
	}
	x.counts.table.Take(limit.OfAddress(limit.KindLogin, x.Client.Addr()), guard.Failures, x.began)
}

// loginFailed reads the outcome as the product tells it to a browser.
func loginFailed(preset sekisho.LoginPreset, body []byte, answer *http.Response) bool {
	if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
		return true
	}
	switch preset {
	case sekisho.LoginWordPress: // shows the form again; a redirect leads to the back office
		return answer.StatusCode == http.StatusOK
	case sekisho.LoginECCUBE: // redirects either way: back to the form, or on
		location, err := url.Parse(answer.Header.Get("Location"))
		return err == nil && answer.StatusCode/100 == 3 && strings.HasSuffix(strings.TrimSuffix(location.Path, "/"), "/login")
	case sekisho.LoginMovableType: // a login that works sets the cookie of the session
		return bytes.Contains(body, []byte("password=")) && !setsCookie(answer.Header, "mt_user")
	}
	return false
}

func setsCookie(header http.Header, name string) bool {
	for _, value := range header["Set-Cookie"] {
		if strings.HasPrefix(value, name+"=") && !strings.HasPrefix(value, name+"=;") {
			return true
		}
	}
	return false
}
